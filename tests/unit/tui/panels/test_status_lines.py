from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.status_lines import draw, select
from ai_dashboard.tui.picture import Picture
from tests.tui.fakes import busy, empty, provider

BUSY = select(Picture(busy()))


def test_forty_by_eight_hold_a_line_for_each_and_the_worst_news() -> None:
    assert [text_of(line) for line in draw(BUSY, 40, 6)] == [
        "○ ollama        unavailable     –  100 %",
        "✗ gemini        auth failed 1.90s  0.2 %",
        "◐ vllm          degraded    1.90s  1.4 %",
        "● anthropic     active      2.40s  0.2 %",
        "● openai        active      1.90s  0.2 %",
        "✗ ollama is unavailable: connection ref…",
    ]


def test_what_is_broken_is_on_top_in_words() -> None:
    lines = [text_of(line) for line in draw(BUSY, 80, 5)]
    assert len(lines) == 5
    assert "○ ollama" in lines[0]
    assert "unavailable" in lines[0]
    assert all(word in "\n".join(lines) for word in ("auth failed", "degraded", "active"))


def test_no_line_gives_way_to_the_alert() -> None:
    crowd = select(Picture(busy(providers=tuple(provider(f"p{n}") for n in range(9)))))
    assert len(draw(crowd, 40, 6)) == 9
    assert all("p" in text_of(line) for line in draw(crowd, 40, 6))


@given(st.integers(8, 120), st.integers(1, 12))
def test_they_fit(width: int, height: int) -> None:
    assert all(width_of(line) <= width for line in draw(BUSY, width, height))


def test_a_first_run_teaches_here_too() -> None:
    said = " ".join(text_of(line) for line in draw(select(Picture(empty())), 40, 6))
    assert "http://127.0.0.1:4000/v1" in said
    assert text_of(draw(select(Picture()), 40, 6)[0]) == "waiting for the gateway"
