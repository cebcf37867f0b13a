import pytest

from ai_dashboard.core.records import AttemptRecord
from ai_dashboard.tui.ink import Ink, text_of, width_of
from ai_dashboard.tui.panels.waterfall import Lane, bar, draw, end_of, lanes
from tests.tui.fakes import hostile_record, record, running

AGAIN = record(
    1,
    total_s=2.0,
    ttft_s=1.5,
    attempts=(
        AttemptRecord("openai", "gpt-5-mini", "", 0.1, None, 0.5, 503, "upstream_error"),
        AttemptRecord("openai", "gpt-5-mini", "", 1.0, 1.5, 2.0, 200, None, kind="retry", paused_s=0.5),
    ),
)


def test_a_lane_for_everything_that_took_time() -> None:
    assert lanes(AGAIN) == [
        Lane("gateway", 0.0, None, 0.1, Ink.DIM),
        Lane("1 openai", 0.1, None, 0.5, Ink.BAD),
        Lane("  pause", 0.5, None, 1.0, Ink.DIM, "·"),
        Lane("2 openai", 1.0, 1.5, 2.0, Ink.FIRST),
        Lane("caller", 0.0, 1.5, 2.0, Ink.SECOND),
    ]


def test_lanes_stand_on_one_axis() -> None:
    assert [text_of(line) for line in draw(AGAIN, 42)] == [
        "gateway        ░                     100ms",
        "1 openai        ░░░░                 400ms",
        "  pause             ·····            500ms",
        "2 openai                 ░░░░░█████  1.00s",
        "caller         ░░░░░░░░░░░░░░░█████  2.00s",
    ]


def test_an_answer_that_was_known_before_is_the_caches_time() -> None:
    assert [lane.label for lane in lanes(record(1, cached="exact", attempts=()))] == ["cache", "caller"]


def test_the_queue_stands_before_the_first_try() -> None:
    waited = record(1, queued_s=0.4, attempts=(AttemptRecord("vllm", "m", "", 0.5, 0.7, 1.2, 200, None),))
    assert [(it.label, it.start_s, it.end_s) for it in lanes(waited)][:3] == [
        ("gateway", 0.0, pytest.approx(0.1)),
        ("queue", pytest.approx(0.1), 0.5),
        ("1 vllm", 0.5, 1.2),
    ]


def test_nobody_asked_is_the_gateways_time_alone() -> None:
    refused = record(1, attempts=(), ttft_s=None, total_s=0.001)
    assert lanes(refused) == [
        Lane("gateway", 0.0, None, 0.001, Ink.DIM),
        Lane("caller", 0.0, None, 0.001, Ink.SECOND),
    ]


def test_the_axis_reaches_to_the_last_try_although_the_caller_has_left() -> None:
    assert end_of(AGAIN) == 2.0
    assert end_of(record(1, total_s=0.1)) == 1.21


@pytest.mark.parametrize(
    ("start", "first", "end", "drawn"),
    [
        (0.0, 0.5, 1.0, "░░░░░█████"),
        (0.2, None, 0.6, "  ░░░░"),
        (0.0, 0.0, 1.0, "██████████"),
        (0.99, None, 0.99, "         ░"),
        (0.5, 2.0, 3.0, "     ░░░░░"),
        (-0.5, None, 0.1, "░"),
        (2.0, None, 3.0, "         ░"),
    ],
)
def test_bars(start: float, first: float | None, end: float, drawn: str) -> None:
    assert bar(Lane("", start, first, end), 1.0, 10) == drawn


def test_a_bar_without_time_or_room_is_empty() -> None:
    assert bar(Lane("", 0, None, 0), 0.0, 10) == bar(Lane("", 0, None, 1), 1.0, 0) == ""


def test_time_never_runs_backwards() -> None:
    assert Lane("", 1.0, None, 0.5).length_s == 0.0


@pytest.mark.parametrize("one", [AGAIN, record(4), running(1), hostile_record(1), record(1, total_s=0.0)])
@pytest.mark.parametrize("width", [1, 7, 20, 29, 30, 42, 118])
def test_lines_are_as_wide_as_there_is_room(one: object, width: int) -> None:
    assert {width_of(line) for line in draw(one, width)} == {width}  # type: ignore[arg-type]
