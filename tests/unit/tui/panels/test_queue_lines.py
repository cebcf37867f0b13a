from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.history import Window
from ai_dashboard.queueing.priority import Priority
from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.queue_lines import PATTERNS, bar, draw, select
from tests.tui.answers import waiting
from tests.tui.fakes import busy, empty

QUEUE = waiting(busy(), Window.FIVE)


def test_every_level_has_a_pattern_of_its_own_the_most_urgent_first() -> None:
    assert list(PATTERNS) == [priority.name for priority in reversed(Priority)]
    assert len({glyph for glyph, _ in PATTERNS.values()}) == len(PATTERNS)


def test_the_longest_line_is_on_top() -> None:
    rows = select(QUEUE).rows
    assert rows is not None
    assert [row.place[0] for row in rows] == ["anthropic", "openai", "vllm", "ollama", "gemini"]


def test_figures_stand_under_their_titles() -> None:
    heading, first, second, *_ = (text_of(line) for line in draw(select(QUEUE), 118))
    for title, figure in (("wait", "13"), ("oldest", "4.20s"), ("done in", "1m05"), ("shed", "1"), ("late", "2")):
        end = heading.rindex(title) + len(title)
        assert first[:end].endswith(f" {figure}"), title
    assert second[: heading.rindex("done in") + 7].endswith(" –")  # nobody was served there yet


def test_a_line_in_which_nobody_waits_has_no_bar_and_no_times() -> None:
    quiet = replace(QUEUE, lines=(replace(QUEUE.lines[0], waiting={"HIGH": 0}),))
    [row] = select(quiet).rows or ()
    assert row.figures[:3] == ("0", "–", "–")
    assert not any(glyph in text_of(draw(select(quiet), 118)[1]) for glyph in "█▓▒░")


def test_without_lines_it_says_so() -> None:
    assert text_of(draw(select(None), 80)[0]) == "waiting for the gateway"
    nobody = select(waiting(empty(), Window.FIVE))
    assert text_of(draw(nobody, 80)[0]) == "nobody waits, and nobody has waited since the start"


@given(st.lists(st.integers(0, 2000), min_size=5, max_size=5), st.integers(0, 500), st.integers(0, 60))
def test_a_bar_fills_its_cells_by_level(numbers: list[int], longer: int, cells: int) -> None:
    levels = tuple(zip(PATTERNS, numbers, strict=True))
    longest = sum(numbers) + longer
    drawn = text_of(bar(levels, longest, cells))
    assert len(drawn) == cells
    order = "".join(glyph for glyph, _ in PATTERNS.values())
    marks = [order.index(sign) for sign in drawn.rstrip(" ")]
    assert marks == sorted(marks)
    if cells >= 5:
        urgent = next((glyph for (_, number), (glyph, _) in zip(levels, PATTERNS.values(), strict=True) if number), "")
        assert urgent in drawn  # whoever is most urgent is seen, however few they are
    if longest == sum(numbers) > 0:
        assert len(drawn.rstrip(" ")) == cells


def test_a_level_of_few_among_many_is_seen() -> None:
    assert text_of(bar((("CRITICAL", 1), ("NORMAL", 500), ("BULK", 1)), 502, 20)) == "█" + "▒" * 19
    assert text_of(bar((("CRITICAL", 1), ("NORMAL", 250)), 502, 20)) == "█" + "▒" * 9 + " " * 10


def test_every_width_holds_it() -> None:
    for width in range(3, 130, 7):
        assert all(width_of(line) <= width for line in draw(select(QUEUE), width)), width
