"""What routing may know of a request, from its body and from its headers."""

from typing import Any

import orjson
import pytest

from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.plan import Requirements, RouteFacts
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.openai.read import read
from ai_dashboard.gateway.facts import MAX_METADATA, facts_for


def facts(headers: dict[str, str] | None = None, **fields: object) -> RouteFacts:
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]} | fields
    return facts_for(read(Call(orjson.dumps(body))), headers or {})


def test_an_ask_without_wishes_is_its_sizes() -> None:
    assert facts() == RouteFacts("m", prompt_tokens=1)


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
    assert facts(**fields) == RouteFacts("m", prompt_tokens=1)
