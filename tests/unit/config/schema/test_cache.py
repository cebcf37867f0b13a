import pytest
from pydantic import ValidationError

from ai_dashboard.config.schema import GatewaySettings


def test_the_usual_cache_is_off_and_has_the_manual_s_figures() -> None:
    cache = GatewaySettings.model_validate({}).cache
    assert (cache.enabled, cache.when, cache.ttl_s, cache.max_mb) == (False, "deterministic", 3600, 256)
    assert (cache.semantic.enabled, cache.semantic.threshold, cache.semantic.embedder) == (False, 0.85, "local")


@pytest.mark.parametrize(
    "written",
    [
        {"ttl_s": 0},
        {"max_mb": -1},
        {"when": "sometimes"},
        {"semantic": {"threshold": 0.3}},
        {"semantic": {"threshold": 1.1}},
        {"semantic": {"embedder": ""}},
        {"semantic": {"max_entries": 1_000_000}},
        {"semantics": {}},
    ],
)
def test_bounds(written: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        GatewaySettings.model_validate({"cache": written})
