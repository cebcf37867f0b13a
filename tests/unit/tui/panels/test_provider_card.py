from ai_dashboard.core.snapshot import BreakerState, Health, TargetView
from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.provider_card import draw, select
from ai_dashboard.tui.picture import Picture
from tests.tui.fakes import NOW, busy, provider


def test_the_card_says_why_and_what_failed_last() -> None:
    target = TargetView("m", BreakerState.OPEN, retry_in_s=12.0, reason="HTTP 500")
    one = provider("vllm", Health.DEGRADED, reason="slow", targets=(target,), last_error="bad", last_error_at=NOW)
    lines = [text_of(line) for line in draw(select(Picture(busy(providers=(one,))), "vllm"), 90)]
    assert lines[0].startswith("◐ degraded  openai · http://127.0.0.1:11434 · here")
    assert lines[1:3] == ["  slow", "  m: breaker open, tried again in 12.0s"]
    assert lines[3].endswith(" bad")
    assert any("○ OPEN" in line for line in lines)


def test_a_provider_that_is_gone_leaves_an_empty_card() -> None:
    assert draw(select(Picture(busy()), "nobody"), 80) == []
    assert draw(select(Picture(), None), 80) == []


def test_every_width_holds_it() -> None:
    for width in range(5, 130, 5):
        assert all(width_of(line) <= width for line in draw(select(Picture(busy()), "ollama"), width)), width
