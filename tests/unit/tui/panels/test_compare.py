import pytest

from ai_dashboard.core.events import Usage
from ai_dashboard.core.records import Stage
from ai_dashboard.tui.ink import Ink, text_of, width_of
from ai_dashboard.tui.panels.compare import Fact, View, draw, facts
from tests.tui.fakes import hostile_record, record, running

FAST = record(1)
SLOW = record(
    2, ttft_s=0.176, total_s=2.42, usage=Usage(812, 120), stage=Stage.CUT, error="upstream_truncated", queued_s=0.5
)


def by_label(first: object, second: object) -> dict[str, Fact]:
    return {fact.label: fact for fact in facts(first, second)}  # type: ignore[arg-type]


def test_figures_say_by_how_much_the_second_differs() -> None:
    found = by_label(FAST, SLOW)
    assert found["first token"] == Fact("first token", "88ms", "176ms", "+88ms +100%")
    assert found["total"] == Fact("total", "1.21s", "2.42s", "+1.21s +100%")
    assert found["tokens out"] == Fact("tokens out", "240", "120", "-120 -50%")
    assert found["tokens in"] == Fact("tokens in", "812", "812")
    assert found["queue"] == Fact("queue", "–", "500ms")
    assert found["error"] == Fact("error", "–", "upstream_truncated")


def test_the_same_the_other_way_round_is_less() -> None:
    assert by_label(SLOW, FAST)["total"].change == "-1.21s -50%"


def test_what_is_not_known_has_no_difference() -> None:
    found = by_label(running(1), FAST)
    assert found["tokens out"] == Fact("tokens out", "–", "240")
    assert by_label(record(1, ttft_s=0.0), FAST)["first token"].change == "+88ms"


def test_what_is_the_same_is_calm() -> None:
    lines = draw(View(FAST, SLOW), 118)
    asked = next(line for line in lines if text_of(line).startswith("asked"))
    total = next(line for line in lines if text_of(line).startswith("total"))
    assert [text.strip() for text, _ in asked] == ["asked", "chat (openai, stream)", "=", ""]
    assert asked[1][1] is Ink.DIM
    assert total[1][1] is Ink.PLAIN


def test_both_waterfalls_stand_on_one_axis() -> None:
    bars = [text_of(line) for line in draw(View(FAST, SLOW), 118) if text_of(line).startswith("caller")]
    assert bars[0].rindex("█") < bars[1].rindex("█")


def test_one_plan_is_told_once() -> None:
    def plans(view: View) -> int:
        return sum(text_of(line).startswith("Plan") for line in draw(view, 118))

    assert plans(View(FAST, SLOW)) == 1
    assert plans(View(FAST, hostile_record(1))) == 2
    assert plans(View(record(1, plan=None), SLOW)) == 1


@pytest.mark.parametrize("width", [1, 20, 59, 60, 118, 198])
@pytest.mark.parametrize("pair", [View(FAST, SLOW), View(hostile_record(1), running(1))])
def test_no_line_is_wider_than_the_panel(pair: View, width: int) -> None:
    assert all(width_of(line) <= width for line in draw(pair, width))
