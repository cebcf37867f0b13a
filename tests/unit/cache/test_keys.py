from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.cache.keys import NOISE, Scope, counting, exact_key
from ai_dashboard.core.chat import Ask, Form
from ai_dashboard.core.plan import Requirements, RouteFacts
from ai_dashboard.dialects.openai.read import facts_of
from tests.unit.cache.asks import FORMS, SCOPE, ask

FACTS = RouteFacts("m")


def key(asked: Ask, scope: Scope = SCOPE, facts: RouteFacts = FACTS) -> bytes:
    found = exact_key(scope, asked, facts)
    assert found is not None
    return found.digest


def test_the_same_ask_has_one_key_in_whatever_order_its_fields_are_written() -> None:
    body = ask().body
    turned = dict(reversed(body.items()))
    assert key(ask()) == key(Ask("m", False, turned, ask().raw, False))


@pytest.mark.parametrize(
    "noise",
    [
        {"stream": True}, {"stream": True, "stream_options": {"include_usage": True}}, {"user": "me"},
        {"metadata": {"a": "b"}}, {"safety_identifier": "x"}, {"prompt_cache_key": "k"}, {"store": True},
        {"cache": {"ttl": 5}}, {"priority": "HIGH"}, {"deadline": 3},
    ],
)  # fmt: skip
def test_what_cannot_change_the_answer_does_not_count(noise: dict[str, Any]) -> None:
    assert key(ask(**noise)) == key(ask())


@pytest.mark.parametrize(
    "field",
    [
        {"model": "other"}, {"temperature": 0.5}, {"max_tokens": 6}, {"seed": 1}, {"tools": [{"type": "function"}]},
        {"response_format": {"type": "json_object"}}, {"n": 2}, {"stop": ["x"]}, {"logprobs": True},
        {"nobody_knows_this": 1}, {"messages": [{"role": "user", "content": "Ho"}]},
        {"messages": [{"role": "system", "content": "Hi"}]}, {"capability": "code"}, {"task": "summary"},
    ],
)  # fmt: skip
def test_everything_else_counts_also_what_nobody_knows(field: dict[str, Any]) -> None:
    assert key(ask(**field)) != key(ask())


def test_the_dialect_does_not_count_where_the_ask_is_the_same() -> None:
    said = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 5, "temperature": 0}
    assert key(ask("openai.chat", **said)) == key(ask("anthropic.messages", **said))
    assert len({key(ask(form)) for form in FORMS}) <= len(FORMS)


def test_what_only_one_form_can_say_counts() -> None:
    plain = ask("anthropic.messages")
    assert key(ask("anthropic.messages", mcp_servers=[{"url": "a"}])) != key(plain)
    one, other = (ask("anthropic.messages", mcp_servers=[{"url": url}]) for url in "ab")
    assert key(one) != key(other)


def test_a_response_repeats_its_metadata_so_there_it_counts() -> None:
    form: Form = "openai.responses"
    assert key(ask(form, metadata={"a": "b"})) != key(ask(form))


def test_a_form_that_cannot_turn_a_whole_reply_into_a_stream_keeps_both() -> None:
    for form in ("openai.responses", "openai.completions"):
        assert key(ask(form, stream=True)) != key(ask(form))
    shown = ask("openai.completions", stream=True, stream_options={"include_usage": True})
    assert key(shown) != key(ask("openai.completions", stream=True))
    assert key(ask(stream=True)) == key(ask())


def test_a_rule_that_was_written_anew_counts() -> None:
    scopes = [Scope("acme", "eu"), Scope("acme", "eu", "written"), Scope("acme", "eu", "written anew")]
    assert len({exact_key(scope, ask(), facts_of(ask())) for scope in scopes}) == 3


def test_numbers_that_are_too_long_to_be_told_apart_once_read_are_told_apart() -> None:
    one, other = (ask(seed=int(f"1844674407370955161{digit}")) for digit in "89")
    assert key(one) != key(other)


@pytest.mark.parametrize(
    "facts",
    [
        RouteFacts("m", task="t"), RouteFacts("m", strategy="cost"), RouteFacts("m", capability="c"),
        RouteFacts("m", only=("a",)), RouteFacts("m", weights=(("a", 1.0),)),
        RouteFacts("m", requirements=Requirements(local_only=True)),
    ],
)  # fmt: skip
def test_wishes_for_the_route_count_wherever_they_were_said(facts: RouteFacts) -> None:
    assert key(ask(), facts=facts) != key(ask())


def test_headers_for_the_provider_count() -> None:
    asked = ask()
    beta = Ask(asked.model, False, asked.body, asked.raw, False, headers=(("openai-beta", "x"),))
    assert key(beta) != key(asked)


def test_the_size_of_an_ask_does_not_count() -> None:
    assert key(ask(), facts=facts_of(ask())) == key(ask())


def test_an_ask_that_cannot_be_written_has_no_key() -> None:
    nested: Any = "x"
    for _ in range(300):
        nested = [nested]
    assert exact_key(SCOPE, Ask("m", False, {"model": "m", "x": nested}, b"", False), FACTS) is None


names = st.text(max_size=12)


@given(st.lists(st.tuples(names, names), min_size=2, max_size=8, unique=True))
def test_no_two_tenants_and_no_two_residency_groups_ever_share_a_key(scopes: list[tuple[str, str]]) -> None:
    asked = ask()
    assert len({key(asked, Scope(*scope)) for scope in scopes}) == len(scopes)


@given(st.dictionaries(names, st.integers() | names, max_size=6))
def test_only_noise_is_left_out(extra: dict[str, Any]) -> None:
    body = {**extra, "model": "m", "stream": True}
    assert counting(body) == {name: value for name, value in body.items() if name not in NOISE}
