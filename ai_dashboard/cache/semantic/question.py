"""Which asks can be compared by meaning, and what of them: the last thing that a user said, and that alone."""

from typing import Any

from ai_dashboard.cache.keys import SAYS_MORE, Scope, bucket_key, counting
from ai_dashboard.core.chat import Ask
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.plan import RouteFacts

MAX_PROMPT_CHARS = 2000
"""Embedding models read about as much; of a longer prompt they would compare the beginning."""

_INSTRUCTIONS = frozenset({"system", "developer"})


@dataclass(frozen=True, slots=True)
class Question:
    """What is compared, and the bucket within which it is."""

    bucket: bytes
    tenant: str
    model: str
    prompt: str


def question_of(scope: Scope, ask: Ask, facts: RouteFacts, *, tools: bool) -> Question | None:
    """The question; None where there is none to compare: images, long prompts, fields that only one form knows, and
    (without `tools`) conversations in which tools have a say."""
    if ask.operation != "chat" or ask.form in SAYS_MORE or ask.own_fields:
        return None
    *earlier, last = ask.body["messages"]
    prompt = _text_of(last)
    if prompt is None or not prompt.strip() or len(prompt) > MAX_PROMPT_CHARS:
        return None
    if not tools and _has_tools(ask) and any(turn.get("role") not in _INSTRUCTIONS for turn in earlier):
        return None
    body = counting(ask.body) | {"messages": [*earlier, {**last, "content": None}]}
    bucket = bucket_key(scope, ask, facts, body)
    return Question(bucket, scope.tenant, ask.model, prompt) if bucket is not None else None


def _has_tools(ask: Ask) -> bool:
    return bool(ask.body.get("tools") or ask.body.get("functions"))


def _text_of(message: dict[str, Any]) -> str | None:
    """What a user said, if it is nothing but text."""
    if message.get("role") != "user":
        return None
    content = message.get("content")
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return None
    texts = [part.get("text") for part in content if isinstance(part, dict) and part.keys() <= {"type", "text"}]
    whole = len(texts) == len(content) and all(isinstance(text, str) for text in texts)
    return "\n".join(str(text) for text in texts) if whole else None
