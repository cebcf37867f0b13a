"""What routing may know of a request, from its body and from its headers."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.plan import Requirements, RouteFacts
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.openai import embeddings
from ai_dashboard.dialects.openai.read import read
from ai_dashboard.gateway.facts import MAX_METADATA, PREFIX_CHARS, facts_for


def facts(headers: dict[str, str] | None = None, **fields: object) -> RouteFacts:
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]} | fields
    return facts_for(read(Call(orjson.dumps(body))), headers or {})


def test_an_ask_without_wishes_is_its_sizes_and_how_it_begins() -> None:
    assert facts() == RouteFacts("m", prompt_tokens=1, prefix=facts().prefix)


SYSTEM, FIRST = {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}
ANSWER, SECOND = {"role": "assistant", "content": "Hello!"}, {"role": "user", "content": "Why?"}
LONG = "x" * 300


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ([SYSTEM, FIRST], [SYSTEM, FIRST, ANSWER, SECOND], True),
        ([FIRST], [FIRST, ANSWER, SECOND], True),
        ([SYSTEM, FIRST], [FIRST], False),
        ([SYSTEM, FIRST], [SYSTEM, SECOND], False),
        ([FIRST], [{"role": "user", "content": "H"}, {"role": "user", "content": "i"}], False),
        ([{"role": "user", "content": LONG}], [{"role": "user", "content": LONG + "x"}], False),
        ([{"role": "user", "content": LONG + "x"}], [{"role": "user", "content": LONG + "y"}], True),
        ([FIRST], [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}], False),
    ],
    ids=["goes on", "without a system", "another system", "another question", "in two", "length", "end", "parts"],
)
def test_a_conversation_is_known_by_its_beginning(
    one: list[dict[str, Any]], other: list[dict[str, Any]], same: bool
) -> None:
    assert (facts(messages=one).prefix == facts(messages=other).prefix) is same


@pytest.mark.parametrize(
    "content", [None, [], ["odd"], [{"text": 7}], [{"type": "text", "text": "\ud800"}], [{"type": "image_url"}] * 99]
)
def test_whatever_a_message_holds_it_has_a_beginning(content: object) -> None:
    ask = replace(
        read(Call(b'{"model":"m","messages":[{"role":"user","content":"x"}]}')),
        body={"messages": [{"role": "user", "content": content}]},
    )
    assert len(facts_for(ask, {}).prefix) == PREFIX_CHARS


def test_embeddings_have_no_beginning() -> None:
    assert facts_for(embeddings.read(Call(b'{"model":"m","input":"x"}')), {}).prefix == ""


@pytest.mark.parametrize(
    ("headers", "body", "user"),
    [
        ({"x-conversation-id": "c", "x-session-id": "s"}, {}, "c"),
        ({"x-session-id": "s"}, {}, "s"),
        ({"x-session-id": "s"}, {"user": "ada"}, "ada"),
        ({"x-session-id": ""}, {}, ""),
    ],
)
def test_who_is_speaking(headers: dict[str, str], body: dict[str, str], user: str) -> None:
    assert facts(headers, **body).user == user


def test_the_body_says_whose_it_is_and_what_it_insists_on() -> None:
    found = facts(
        user="ada", task="code", metadata={"team": "blue", "n": 3}, requirements={"local_only": True, "max_cost": 0.5}
    )
    assert (found.user, found.task, found.metadata) == ("ada", "code", (("team", "blue"),))
    assert found.requirements == Requirements(max_cost=0.5, local_only=True)


def test_headers_add_to_it() -> None:
    found = facts({"x-residency": "eu", "x-task": "chat", "x-priority": "high", "accept": "*/*"}, task="code")
    assert (found.residency, found.task) == ("eu", "code")
    assert ("x-priority", "high") in found.headers
    assert all(name.startswith("x-") for name, _ in found.headers)


def test_metadata_has_an_end() -> None:
    assert len(facts(metadata={str(number): "x" for number in range(100)}).metadata) == MAX_METADATA


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"task": 3}, "`task`"),
        ({"requirements": {"max_price": 1}}, "max_price"),
        ({"requirements": 1}, "`requirements`"),
    ],
)
def test_wishes_that_cannot_be_read_are_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(CallerError, match=said):
        facts(**fields)


@pytest.mark.parametrize("fields", [{"metadata": "x"}, {"user": 7}, {"metadata": [1]}])
def test_what_means_nothing_to_routing_is_passed_over(fields: dict[str, Any]) -> None:
    assert facts(**fields) == facts()
