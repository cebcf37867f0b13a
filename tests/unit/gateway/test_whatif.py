from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from ai_dashboard.config.load import Config
from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.core.control import Rerouted
from ai_dashboard.core.plan import Requirements, RouteFacts
from ai_dashboard.core.records import RequestRecord, Stage
from ai_dashboard.gateway.whatif import EXAMPLES, NOBODY, UNKNOWN, what_if
from ai_dashboard.routing.live import KnownProvider
from ai_dashboard.routing.table import Table, compile_table


def table(providers: Mapping[str, list[str]], mappings: Mapping[str, Any] | None = None) -> Table:
    entries = {
        name: {"type": "openai_compatible", "base_url": "http://127.0.0.1:9", "models": models}
        for name, models in providers.items()
    }
    written = ProvidersFile.model_validate({"providers": entries})
    rules = Mappings.model_validate(dict(mappings or {}))
    return compile_table(Config(MappingProxyType(written.providers), rules, GatewaySettings(), "a test"))


def records(*facts: RouteFacts | None) -> list[RequestRecord]:
    return [
        RequestRecord(
            seq, f"{seq}", 0.0, "openai", "m", False, Stage.DONE, 200, "", "", None, 0.1, 0.0, None, (), None, facts=it
        )
        for seq, it in enumerate(facts, 1)
    ]


def asked(*models: str) -> list[RequestRecord]:
    return records(*map(RouteFacts, models))


def test_a_model_that_moves_is_counted_and_shown() -> None:
    before, after = table({"a": ["m", "n"], "b": []}), table({"a": ["n"], "b": ["m"]})
    found = what_if(asked("m", "n", "m", "m"), before, after, {})
    assert (found.requests, found.moved) == (4, 3)
    assert found.examples == (Rerouted("m", "a/m", "b/m"),)


def test_the_same_tables_move_nothing_however_turns_and_chance_would_fall() -> None:
    shared = table({"a": ["m"], "b": ["m"]}, {"load_balancing": {"m": {"strategy": "round_robin", "providers": []}}})
    assert what_if(asked(*["m"] * 50), shared, shared, {}).moved == 0


def test_a_model_that_goes_is_told_in_words() -> None:
    found = what_if(asked("m"), table({"a": ["m"]}), table({"a": ["n"]}), {})
    assert found.examples == (Rerouted("m", "a/m", UNKNOWN),)


def test_what_only_providers_themselves_list_counts_too() -> None:
    live = {"a": KnownProvider(models=("found",))}
    found = what_if(asked("found"), table({"a": [], "b": []}), table({"b": []}), live)
    assert (found.moved, found.examples[0].before) == (1, "a/found")


def test_a_prompt_that_fits_no_more_has_nobody() -> None:
    long = records(RouteFacts("m", prompt_tokens=500, max_tokens=1))
    small: Any = {"name": "m", "context_length": 100}
    found = what_if(long, table({"a": ["m"]}), table({"a": [small]}), {})
    assert found.examples == (Rerouted("m", "a/m", NOBODY),)


def test_there_are_a_few_examples_the_most_frequent_first() -> None:
    names = [f"m{number}" for number in range(9)]
    found = what_if(asked(*names, "m7", "m7", "m4"), table({"a": names}), table({"b": names}), {})
    assert (found.moved, len(found.examples)) == (12, EXAMPLES)
    assert [example.asked for example in found.examples[:2]] == ["m7", "m4"]


def test_what_never_got_as_far_as_routing_is_not_replayed() -> None:
    found = what_if(records(None, RouteFacts("m")), table({"a": ["m"]}), table({"b": ["m"]}), {})
    assert (found.requests, found.moved) == (1, 1)


@pytest.mark.parametrize(
    ("facts", "condition"),
    [
        (RouteFacts("m", headers=(("x-priority", "high"),)), 'header.x-priority == "high"'),
        (RouteFacts("m", metadata=(("team", "red"),)), 'metadata.team == "red"'),
        (RouteFacts("m", stream=True), "stream == true"),
        (RouteFacts("m", batch_size=8), "batch_size > 1"),
        (RouteFacts("m", prompt_tokens=9000), "prompt_tokens > 8000"),
        (RouteFacts("m", tenant="acme"), 'tenant == "acme"'),
        (RouteFacts("m", task="chat"), 'task == "chat"'),
    ],
)
def test_a_rule_on_anything_that_routing_knows_moves_only_whom_it_is_for(facts: RouteFacts, condition: str) -> None:
    rule = {"request_metadata_routing": {"special": {"provider": "b", "condition": condition}}}
    providers = {"a": ["m"], "b": ["m"]}
    before, after = table(providers), table(providers, {"routing_rules": rule})
    found = what_if(records(facts, RouteFacts("m")), before, after, {})
    assert (found.requests, found.examples) == (2, (Rerouted("m", "a/m", "b/m"),))


def test_wishes_are_replayed() -> None:
    large: Any = {"name": "m", "size": "70B"}
    small: Any = {"name": "m", "size": "1B"}
    before, after = table({"a": [large], "b": [large]}), table({"a": [small], "b": [large]})
    high = RouteFacts("m", requirements=Requirements(min_quality="high"))
    assert what_if(records(high, RouteFacts("m")), before, after, {}).examples == (Rerouted("m", "a/m", "b/m"),)
    picky = RouteFacts("m", only=("b",), capability="code", needs=frozenset({"tools"}))
    assert what_if(records(picky), before, after, {}).moved == 0


def test_a_wish_that_nobody_understands_is_told_in_words() -> None:
    odd = records(RouteFacts("m", strategy="rond_robin"))
    assert what_if(odd, table({"a": ["m"]}), table({"b": ["m"]}), {}).moved == 0
