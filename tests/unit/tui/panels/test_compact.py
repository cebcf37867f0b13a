from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.compact import draw, select
from ai_dashboard.tui.picture import Picture
from tests.tui.fakes import busy, empty, provider

BUSY = select(Picture(busy()))


def test_three_lines_say_it_all() -> None:
    assert [text_of(line) for line in draw(BUSY, 60, 3)] == [
        "○ unavailable ollama  ✗ auth failed gemini  ◐ degraded vllm",
        "● active openai anthropic",
        f"TTFT {BUSY.spark} p50  88ms  p95 398ms │ gpu 76% 118/139 G",
    ]


def test_what_does_not_fit_is_counted() -> None:
    crowd = select(Picture(busy(providers=tuple(provider(f"provider-{n}") for n in range(9)))))
    [line] = draw(crowd, 40, 1)
    assert text_of(line) == "● active provider-0 provider-1 +7"


@given(st.integers(12, 80), st.integers(1, 4))
def test_states_fit(width: int, height: int) -> None:
    lines = draw(BUSY, width, height)
    assert len(lines) <= height
    assert all(width_of(line) <= width for line in lines)


def test_a_first_run_teaches_here_too() -> None:
    assert "ai-dashboard --demo" in text_of(draw(select(Picture(empty())), 90, 3)[0])
    assert text_of(draw(select(Picture()), 60, 3)[0]) == "waiting for the gateway"
