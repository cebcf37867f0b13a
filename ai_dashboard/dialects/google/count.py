"""Counting the tokens of an ask without asking anybody (`countTokens`).

No tokeniser is here, so the figure is an estimate by length, the same that routing goes by.
"""

import orjson

from ai_dashboard.core.chat import Ask
from ai_dashboard.dialects.body import encode
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.google.fields import camel, object_at
from ai_dashboard.dialects.google.read import read as read_generate
from ai_dashboard.dialects.openai.read import facts_of, parse_object


def read(call: Call) -> Ask:
    """The ask whose tokens are to be counted: its contents alone, or all of it as `generateContentRequest`."""
    inner = camel(parse_object(call.raw)).get("generateContentRequest")
    raw = call.raw if inner is None else encode(object_at(inner, "generateContentRequest"))
    return read_generate(Call(raw, call.model, "generateContent", call.headers))


def reply(ask: Ask) -> bytes:
    """The body of the reply, with about as many tokens as the ask has."""
    tokens = facts_of(ask).prompt_tokens
    return orjson.dumps({"totalTokens": tokens, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": tokens}]})
