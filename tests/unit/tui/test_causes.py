import pytest

from ai_dashboard.core.snapshot import Alert, AlertLevel
from ai_dashboard.tui.causes import Cause, Configuration, ProviderPage, Requests, cause
from tests.tui.fakes import records


def alert(key: str, provider: str | None = None) -> Alert:
    return Alert(key, AlertLevel.WARNING, 0.0, "x", provider=provider)


@pytest.mark.parametrize(
    ("key", "provider", "expected"),
    [
        ("provider:openai:degraded", "openai", Requests("failed:openai")),
        ("provider:vllm:unavailable", "vllm", ProviderPage("vllm")),  # none of its requests has failed
        ("provider:nobody:auth", "nobody", ProviderPage("nobody")),
        ("unpriced:vllm", "vllm", Requests("tried:vllm")),
        ("budget:total:monthly", None, Requests("cost:>0")),
        ("budget:tenant:acme:daily", None, Requests("tenant:acme cost:>0")),
        ("budget:key:key_1:total", None, Requests("key:key_1 cost:>0")),
        ("budget:provider:openai:monthly", "openai", Requests("provider:openai cost:>0")),
        ("budget:tenant:a b:c:daily", None, Requests('tenant:"a b:c" cost:>0')),
        ("config:attention", None, Configuration()),
        ("redis:down", None, None),
    ],
)
def test_an_alert_leads_to_what_caused_it(key: str, provider: str | None, expected: Cause | None) -> None:
    assert cause(alert(key, provider), records(8)) == expected
