"""What each name of a condition means, and what comparing does with it."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.config.conditions import NAMES, Kind
from ai_dashboard.core.plan import Requirements, RouteFacts
from ai_dashboard.routing.conditions import Scene, condition, saturated
from ai_dashboard.routing.live import Health, KnownProvider, Live

NOTHING = RouteFacts("m")
ONE_OF_EACH = {Kind.NUMBER: "0", Kind.TEXT: "''", Kind.LEVEL: "'low'", Kind.TRUTH: "true"}


def holds(
    text: str, facts: RouteFacts = NOTHING, live: Live | None = None, own: Mapping[str, int | None] | None = None
) -> bool:
    return condition(text).holds(Scene(facts, live or {}, own or {}))


def with_headers(**headers: str) -> RouteFacts:
    return RouteFacts("m", headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()))


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ('header.x-priority == "high"', with_headers(x_priority="high")),
        ("header.x-depth > 3", with_headers(x_depth="4")),
        ("header.x-depth == 4.0", with_headers(x_depth=" 4 ")),
        ("header.x-batch", with_headers(x_batch="yes")),
        ("header.x-batch == true", with_headers(x_batch="1")),
        ("header.x-level >= complexity", with_headers(x_level="High")),
        ("metadata.project == 'a'", RouteFacts("m", metadata=(("project", "a"),))),
        ("stream", RouteFacts("m", stream=True)),
        ("batch_size == 3 AND batch_mode", RouteFacts("m", batch_size=3)),
        ("complexity == 'high'", RouteFacts("m", prompt_tokens=5000)),
        ("complexity > 'low'", RouteFacts("m", prompt_tokens=600)),
        ("quality_tier == 'high'", RouteFacts("m", requirements=Requirements(min_quality="high"))),
        ("length > 1000", RouteFacts("m", prompt_tokens=251)),
        ("prompt_tokens == 251", RouteFacts("m", prompt_tokens=251)),
        ("max_tokens >= 100", RouteFacts("m", max_tokens=100)),
        ("priority == 'high'", with_headers(x_priority=" HIGH")),
        ("priority == 'low'", RouteFacts("m", metadata=(("priority", "low"),))),
        ("tenant == 'acme'", RouteFacts("m", tenant="acme")),
        ("user == 'a' AND user == tenant", RouteFacts("m", user="a", tenant="a")),
        ("model == 'llama3.1:8b'", RouteFacts("llama3.1:8b")),
        ("has_images", RouteFacts("m", needs=frozenset({"vision"}))),
        ("has_tools", RouteFacts("m", needs=frozenset({"tools"}))),
        ("task == 'code'", RouteFacts("m", task="code")),
    ],
)
def test_what_is_true_of_a_request_and_not_of_another(text: str, facts: RouteFacts) -> None:
    assert holds(text, facts)
    assert not holds(text)
    assert holds(f"NOT ({text})")


@pytest.mark.parametrize(
    "text",
    [
        "header.x-missing == ''",
        "header.x-missing != 'a'",
        "header.x-missing == false",
        "NOT header.x-missing",
        # a word that is no number is unlike any, and neither above nor below
        "header.x-missing != 5",
        "NOT header.x-missing < 5",
        "NOT header.x-missing >= 5",
        "NOT header.x-missing <= complexity",
        "batch_size == 1",
        "priority == 'normal'",
        "quality_tier == 'medium'",
        "complexity == 'low'",
        "task == ''",
        "true",
        "NOT false",
        "1 < 2",
        "'a' != 'b'",
        "stream == false",
        "false OR true AND NOT false",
    ],
)
def test_what_is_true_of_a_request_that_says_nothing(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize("word", ["", " ", "0", "no", "False"])
def test_words_that_mean_no(word: str) -> None:
    assert not holds("header.x-on", with_headers(x_on=word))


@pytest.mark.parametrize("word", ["nan", "inf", "1e999", "5,0", "٥x"])
def test_words_that_are_no_number(word: str) -> None:
    assert not holds("header.x-n >= -1", with_headers(x_n=word))


def test_requests_in_flight_are_counted_over_all_providers() -> None:
    live = {"a": KnownProvider(in_flight=4), "b": KnownProvider(in_flight=2)}
    assert holds("request_count > 5", live=live)
    assert not holds("request_count > 6", live=live)
    assert holds("request_count <= 5")


@pytest.mark.parametrize(
    ("own", "state", "full"),
    [
        ({}, {}, False),
        ({"a": 10}, {}, False),
        ({"a": 10}, {"a": {"in_flight": 7}}, False),
        ({"a": 10}, {"a": {"in_flight": 8}}, True),
        ({"a": None}, {"a": {"in_flight": 800}}, False),
        ({"a": None}, {"a": {"in_flight": 4, "capacity": 5}}, True),
        ({"a": 10}, {"a": {"in_flight": 8, "capacity": 100}}, False),
        ({"a": 1, "b": 1}, {"a": {"in_flight": 1}, "b": {}}, False),
        ({"a": 1, "b": 1}, {"a": {"in_flight": 1}, "b": {"in_flight": 1}}, True),
        ({"a": 1}, {"a": {"in_flight": 1}, "service": {}}, True),
        ({"a": None}, {"a": {"health": Health.UNAVAILABLE}}, True),
        ({"a": None}, {"a": {"health": Health.DEGRADED}}, False),
        ({"a": None}, {"a": {"draining": True}}, True),
        ({"a": None}, {"a": {"cooldown_s": 1.0}}, True),
        ({"a": None}, {"a": {"headroom": 0.0}}, True),
        ({"a": None}, {"a": {"headroom": 0.1}}, False),
    ],
)
def test_when_servers_of_your_own_are_full(
    own: dict[str, int | None], state: dict[str, dict[str, Any]], full: bool
) -> None:
    live = {name: KnownProvider(**figures) for name, figures in state.items()}
    assert saturated(Scene(NOTHING, live, own)) is full
    assert holds("local_saturated", live=live, own=own) is full


def test_from_when_on_they_count_as_full_can_be_said() -> None:
    live = {"a": KnownProvider(in_flight=5)}
    assert saturated(Scene(NOTHING, live, {"a": 10}, saturation=0.5))
    assert not saturated(Scene(NOTHING, live, {"a": 10}, saturation=0.6))


def test_a_condition_knows_its_names_and_how_it_reads() -> None:
    asked = condition("( stream ) or header.X-A=='b'")
    assert asked.text == 'stream OR header.x-a == "b"'
    assert asked.names == {"stream", "header.x-a"}
    assert asked == condition(asked.text)


@pytest.mark.parametrize(("name", "kind"), NAMES.items())
def test_every_name_can_be_asked(name: str, kind: Kind) -> None:
    text = f"{name} == {ONE_OF_EACH[kind]}"
    assert holds(text) is not holds(f"NOT {text}")


@given(st.text(max_size=20), st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), st.floats(-10, 10))
def test_no_header_breaks_a_comparison(value: str, sign: str, number: float) -> None:
    facts = with_headers(x_a=value)
    assert holds(f"header.x-a {sign} {number!r}", facts) in (True, False)
    assert holds("header.x-a == header.x-a AND (header.x-a OR NOT header.x-a)", facts)
