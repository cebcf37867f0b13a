"""Every value in force is told with its origin, the strongest that says it."""

from pathlib import Path

import pytest

from ai_dashboard.config.origin import Effective, Setting, effective
from ai_dashboard.config.yaml_tree import Data

OLDER_FORM = Path(__file__).parent / "older_form"
SHIPPED = Path(__file__).parents[3] / "config"

PROVIDERS = """\
providers:
  home:
    type: ollama
    models: [a, {name: b, size: 8B}]
    headers: {x-team: hidden-in-here, user-agent: mine}
  cloud:
    type: openai
    api_key: ${MINE}
    base_url: https://${HOST:-api.openai.com}
  claude: {type: anthropic, api_key: sk-ant-0123456789abcdef}
  key: {type: openai}
"""
MAPPINGS = """\
exact_matches:
  short: home
capabilities:
  code: {preferred_models: a, routing_strategy: direct}
fallback_chains:
  a:
    chain: [b, {provider: cloud, model: c}]
"""
ENV = {
    "MINE": "sk-mine-0123456789",
    "OPENAI_API_KEY": "sk-usual-123456789",
    "AI_DASHBOARD_PORT": "5001",
    "BUDGET_LIMIT": "7",
}


@pytest.fixture
def found(tmp_path: Path) -> Effective:
    (tmp_path / "providers.yaml").write_text(PROVIDERS)
    (tmp_path / "model-mappings.yaml").write_text(MAPPINGS)
    (tmp_path / "gateway.yaml").write_text("listen:\n  port: 4100\n  host: 127.0.0.1\ndrain_s: ${DRAIN:-7}\n")
    flags: dict[tuple[str, ...], tuple[str, Data]] = {("listen", "host"): ("--host", "::1")}
    return effective(tmp_path, ENV, flags)


def of(found: Effective, path: str) -> Setting:
    [setting] = [it for it in found.settings if ".".join(map(str, it.path)) == path]
    return setting


@pytest.mark.parametrize(
    ("path", "value", "origin"),
    [
        ("listen.host", "::1", "--host"),
        ("listen.port", 5001, "AI_DASHBOARD_PORT"),
        ("budgets.total.monthly", 7.0, "BUDGET_LIMIT"),
        ("budgets.total.daily", None, "default"),
        ("drain_s", 7.0, "gateway.yaml:4"),
        ("breaker.failures", 3, "default"),
        ("providers.home.type", "ollama", "providers.yaml:3"),
        ("providers.home.base_url", "http://127.0.0.1:11434", "default"),
        ("providers.home.models.0.name", "a", "providers.yaml:4"),
        ("providers.home.models.1.size", "8B", "providers.yaml:4"),
        ("providers.home.status", "active", "default"),
        ("providers.home.headers", {"x-team": "…here", "user-agent": "mine"}, "providers.yaml:5"),
        ("providers.cloud.api_key", "sk-…6789", "MINE (in providers.yaml:8)"),
        ("providers.cloud.base_url", "https://api.openai.com", "providers.yaml:9"),
        ("providers.claude.api_key", "sk-…cdef", "providers.yaml:10"),
        ("providers.key.api_key", "sk-…6789", "OPENAI_API_KEY"),
        ("exact_matches.short.provider", "home", "model-mappings.yaml:2"),
        ("capabilities.code.preferred_models", ["a"], "model-mappings.yaml:4"),
        ("capabilities.code.strategy", "direct", "model-mappings.yaml:4"),
        ("fallback_chains.a.0.model", "b", "model-mappings.yaml:6"),
        ("fallback_chains.a.1.provider", "cloud", "model-mappings.yaml:6"),
        ("latency_routing.threshold_ms", 50, "default"),
    ],
)
def test_a_value_and_who_said_so(found: Effective, path: str, value: Data, origin: str) -> None:
    setting = of(found, path)
    assert (setting.value, str(setting.origin)) == (value, origin)


def test_no_secret_is_told(found: Effective) -> None:
    told = repr(found.settings)
    for secret in ("sk-mine-0123456789", "sk-usual-123456789", "sk-ant-0123456789abcdef", "hidden-in-here"):
        assert secret not in told


@pytest.mark.parametrize("folder", [SHIPPED, OLDER_FORM])
def test_a_line_that_is_told_holds_the_key_or_a_word_that_it_was_read_from(folder: Path) -> None:
    for setting in effective(folder, {}, {}).settings:
        if setting.origin.kind != "file" or not isinstance(setting.value, str):
            continue
        file, line = setting.origin.place.split(":")
        assert file == setting.file
        text = (folder / file).read_text().splitlines()[int(line) - 1]
        names = [str(part) for part in setting.path if isinstance(part, str)]
        assert setting.value in text or any(name in text for name in names), setting


def test_every_setting_is_told_without_any_file(tmp_path: Path) -> None:
    settings = effective(None, {}, {}).settings
    assert ("listen", "port") in [it.path for it in settings]
    assert {it.origin.kind for it in settings} == {"default"}


def test_a_folder_that_is_refused_has_none(tmp_path: Path) -> None:
    (tmp_path / "providers.yaml").write_text("providers: [")
    found = effective(tmp_path, {}, {})
    assert found.settings == ()
    assert found.loaded.config is None
