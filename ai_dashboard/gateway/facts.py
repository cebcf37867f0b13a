"""What routing may know of a request: what its body says, and what its headers add. Sizes and wishes, no text of it."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

from ai_dashboard.core.chat import Ask, JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.dialects.openai.read import facts_of
from ai_dashboard.routing.requirements import read as read_requirements
from ai_dashboard.routing.wishes import with_headers

IN_THE_BODY = frozenset({"requirements", "task", "user", "metadata", "safety_identifier"})
"""Fields of an ask that routing looks at beyond its sizes; most asks have none of them."""

MAX_BEFORE, HEAD_CHARS, PREFIX_CHARS = 8, 256, 16
"""Messages that a beginning is told from, characters of each, and characters of the hash."""

MAX_METADATA = 16
"""Pairs, OpenAI's own limit; what is beyond is not for conditions."""


def facts_for(ask: Ask, headers: Mapping[str, str], tenant: str = "", *, beginning: bool = True) -> RouteFacts:
    """The facts; how the conversation begins only where somebody wants to know. Raises `CallerError` for wishes that
    cannot be read."""
    facts = facts_of(ask, beginning_of(ask.body) if beginning and ask.operation == "chat" else "", tenant)
    if not IN_THE_BODY.isdisjoint(ask.body):
        facts = _with_body(facts, ask.body)
    return with_headers(facts, headers) if headers else facts


def beginning_of(body: JsonObject) -> str:
    """A hash of how a conversation begins: everything up to its first question, by the head and the length of each
    message. It costs a microsecond or two however long they are."""
    said = []
    for message in body["messages"][:MAX_BEFORE]:
        content = message.get("content")
        if type(content) is not str:
            content = _texts(content)
        said.append(f"{len(content)} {content[:HEAD_CHARS]}")
        if message["role"] == "user":
            break
    return sha256("\0".join(said).encode("utf-8", "surrogatepass")).hexdigest()[:PREFIX_CHARS]


def _texts(content: object) -> str:
    """The texts among the parts of a message, and how many parts there are."""
    if not isinstance(content, list):
        return ""
    texts = [part.get("text") for part in content[:MAX_BEFORE] if isinstance(part, dict)]
    return f"{len(content)} " + " ".join([text for text in texts if isinstance(text, str)])


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
