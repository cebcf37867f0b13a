import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ai_dashboard.config.load import FILES, Loaded, load
from ai_dashboard.config.schema import GatewaySettings
from ai_dashboard.core.screen import ScreenSettings

Read = Callable[..., Loaded]

OLDER_FORM = Path(__file__).parent / "older_form"
SHIPPED = Path(__file__).parents[3] / "config"
FRAGMENTS = ["providers", "p", "type", "ollama", ":", " ", "\n", "  ", "[", "]", "{", "}", "${A}", "1", "- "]
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OLLAMA_API_KEY")


def test_no_folder_is_the_defaults() -> None:
    loaded = load(None, {})
    assert loaded.config is not None
    assert (loaded.config.gateway, loaded.config.providers, loaded.config.origin) == (GatewaySettings(), {}, "defaults")
    assert loaded.diagnostics == ()


def test_the_older_form_loads_as_it_is() -> None:
    loaded = load(OLDER_FORM, {"OPENAI_API_KEY": "sk-test"})
    assert loaded.config is not None
    providers, mappings = loaded.config.providers, loaded.config.mappings
    assert providers["ollama"].models[1].pulled_at == "2025-10-20"
    assert providers["ollama"].models[1].options == {"num_ctx": 8192}
    assert providers["llama_cpp_python"].base_url == "http://127.0.0.1:8000"
    assert providers["flat-price"].cost_per_1k_tokens["*"].output == 0.002
    assert providers["tgi"].base_url == "http://<your-host>:PORT"
    assert [str(link) for link in mappings.fallback_chains["gpt-4o"]] == ["gpt-4o-mini", "llama3.1:latest"]
    assert mappings.load_balancing["llama3.1:latest"].providers[0].condition == "request_count > 5 OR batch_mode"
    assert [f"{finding.severity} {finding.file}:{finding.line} {finding.path}" for finding in loaded.diagnostics] == [
        "warning providers.yaml:96 health_check_interval",
        "warning model-mappings.yaml:10 exact_matches.qwen2.5-coder:7b.fallback",
        "warning model-mappings.yaml:11 exact_matches.qwen2.5-coder:7b.load_balance",
        "warning model-mappings.yaml:80 routing_rules.default_fallback",
        "warning model-mappings.yaml:95 routing_rules.model_size_routing.2.size",
        "warning model-mappings.yaml:95 routing_rules.model_size_routing.2.provider",
        "warning model-mappings.yaml:95 routing_rules.model_size_routing.2.large",
        "info model-mappings.yaml:97 special_cases",
    ]


def test_the_shipped_folder_says_only_which_keys_are_missing() -> None:
    loaded = load(SHIPPED, {})
    assert loaded.config is not None
    assert all("its key is missing" in finding.message for finding in loaded.diagnostics)
    assert len(loaded.diagnostics) == len(KEYS)
    assert load(SHIPPED, dict.fromkeys(KEYS, "sk-test")).diagnostics == ()


def test_the_shipped_settings_are_the_defaults() -> None:
    loaded = load(SHIPPED, {})
    assert loaded.config is not None
    assert loaded.config.gateway == GatewaySettings()


@pytest.mark.parametrize(
    ("entry", "env", "key"),
    [
        ("type: openai", {"OPENAI_API_KEY": " sk-env\n"}, "sk-env"),
        ("type: openai, api_key: sk-file", {"OPENAI_API_KEY": "sk-env"}, "sk-file"),
        ("type: openai, api_key: '${MINE}'", {"MINE": "sk-mine"}, "sk-mine"),
        ("type: openai, env_var: MINE", {"MINE": "sk-mine", "OPENAI_API_KEY": "sk-env"}, "sk-mine"),
        ("type: google", {"GEMINI_API_KEY": "", "GOOGLE_API_KEY": "g"}, "g"),
        ("type: openai, base_url: 'http://elsewhere.example'", {"OPENAI_API_KEY": "sk-env"}, None),
        ("type: ollama", {"OLLAMA_API_KEY": "o"}, None),
        ("type: ollama, base_url: 'https://ollama.com'", {"OLLAMA_API_KEY": "o"}, "o"),
    ],
)
def test_keys(read: Read, entry: str, env: dict[str, str], key: str | None) -> None:
    config = read(f"providers: {{p: {{{entry}}}}}", env=env).config
    assert config is not None
    secret = config.providers["p"].api_key
    assert (secret.get_secret_value() if secret else None) == key


@pytest.mark.parametrize(("port", "effective"), [("5001", 5001), ("", 4100), ("0", 0)])
def test_the_environment_wins_over_the_file(read: Read, port: str, effective: int) -> None:
    config = read(gateway="listen: {port: 4100}", env={"AI_DASHBOARD_PORT": port}).config
    assert config is not None
    assert config.gateway.listen.port == effective


@pytest.mark.parametrize("port", ["http", "-1", "70000", "4000.5", "９", "1" * 9999])
def test_a_port_that_is_none(read: Read, port: str) -> None:
    loaded = read(env={"AI_DASHBOARD_PORT": port})
    assert loaded.config is None
    [finding] = loaded.diagnostics
    assert finding.path == "AI_DASHBOARD_PORT"


@pytest.mark.parametrize(
    ("raw", "place", "says"),
    [
        (b"providers: ]", (1, 12), "not YAML"),
        (b"a: 1\na: 2", (2, 1), "twice"),
        (b"\xff\xfea", (1, 1), "not UTF-8"),
        (b"a: \x01", (1, 4), "control character"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(read: Read, raw: bytes, place: tuple[int, int], says: str) -> None:
    loaded = read(providers=raw)
    assert loaded.config is None
    [finding] = loaded.diagnostics
    assert (finding.file, finding.line, finding.column) == ("providers.yaml", *place)
    assert says in finding.message


def test_every_broken_file_is_reported(read: Read, tmp_path: Path) -> None:
    (tmp_path / "dashboard.yaml").write_text("e: [")
    loaded = read("a: [", "b: [", "c: [", regions="d: [")
    assert [finding.file for finding in loaded.diagnostics] == list(FILES)


def test_windows_files_load(read: Read) -> None:
    loaded = read(b"\xef\xbb\xbfproviders:\r\n  p:\r\n    type: ollama\r\n    wrong: 1\r\n")
    assert loaded.config is not None
    assert [(finding.line, finding.column) for finding in loaded.diagnostics] == [(4, 5)]


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    loaded = load(tmp_path, {})
    assert loaded.config is not None
    assert [finding.file for finding in loaded.diagnostics] == ["providers.yaml"]


def test_what_is_not_a_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "providers.yaml")
    (tmp_path / "gateway.yaml").mkdir()
    loaded = load(tmp_path, {})
    assert loaded.config is None
    assert [finding.file for finding in loaded.diagnostics] == ["providers.yaml", "gateway.yaml"]


def test_rules_on_regions_are_part_of_it(read: Read) -> None:
    config = read(regions="data_residency: {eu: {regions: [eu-west]}}").config
    assert config is not None
    assert config.regions.data_residency.rules["eu"].regions == ("eu-west",)


def test_how_the_screen_looks_is_part_of_it(read: Read, tmp_path: Path) -> None:
    (tmp_path / "dashboard.yaml").write_text("theme: light\nrefresh_s: 2\nkeys: {app.theme: ctrl+t}")
    loaded = read()
    assert loaded.config is not None
    assert loaded.diagnostics == ()
    assert loaded.config.screen == ScreenSettings("light", 2.0, False, (("app.theme", "ctrl+t"),))


def test_a_very_large_file_is_refused(read: Read) -> None:
    [finding] = read(gateway=b"#" * 10_000_001).diagnostics
    assert "characters" in finding.message


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.binary(max_size=30) | st.lists(st.sampled_from(FRAGMENTS)).map("".join).map(str.encode))
def test_no_file_crashes_it(read: Read, raw: bytes) -> None:
    loaded = read(raw, raw, raw, regions=raw)
    assert (loaded.config is None) is any(finding.severity == "error" for finding in loaded.diagnostics)
