from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from ai_dashboard.config.load import Config
from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.core.control import Rerouted
from ai_dashboard.core.events import Usage
from ai_dashboard.core.records import RequestRecord, Stage
from ai_dashboard.gateway.whatif import EXAMPLES, NOBODY, UNKNOWN, facts_of, what_if
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


def asked(*models: str, usage: Usage | None = None) -> list[RequestRecord]:
    return [
        RequestRecord(
            number, f"{number}", 0.0, "openai", model, False, Stage.DONE, 200, "", "", None, 0.1, 0.0, usage, (), None
        )
        for number, model in enumerate(models, 1)
    ]


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
    records = asked("m", usage=Usage(500, 1))
    small: Any = {"name": "m", "context_length": 100}
    found = what_if(records, table({"a": ["m"]}), table({"a": [small]}), {})
    assert found.examples == (Rerouted("m", "a/m", NOBODY),)


def test_there_are_a_few_examples_the_most_frequent_first() -> None:
    names = [f"m{number}" for number in range(9)]
    records = asked(*names, "m7", "m7", "m4")
    found = what_if(records, table({"a": names}), table({"b": names}), {})
    assert (found.moved, len(found.examples)) == (12, EXAMPLES)
    assert [example.asked for example in found.examples[:2]] == ["m7", "m4"]


@pytest.mark.parametrize("model", ["", "m"])
def test_only_what_named_a_model_can_be_replayed(model: str) -> None:
    facts = facts_of(asked(model)[0])
    assert (facts is None) is (model == "")
