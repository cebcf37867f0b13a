"""In doubt a model stays."""

import pytest

from ai_dashboard.config.load import Config
from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.gateway.cleaning import DAY_S, Cutoff, judged, named_in
from ai_dashboard.gateway.engine_models import Stored
from ai_dashboard.gateway.warmth import Engine

NOW = 100.0 * DAY_S
OLD, NEW = 10.0 * DAY_S, 99.0 * DAY_S
EMPTY = Engine(loaded={})


def cutoff(**used: float) -> Cutoff:
    return Cutoff(NOW, NOW - 30 * DAY_S, {("gpu", model): (at, 1) for model, at in used.items()})


@pytest.mark.parametrize(
    ("modified_at", "loaded", "written", "used", "verdict", "why"),
    [
        (OLD, EMPTY, (), cutoff(), "unused", "not asked since the log begins"),
        (OLD, EMPTY, (), cutoff(a=OLD), "unused", "asked last 90 days ago"),
        (OLD, EMPTY, (), cutoff(a=NEW), "kept", "asked a day ago"),
        (OLD, EMPTY, (), cutoff(b=NEW), "unused", "not asked since the log begins"),
        (NEW, EMPTY, (), cutoff(), "kept", "came a day ago"),
        (NOW, EMPTY, (), cutoff(), "kept", "came today"),
        (None, EMPTY, (), cutoff(), "kept", "nobody knows when it came"),
        (OLD, Engine(loaded={"a:latest": 1.0}), (), cutoff(), "kept", "in memory now"),
        (OLD, Engine(), (), cutoff(), "kept", "nobody knows whether it is in memory"),
        (OLD, EMPTY, ("a:latest",), cutoff(), "kept", "named in the configuration"),
    ],
)
def test_only_what_nobody_needs_may_go(
    modified_at: float | None, loaded: Engine, written: tuple[str, ...], used: Cutoff, verdict: str, why: str
) -> None:
    found = judged("gpu", Stored("a:latest", 7, modified_at), loaded, written, used)
    assert (found.provider, found.model, found.bytes, found.verdict, found.why) == ("gpu", "a:latest", 7, verdict, why)


def test_what_another_provider_was_asked_says_nothing_of_this_one() -> None:
    used = Cutoff(NOW, NOW - 30 * DAY_S, {("cpu", "a"): (NEW, 5)})
    assert judged("gpu", Stored("a", 7, OLD), EMPTY, (), used).verdict == "unused"


def test_a_model_that_any_file_names_is_named() -> None:
    entry = {"type": "ollama", "base_url": "http://127.0.0.1:1", "models": ["own:8b"]}
    mappings = {
        "exact_matches": {"alias": {"provider": "gpu", "backend_model": "mapped"}},
        "fallback_chains": {"own:8b": ["chained:1b"]},
    }
    config = Config(
        ProvidersFile.model_validate({"providers": {"gpu": entry}}).providers,
        Mappings.model_validate(mappings),
        GatewaySettings(),
        "a test",
    )
    assert {"own:8b", "alias:latest", "mapped:latest", "chained:1b"} <= named_in(config, "gpu")
