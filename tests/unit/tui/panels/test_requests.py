import pytest

from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import Plan
from ai_dashboard.core.records import RequestRecord, Stage
from ai_dashboard.tui.columns import Column, place
from ai_dashboard.tui.ink import Ink, text_of, width_of
from ai_dashboard.tui.panels.requests import MARK, SORTS, TOKENS, draw_row, select
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.query import Query, Sieve, parse
from tests.tui.fakes import busy, empty, record, records, running

PICTURE = Picture(busy(), records=tuple(reversed(records(8))), running=(running(1),))
TABLE = tuple(
    Column(title, width, 0)
    for title, width in (("", 1), ("st", 3), ("TTFT", 5), ("total", 6), (TOKENS, 11), ("model", 9), ("why", 60))
)


def drawn(one: RequestRecord) -> str:
    return text_of(draw_row(one, place(TABLE, 120), selected=True)).rstrip()


def test_running_requests_come_first() -> None:
    view = select(PICTURE)
    assert [one.seq for one in view.rows] == [0, 8, 7, 6, 5, 4, 3, 2, 1]
    assert view.finished == 8


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (record(1), "▸ 200 88ms  1.21s    812/240   qwen3-32b capabilities.general_chat"),
        (record(4), "▸ 200 88ms  1.21s    812/240   qwen3-32b fallback←openai · capabilities.general_chat"),
        (running(1, attempts=()), "▸ ··· 88ms  3.10s…     –/–     qwen3-32b streaming · capabilities.general_chat"),
        (
            running(1, attempts=(), stage=Stage.WAITING, ttft_s=None, model="", plan=None),
            "▸ ··· –     3.10s…     –/–     chat      waiting",
        ),
        (
            record(1, stage=Stage.CUT, error="upstream_truncated", plan=None),
            "▸ 200 88ms  1.21s    812/240   qwen3-32b cut · upstream_truncated",
        ),
        (record(1, stage=Stage.GONE, status=0, plan=None), "▸ –   88ms  1.21s    812/240   qwen3-32b gone"),
        (
            record(1, stage=Stage.FAILED, status=502, usage=None, error="upstream_error", plan=Plan("a", "", (), ())),
            "▸ 502 88ms  1.21s      –/–     qwen3-32b upstream_error",
        ),
    ],
)
def test_rows(one: RequestRecord, text: str) -> None:
    assert drawn(one) == text


@pytest.mark.parametrize(
    ("one", "ink"),
    [
        (record(1), Ink.PLAIN),
        (record(1, stage=Stage.CUT), Ink.WARN),
        (record(1, stage=Stage.GONE), Ink.WARN),
        (record(1, stage=Stage.FAILED, status=0), Ink.BAD),
        (record(1, status=404), Ink.BAD),
        (running(1), Ink.DIM),
    ],
)
def test_only_trouble_has_a_colour(one: RequestRecord, ink: Ink) -> None:
    line = draw_row(one, place(TABLE, 120), selected=False)
    assert line[2][1] is ink


def filtered(text: str) -> list[int]:
    query = parse(text)
    assert isinstance(query, Query)
    return [one.seq for one in select(PICTURE, Sieve(query)).rows]


def test_a_filter_finds_any_part_in_any_case() -> None:
    assert filtered("FALLBACK←open") == [0, 8, 4]
    assert filtered("REQ-000003") == [3]
    assert filtered("nothing like it") == []
    assert filtered("kind:first status:200 -id:*3") == [8, 7, 6, 5, 4, 2, 1]


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("newest", [0, 8, 7]),
        ("slowest", [2, 0, 8]),
        ("slowest first token", [3, 0, 8]),
        ("most tokens", [5, 8, 7]),
        ("dearest", [7, 0, 8]),
        ("worst status", [6, 8, 7]),
        ("most tries", [0, 8, 4]),
    ],
)
def test_every_order_puts_the_largest_first_and_the_newest_before_its_equals(sort: str, first: list[int]) -> None:
    changes: dict[int, dict[str, object]] = {
        2: {"total_s": 9.0}, 3: {"ttft_s": 9.0}, 5: {"usage": Usage(9_000, 0)}, 6: {"status": 504},
        7: {"cost": 5},
    }  # fmt: skip
    done = [record(seq, **changes.get(seq, {})) for seq in range(8, 0, -1)]
    chosen = next(one for one in SORTS if one.name == sort)
    assert [one.seq for one in select(Picture(busy(), records=tuple(done), running=(running(1),)), sort=chosen).rows][
        :3
    ] == first
    assert len(SORTS) == 7


def test_a_marked_request_is_seen_under_the_cursor_too() -> None:
    for selected in (False, True):
        line = draw_row(record(1), place(TABLE, 120), selected=selected, marked=True)
        assert text_of(line).startswith(MARK)


def test_an_empty_list_shows_what_to_paste() -> None:
    assert select(Picture(empty())).hint.startswith("curl -s http://127.0.0.1:4000/v1/chat/completions")
    assert "llama3.1:8b" in select(Picture(busy())).hint
    assert select(PICTURE).hint == ""
    assert select(Picture()).hint == ""


@pytest.mark.parametrize("width", [1, 10, 20, 58, 78, 118, 198])
def test_rows_are_as_wide_as_their_columns(width: int) -> None:
    placed = place(TABLE, width)
    line = draw_row(record(1), placed, selected=False)
    assert width_of(line) == sum(cells for _, cells in placed) + len(placed) - 1


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (44, "fallback←openai · capabilities.general_chat"),
        (40, "fallback←openai · general_chat"),
        (20, "fallback←openai"),
        (10, "fallback←…"),
    ],
)
def test_why_says_whole_words_as_long_as_there_is_room_for_one(cells: int, text: str) -> None:
    assert text_of(draw_row(record(4), place((Column("why", cells, 0),), cells), selected=False)).rstrip() == text
