"""What routing may know of a request: what its body says, and what its headers add. Sizes and wishes, no text of it."""

from collections.abc import Mapping
from dataclasses import replace

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.dialects.openai.read import facts_of
from ai_dashboard.routing.requirements import read as read_requirements
from ai_dashboard.routing.wishes import with_headers

IN_THE_BODY = frozenset({"requirements", "task", "user", "metadata", "safety_identifier"})
"""Fields of an ask that routing looks at beyond its sizes; most asks have none of them."""

MAX_METADATA = 16
"""Pairs, OpenAI's own limit; what is beyond is not for conditions."""


def facts_for(ask: Ask, headers: Mapping[str, str]) -> RouteFacts:
    """The facts. Raises `CallerError` for wishes that cannot be read."""
    facts = facts_of(ask)
    if not IN_THE_BODY.isdisjoint(ask.body):
        facts = _with_body(facts, ask.body)
    return with_headers(facts, headers) if headers else facts


def _with_body(facts: RouteFacts, body: JsonObject) -> RouteFacts:
    task = body.get("task")
    if not isinstance(task, str | None):
        raise CallerError("`task` is not a string")
    user = body.get("safety_identifier") or body.get("user")
    return replace(
        facts,
        requirements=read_requirements(body.get("requirements")),
        task=task or None,
        user=user if isinstance(user, str) else "",
        metadata=_metadata(body.get("metadata")),
    )


def _metadata(value: object) -> tuple[tuple[str, str], ...]:
    """The pairs whose values are text; others mean nothing to a condition."""
    pairs = value.items() if isinstance(value, dict) else ()
    return tuple([(name, text) for name, text in pairs if isinstance(text, str)][:MAX_METADATA])
