from collections.abc import Callable

import pytest

from ai_dashboard.config.load import Loaded

Read = Callable[..., Loaded]

PROVIDERS = """
providers:
  home: {type: ollama, models: ["small:7b", {name: wide, context_length: 100000}]}
  cloud:
    type: ollama
    base_url: https://ollama.com
    models: ["huge:120b", "middle:30b", shared]
  idle: {type: vllm, base_url: "http://gpu:1", status: disabled, models: [gone]}
  example: {type: vllm, status: template}
"""


@pytest.mark.parametrize(
    ("rule", "path", "says"),
    [
        ("exact_matches: {m: {provider: nobody}}", "exact_matches.m.provider", "error: there is no provider `nobody`"),
        ("patterns: [{pattern: a, provider: nobody}]", "patterns.0.provider", "error: there is no provider `nobody`"),
        ("patterns: [{pattern: 'a(', provider: home}]", "patterns.0.pattern", "error: not a regular expression"),
        (
            "capabilities: {c: {provider: nobody, fallback: home}}",
            "capabilities.c.provider",
            "error: there is no",
        ),
        (
            "load_balancing: {m: {providers: [nobody]}}",
            "load_balancing.m.providers.0.provider",
            "error: there is no",
        ),
        ("routing_rules: {default_provider: nobody}", "routing_rules.default_provider", "error: there is no"),
        ("fallback_chains: {m: [{provider: nobody}]}", "fallback_chains.m.0", "error: there is no provider `nobody`"),
        (
            "exact_matches: {m: {provider: home, fallback: nobody}}",
            "exact_matches.m.fallback",
            "error: there is no",
        ),
        (
            "exact_matches: {m: {provider: home, fallback: shared}}",
            "exact_matches.m.fallback",
            "warning: `shared` is",
        ),
        ("exact_matches: {m: idle}", "exact_matches.m.provider", "warning: leads to `idle`, which is disabled"),
        ("exact_matches: {m: example}", "exact_matches.m.provider", "warning: leads to `example`, which is a template"),
        ("routing_rules: {default_provider: idle}", "routing_rules.default_provider", "warning: leads to `idle`"),
        ("fallback_chains: {m: [idle]}", "fallback_chains.m.0", "warning: leads to `idle`"),
        (
            "fallback_chains: {m: [unheard-of]}",
            "fallback_chains.m.0",
            "warning: no provider lists",
        ),
        ("fallback_chains: {m: [gone]}", "fallback_chains.m.0", "warning: no provider lists the model `gone`"),
        ("fallback_chains: {m: [wide, m]}", "fallback_chains.m.1", "error: the chain contains itself: m → m"),
        (
            "fallback_chains: {'huge:120b': ['small:7b']}",
            "fallback_chains.huge:120b.0",
            "warning: a quality cliff",
        ),
        ("capabilities: {c: {preferred_models: [unheard-of]}}", "capabilities.c", "warning: no usable"),
        ("capabilities: {c: {preferred_models: [gone]}}", "capabilities.c", "warning: no usable"),
        ("capabilities: {c: {}}", "capabilities.c", "warning: no usable"),
        (
            "capabilities: {c: {preferred_models: [wide], min_context: 200000}}",
            "capabilities.c",
            "warning: no usable",
        ),
        (
            "capabilities: {c: {preferred_models: [home/small:7b], min_model_size: 8B}}",
            "capabilities.c",
            "warning: no usable",
        ),
        (
            "capabilities: {c: {provider: home, min_model_size: large}}",
            "capabilities.c.min_model_size",
            "warning: this",
        ),
        (
            "load_balancing: {m: {providers: [{provider: home, weight: -1}, cloud]}}",
            "load_balancing.m.providers.0.weight",
            "error: a weight cannot be negative",
        ),
        (
            "load_balancing: {m: {providers: [{provider: home, weight: 0}]}}",
            "load_balancing.m.providers",
            "error: all weights are 0",
        ),
        (
            "load_balancing: {m: {providers: [{provider: home, condition: stram}]}}",
            "load_balancing.m.providers.0.condition",
            "error: not a condition: there is no name `stram` (character 1)",
        ),
        (
            "load_balancing: {m: [cloud, {provider: home, condition: 'batch_size > '}]}",
            "load_balancing.m.providers.1.condition",
            "error: not a condition: a name or a value is expected, and nothing follows (character 14)",
        ),
        (
            "load_balancing: {m: [{provider: home, preferred_model: unheard-of}]}",
            "load_balancing.m.providers.0.preferred_model",
            "warning: no provider lists the model `unheard-of`",
        ),
        (
            "load_balancing: {m: {providers: [home], strategy: round_robbin}}",
            "load_balancing.m.strategy",
            "warning: there is no strategy `round_robbin`: passed over",
        ),
        (
            "load_balancing: {m: {providers: [home], parameters: {saturation_threshold: 2}}}",
            "load_balancing.m.parameters.saturation_threshold",
            "error: should be at most 1",
        ),
        (
            "load_balancing: {m: {providers: [home], weights: {cost: -1}}}",
            "load_balancing.m.weights.cost",
            "error: should be at least 0",
        ),
        (
            "capabilities: {c: {provider: home, routing_strategy: zzz}}",
            "capabilities.c.routing_strategy",
            "warning: there is no strategy `zzz`: passed over",
        ),
        (
            "routing_rules: {default_strategy: zzz}",
            "routing_rules.default_strategy",
            "warning: there is no strategy `zzz`: passed over",
        ),
        (
            "routing_rules: {request_metadata_routing: {a: {provider: nobody, condition: stream}}}",
            "routing_rules.request_metadata_routing.a.provider",
            "error: there is no provider `nobody`",
        ),
        (
            "routing_rules: {request_metadata_routing: {a: {provider: home, condition: 'header.cookie == 1'}}}",
            "routing_rules.request_metadata_routing.a.condition",
            "error: not a condition: of the headers, only x-… can be read",
        ),
        (
            "routing_rules: {request_metadata_routing: {a: {provider: home}}}",
            "routing_rules.request_metadata_routing.a",
            "warning: the rule has no condition: passed over",
        ),
        (
            "routing_rules: {request_metadata_routing: {a: {condition: stream}}}",
            "routing_rules.request_metadata_routing.a.provider",
            "warning: `provider` is missing: passed over",
        ),
        (
            "routing_rules: {request_metadata_routing: {a: 1}}",
            "routing_rules.request_metadata_routing.a",
            "warning: should be a map (`key: value`): passed over",
        ),
        (
            "routing_rules: {request_metadata_routing: [1]}",
            "routing_rules.request_metadata_routing",
            "warning: should be a map (`key: value`): passed over",
        ),
        (
            "routing_rules: {model_size_routing: [{size: < 8B, provider: nobody}]}",
            "routing_rules.model_size_routing.0.provider",
            "error: there is no provider `nobody`",
        ),
        (
            "routing_rules: {model_size_routing: [{size: large, provider: home}]}",
            "routing_rules.model_size_routing.0.size",
            "warning: this is not a range of sizes: passed over",
        ),
        (
            "routing_rules: {model_size_routing: [{size: 8B, provider: home, fallback: shared}]}",
            "routing_rules.model_size_routing.0.fallback",
            "warning: `shared` is a model, not a provider: passed over",
        ),
        (
            "routing_rules: {model_size_routing: {small: home}}",
            "routing_rules.model_size_routing",
            "warning: should be a list (`- item`): passed over",
        ),
        (
            "routing_rules: {strategy: quality_first, priority_order: [home, wdie]}",
            "routing_rules.priority_order.1",
            "warning: `wdie` is neither a model nor a provider: passed over",
        ),
        (
            "load_balancing: {m: {providers: [home], strategy: hybrid, priority_order: [home]}}",
            "load_balancing.m.priority_order",
            "warning: `hybrid` does not look at it",
        ),
        (
            "capabilities: {c: {provider: home, strategy: context_based, context_thresholds: {s: 9, t: 9}}}",
            "capabilities.c.context_thresholds.t",
            "warning: the same size as `s`: passed over",
        ),
        (
            "routing_rules: {context_thresholds: {s: 0}}",
            "routing_rules.context_thresholds.s",
            "error: should be more than 0",
        ),
        (
            "routing_rules: {complexity_thresholds: {medium: 9, high: 8}}",
            "routing_rules.complexity_thresholds",
            "warning: `medium` (9) is above `high` (8): both passed over",
        ),
        (
            "routing_rules: {complexity_thresholds: {low: 9}}",
            "routing_rules.complexity_thresholds.low",
            "warning: what is below `medium` is low, whatever is written here",
        ),
        (
            "routing_rules: {complexity_thresholds: {hihg: 9}}",
            "routing_rules.complexity_thresholds.hihg",
            "warning: unknown key `hihg`, ignored",
        ),
        ("tasks: {chat: nobody}", "tasks.chat", "warning: there is no capability `nobody`: passed over"),
    ],
)
def test_findings(read: Read, rule: str, path: str, says: str) -> None:
    loaded = read(PROVIDERS, rule)
    [finding] = [finding for finding in loaded.diagnostics if finding.severity != "info"]
    assert finding.path == path
    assert f"{finding.severity}: {finding.message}".startswith(says)
    assert (loaded.config is None) is (finding.severity == "error")
    assert finding.line == 1


@pytest.mark.parametrize(
    "rule",
    [
        "exact_matches: {m: {provider: home, fallback: null}}",
        "fallback_chains: {m: null, n: [], default: ['small:7b']}",
        "fallback_chains: {m: [cloud/m, home]}",
        "fallback_chains: {shared: [{provider: home, model: shared}]}",
        "fallback_chains: {'huge:120b': ['middle:30b', 'small:7b']}",
        "fallback_chains: {'small:7b': ['huge:120b']}",
        "capabilities: {c: {preferred_models: [unheard-of, home]}}",
        "capabilities: {c: {preferred_models: [home/anything]}}",
        "capabilities: {c: {preferred_models: [wide], min_context: 100000}}",
        "exact_matches: {alias: home}\nfallback_chains: {m: [alias]}\ncapabilities: {c: {preferred_models: [alias]}}",
        "patterns: [{pattern: '^x-', provider: home}]\nfallback_chains: {m: [x-1]}",
        "capabilities: {chat: {provider: home}}\nfallback_chains: {m: [chat]}",
        "patterns: [{pattern: '[[a]', provider: home}]",
        "load_balancing: {m: {providers: [{provider: home, condition: 'stream AND NOT local_saturated'}]}}",
        "load_balancing: {m: [{provider: home, preferred_model: wide}], n: [{provider: home, preferred_model: m}]}",
        "routing_rules: {request_metadata_routing: {a: {provider: home, condition: header.x-a == 'b'}}}",
        "routing_rules: {model_size_routing: [{size: < 8B, provider: home, fallback: cloud}]}",
        "routing_rules: {strategy: hybrid, weights: {health: 1, cost: 0}}",
        "capabilities: {c: {provider: home, strategy: context_based}}\ntasks: {talk: c}",
        "load_balancing: {m: {providers: [home], strategy: quality_first, priority_order: [wide, home, home/x]}}",
        "load_balancing: {m: {providers: [home], context_thresholds: [9, 10]}}",
        "routing_rules: {strategy: hybrid, complexity_thresholds: {low: 0, medium: 9}}",
    ],
)
def test_nothing_to_say(read: Read, rule: str) -> None:
    assert read(PROVIDERS, rule).diagnostics == ()


@pytest.mark.parametrize(
    ("chains", "circles"),
    [
        ("{shared: [wide], wide: [shared]}", ["shared → wide → shared"]),
        ("{wide: ['small:7b'], 'small:7b': [shared], shared: [wide]}", ["wide → small:7b → shared → wide"]),
        ("{shared: [wide], wide: [home/shared]}", []),
        ("{shared: [wide], wide: ['small:7b']}", []),
        (
            "{shared: [wide], wide: [shared], 'small:7b': ['middle:30b'], 'middle:30b': ['small:7b']}",
            ["shared → wide → shared", "small:7b → middle:30b → small:7b"],
        ),
    ],
)
def test_chains_that_refer_to_each_other_are_doubtful(read: Read, chains: str, circles: list[str]) -> None:
    loaded = read(PROVIDERS, f"fallback_chains: {chains}")
    assert loaded.config is not None
    found = [finding.message for finding in loaded.diagnostics]
    assert sorted(found) == sorted(
        f"chains refer to each other: {circle}; only the first level is followed" for circle in circles
    )


def test_rules_are_not_judged_by_a_broken_registry(read: Read) -> None:
    loaded = read("providers: {home: {type: vlm}}", "exact_matches: {m: home}")
    assert [finding.file for finding in loaded.diagnostics] == ["providers.yaml"]


def test_what_is_passed_over_leaves_the_others_in_place(read: Read) -> None:
    rules = """
routing_rules:
  request_metadata_routing:
    odd: [1, 2]
    fine: {provider: home, condition: stream, unknown: 1}
  model_size_routing:
    - {size: < 8B}
    - 3
    - size: "> 8B"
      provider: nobody
"""
    loaded = read(PROVIDERS, rules.replace("nobody", "home"))
    assert loaded.config is not None
    written = loaded.config.mappings.routing_rules
    assert [*written.request_metadata_routing] == ["fine"]
    assert [rule and rule.size for rule in written.model_size_routing] == [None, None, "> 8B"]
    assert {finding.severity.value for finding in loaded.diagnostics} == {"warning"}

    refused = read(PROVIDERS, rules)
    [error] = [finding for finding in refused.diagnostics if finding.severity == "error"]
    assert (error.path, error.line) == ("routing_rules.model_size_routing.2.provider", 10)
    assert refused.config is None
