"""What a caller tells the gateway about routing in headers, and nobody else.

| header | field of `RouteFacts` |
|---|---|
| `x-capability` | `capability` |
| `x-task` | `task` |
| `x-residency` | `residency` |
| `x-strategy` | `strategy` |
| `x-requirements` | `requirements`: `max_cost=0.01, local_only`, or the same as a JSON object |
| `x-conversation-id`, else `x-session-id` | `user`, where the body names none |
| `x-…` | `headers`, for conditions; not those whose names say that they carry a key |

What the body has said already stands.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

import orjson

from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.requirements import read

PREFIX = "x-"

_CARRIES_A_KEY = re.compile(
    r"(?:^|-)(?:api-?key|key|token|auth|authorization|authentication|secret|cookie|password|credentials?)(?:-|$)"
)


def with_headers(facts: RouteFacts, headers: Mapping[str, str]) -> RouteFacts:
    """The facts with what the headers add; names are in lower case. Raises `CallerError` for requirements that cannot
    be read."""
    own = {
        name: value for name, value in headers.items() if name.startswith(PREFIX) and not _CARRIES_A_KEY.search(name)
    }
    if not own:
        return facts
    requirements = facts.requirements
    if requirements is None and (text := own.get("x-requirements")):
        requirements = read(_object(text), "x-requirements")
    return replace(
        facts,
        headers=tuple(own.items()),
        capability=facts.capability or own.get("x-capability") or None,
        task=facts.task or own.get("x-task") or None,
        residency=facts.residency or own.get("x-residency") or None,
        strategy=facts.strategy or own.get("x-strategy") or None,
        requirements=requirements,
        user=facts.user or own.get("x-conversation-id") or own.get("x-session-id") or "",
    )


def _object(text: str) -> object:
    """A JSON object, or pairs with commas between them; a name without a value stands for true."""
    if text.lstrip().startswith("{"):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise CallerError(f"`x-requirements` is not JSON: {error.msg}") from None
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    return {name.strip(): _value(value.strip()) if equals else True for name, equals, value in pairs}


def _value(text: str) -> object:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return float(text)
    except ValueError:
        return text
