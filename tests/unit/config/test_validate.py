import pytest

from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.config.schema.base import Section
from ai_dashboard.config.schema.dashboard import DashboardSettings
from ai_dashboard.config.validate import MAX_FINDINGS, Source, validate
from ai_dashboard.config.yaml_read import parse
from ai_dashboard.core.diagnostics import Severity


@pytest.mark.parametrize(
    ("section", "text", "place", "path", "says"),
    [
        (ProvidersFile, "providers:\n  p: {}", (2, 3), "providers.p.type", "`type` is missing"),
        (ProvidersFile, "providers: [a]", (1, 12), "providers", "should be a map"),
        (ProvidersFile, "- a", (1, 1), "", "should be a map"),
        (ProvidersFile, "providers: {p: 3}", (1, 16), "providers.p", "should be a map"),
        (ProvidersFile, "providers: {p: {type: opnai}}", (1, 23), "providers.p.type", "did you mean `openai`?"),
        (ProvidersFile, "providers: {p: {type: vllm, models: {a: 1}}}", (1, 37), "providers.p.models", "it is a map"),
        (
            ProvidersFile,
            "providers:\n  p:\n    type: vllm\n    models: [a, {name: b, context_length: big}]",
            (4, 43),
            "providers.p.models.1.context_length",
            "should be a whole number",
        ),
        (
            ProvidersFile,
            "providers: {p: {type: vllm, cost_per_1k_tokens: {m: -2}}}",
            (1, 53),
            "providers.p.cost_per_1k_tokens.m.input",
            "should be at least 0",
        ),
        (ProvidersFile, "providers: {p: {type: vllm, weight: -2}}", (1, 37), "providers.p.weight", "at least 0"),
        (
            ProvidersFile,
            "providers: {p: {type: vllm, models: ['']}}",
            (1, 38),
            "providers.p.models.0.name",
            "not be empty",
        ),
        (Mappings, "exact_matches: {m: {provider: off}}", (1, 31), "exact_matches.m.provider", "put it in quotes"),
        (DashboardSettings, "keys: {app.help: [~]}", (1, 19), "keys.app.help.0", "is read as nothing"),
        (Mappings, "patterns: [{pattern: x}]", (1, 12), "patterns.0.provider", "`provider` is missing"),
        (Mappings, "exact_matches: {m: [a]}", (1, 20), "exact_matches.m", "should be a map"),
        (GatewaySettings, "listen: {port: 70000}", (1, 16), "listen.port", "should be at most 65535"),
        (GatewaySettings, "timeouts: {idle_s: 0}", (1, 20), "timeouts.idle_s", "should be more than 0"),
        (GatewaySettings, "drain_s: .inf", (1, 10), "drain_s", "should be a finite number"),
    ],
)
def test_errors(section: type[Section], text: str, place: tuple[int, int], path: str, says: str) -> None:
    value, found = validate(section, Source("x.yaml", parse(text)))
    assert value is None
    assert found[0].severity is Severity.ERROR
    assert (found[0].line, found[0].column) == place
    assert found[0].path == path
    assert says in str(found[0])


@pytest.mark.parametrize(
    ("section", "text", "place", "nearest"),
    [
        (ProvidersFile, "providers:\n  p:\n    type: vllm\n    base_ur1: x", (4, 5), "did you mean `base_url`?"),
        (ProvidersFile, "providers: {p: {type: vllm, models: [{name: a, sise: 8B}]}}", (1, 48), "`size`"),
        (ProvidersFile, "providers: {p: {type: vllm, timeouts: {idel_s: 1}}}", (1, 40), "`idle_s`"),
        (ProvidersFile, "providers: {models: {type: vllm, zzzzz: 1}}", (1, 34), "delete it"),
        (ProvidersFile, "provider: {}", (1, 1), "`providers`"),
        (Mappings, "exact_matches: {m: {provider: p, fallbak: q}}", (1, 34), "`fallback`"),
        (Mappings, "fallback_chains: {m: [{model: a, modle: b}]}", (1, 34), "`model`"),
        (Mappings, "capabilities: {c: {routing_strategi: x}}", (1, 20), "`routing_strategy`"),
        (GatewaySettings, "listne: {port: 1}", (1, 1), "`listen`"),
    ],
)
def test_unknown_keys_are_dropped_with_a_warning(
    section: type[Section], text: str, place: tuple[int, int], nearest: str
) -> None:
    value, [finding] = validate(section, Source("x.yaml", parse(text)))
    assert value is not None
    assert finding.severity is Severity.WARNING
    assert (finding.line, finding.column) == place
    assert nearest in finding.fix


def test_unknown_keys_do_not_take_known_ones_along() -> None:
    text = "capabilities: {c: {routing_strategy: direct, preferred_models: [a], wrong: 1}}\nwrong: 2"
    value, found = validate(Mappings, Source("x.yaml", parse(text)))
    assert value is not None
    assert value.capabilities["c"].strategy == "direct"
    assert value.capabilities["c"].preferred_models == ("a",)
    assert len(found) == 2


def test_what_comes_later_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ai_dashboard.config.validate.NOT_YET", frozenset({"later"}))
    value, [finding] = validate(GatewaySettings, Source("x.yaml", parse("later: {level: info}")))
    assert value == GatewaySettings()
    assert finding.severity is Severity.INFO
    assert "no effect in this version" in finding.message


def test_findings_are_not_endless_and_an_error_is_never_hidden() -> None:
    keys = ", ".join(f"x{number}: 1" for number in range(MAX_FINDINGS + 20))
    value, found = validate(GatewaySettings, Source("x.yaml", parse(f"{{{keys}, drain_s: -1}}")))
    assert value is None
    assert len(found) <= MAX_FINDINGS + 2
    assert any(finding.severity is Severity.ERROR for finding in found)


def test_values_are_never_repeated() -> None:
    text = "providers: {p: {type: sk-secret1, api_key: [sk-secret2], weight: sk-secret3, sk_x: sk-secret4}}"
    _, found = validate(ProvidersFile, Source("x.yaml", parse(text)))
    assert len(found) == 4
    assert "secret" not in "".join(map(str, found))


def test_a_file_that_is_not_there_has_no_places() -> None:
    finding = Source("x.yaml", parse(""), written=False).say(Severity.INFO, ("a", 1), "hello")
    assert str(finding) == "x.yaml: info: a.1: hello"
