from ai_dashboard.core.snapshot import BreakerState, LoadedModel, TargetView
from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.provider_models import draw, select
from tests.tui.fakes import GIB, provider

BUSY = provider(
    models=("llama3.1:8b", "qwen2.5:7b", "idle:1b", *(f"m{number}" for number in range(12))),
    targets=(
        TargetView("broken", BreakerState.OPEN, 0.0, 18.6, "HTTP 500", success_ratio=0.4),
        TargetView("back", BreakerState.RAMPING, 0.25),
        TargetView("once", BreakerState.PROBING),
        TargetView("llama3.1:8b", warm=True, ewma_ttft_s=0.088, ewma_total_s=1.2, p95_s=2.0, in_flight=3),
    ),
    loaded=(LoadedModel("llama3.1:8b", 1.0, 5 * GIB), LoadedModel("qwen2.5:7b", 0.5, 3 * GIB)),
)


def lines(width: int = 100) -> list[str]:
    return [text_of(line) for line in draw(select(BUSY), width)]


def line_with(words: str) -> str:
    return next(line for line in lines() if words in line)


def test_breakers_count_down_and_say_why() -> None:
    assert "○ OPEN" in line_with("broken")
    assert " 19.0s " in line_with("broken")
    assert "└ HTTP 500" in lines()[lines().index(line_with("broken")) + 1]
    assert " 25.0%" in line_with("back")
    assert " one " in line_with("once")


def test_what_is_in_memory_is_shown_even_if_nobody_asked_for_it() -> None:
    assert "loaded" in line_with("llama3.1:8b")
    assert " 5.0G" in line_with("llama3.1:8b")
    assert " 3.0G" in line_with("qwen2.5:7b")
    assert "88ms" in line_with("llama3.1:8b")


def test_models_that_were_not_asked_are_named_once_and_not_all() -> None:
    last = lines()[-1]
    assert last.startswith("not asked yet: idle:1b, m0")
    assert "and 5 more" in last
    assert "llama3.1:8b" not in last


def test_latest_is_the_name_that_needs_none() -> None:
    both = provider(
        models=("phi4",), targets=(TargetView("phi4", warm=True),), loaded=(LoadedModel("phi4:latest", 1.0, GIB),)
    )
    drawn = [text_of(line) for line in draw(select(both), 100)]
    assert len(drawn) == 2
    assert " 1.0G" in drawn[1]


def test_a_provider_without_models_says_so() -> None:
    assert [text_of(line) for line in draw(select(provider(models=())), 80)] == ["it lists no model"]


def test_every_width_holds_it() -> None:
    for width in range(10, 130, 7):
        assert all(width_of(line) <= width for line in draw(select(BUSY), width)), width
