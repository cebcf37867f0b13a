from collections.abc import Callable

import pytest

from ai_dashboard.routing.listing import as_listed, listed, lists, model_at, providers_of, same_at
from ai_dashboard.routing.live import Live
from ai_dashboard.routing.table import Table

Compile = Callable[..., Table]
MakeLive = Callable[..., Live]

PROVIDERS = {"one": ["a:8b", "tagged:latest"], "two": ["b"], "empty": []}


@pytest.mark.parametrize(
    ("model", "providers"),
    [("a:8b", ("one",)), ("tagged", ("one",)), ("b", ("two", "empty")), ("b:latest", ()), ("a", ()), ("new", ("two",))],
)
def test_who_lists_a_model(model: str, providers: tuple[str, ...], compiled: Compile, live: MakeLive) -> None:
    assert providers_of(model, compiled(PROVIDERS), live(two=["new", "b"], empty=["b"])) == providers


def test_what_a_provider_lists(compiled: Compile, live: MakeLive) -> None:
    table, found = compiled(PROVIDERS), live(one=["new", "a:8b"])
    assert listed("one", table, found) == ("a:8b", "tagged:latest", "new")
    assert listed("two", table, found) == ("b",)
    assert lists("one", "new", table, found)
    assert not lists("one", "tagged", table, found)


@pytest.mark.parametrize(
    ("provider", "wanted", "same", "stands_in"),
    [
        ("one", ("tagged",), "tagged:latest", "tagged:latest"),
        ("one", ("x", "a:8b"), "a:8b", "a:8b"),
        ("one", ("x",), None, "a:8b"),
        ("empty", ("x", "y"), None, "x"),
    ],
)
def test_what_a_provider_is_asked_for(
    provider: str, wanted: tuple[str, ...], same: str | None, stands_in: str, compiled: Compile
) -> None:
    table = compiled(PROVIDERS)
    assert same_at(provider, wanted, table, {}) == same
    assert model_at(provider, wanted, table, {}) == stands_in


def test_a_name_is_spelled_as_it_is_listed(compiled: Compile) -> None:
    table = compiled(PROVIDERS)
    assert [as_listed(name, "one", table, {}) for name in ("tagged", "a:8b", "x")] == ["tagged:latest", "a:8b", "x"]
