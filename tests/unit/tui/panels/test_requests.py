import pytest

from ai_dashboard.core.plan import Plan
from ai_dashboard.core.records import RequestRecord, Stage
from ai_dashboard.tui.columns import Column, place
from ai_dashboard.tui.ink import Ink, text_of, width_of
from ai_dashboard.tui.panels.requests import TOKENS, draw_row, haystack, select, why
from ai_dashboard.tui.picture import Picture
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


def test_a_filter_finds_any_part_in_any_case() -> None:
    assert [one.seq for one in select(PICTURE, "FALLBACK←open").rows] == [0, 8, 4]
    assert [one.id for one in select(PICTURE, "REQ-000003").rows] == ["req-000003"]
    assert select(PICTURE, "nothing like it").rows == ()


def test_what_a_row_shows_can_be_searched() -> None:
    one = record(4)
    for part in (one.id, one.asked, one.model, one.provider, "200", why(one)):
        assert part.casefold() in haystack(one)


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
