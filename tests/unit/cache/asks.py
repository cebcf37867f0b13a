"""Asks in every dialect, and replies to them."""

import json
from collections.abc import Mapping
from typing import Any

from ai_dashboard.cache.entry import Entry
from ai_dashboard.cache.keys import Scope
from ai_dashboard.core.chat import Ask, Form
from ai_dashboard.core.events import Event, Finished, Started, Text, Usage
from ai_dashboard.dialects.forms import Call, ReplyHead
from ai_dashboard.dialects.registry import CALLERS, EMBED_CALLERS

SCOPE = Scope("acme", "eu")
USAGE = Usage(3, 7)
SAID: tuple[Event, ...] = (Started("m"), Text("Hello"), Text(" world"), Finished("stop"), USAGE)

FORMS: tuple[Form, ...] = ("openai.chat", "anthropic.messages", "google.generate", "ollama.chat")

SPOKEN: Mapping[Form, dict[str, Any]] = {
    "openai.chat": {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 5},
    "openai.completions": {"prompt": "Hi", "max_tokens": 5},
    "openai.responses": {"input": "Hi", "max_output_tokens": 5},
    "openai.embeddings": {"input": "Hi"},
    "anthropic.messages": {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 5},
    "google.generate": {
        "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
        "generationConfig": {"maxOutputTokens": 5, "temperature": 0},
    },
    "ollama.chat": {"messages": [{"role": "user", "content": "Hi"}], "options": {"num_predict": 5, "temperature": 0}},
    "ollama.generate": {"prompt": "Hi"},
    "ollama.embed": {"input": "Hi"},
    "ollama.embeddings": {"prompt": "Hi"},
    "google.embed": {"content": {"parts": [{"text": "Hi"}]}},
    "google.batch_embed": {"requests": [{"model": "models/m", "content": {"parts": [{"text": "Hi"}]}}]},
}


def ask(form: Form = "openai.chat", **fields: object) -> Ask:
    """An ask as its dialect reads it. Temperature is 0 and nothing is streamed, unless it is said otherwise."""
    body: dict[str, Any] = {"model": "m", **SPOKEN[form]}
    if form in ("openai.chat", "openai.completions", "openai.responses", "anthropic.messages"):
        body["temperature"] = 0
    body |= {"stream": False} if form.startswith("ollama") else {}
    body |= fields
    method = ""
    if form == "google.generate":
        method = "streamGenerateContent" if body.pop("stream", False) else "generateContent"
        body.pop("model")
    read = CALLERS[form].read if form in CALLERS else EMBED_CALLERS[form].read
    return read(Call(json.dumps(body).encode(), "m", method))


def reply(asked: Ask, events: tuple[Event, ...] = SAID, reply_id: str = "0123456789abcdef") -> bytes:
    """What a caller of this form is sent."""
    encoder = CALLERS[asked.form].encoder(asked, ReplyHead(reply_id, "m", 1_700_000_000))
    return b"".join([encoder.encode(event) for event in events]) + encoder.close()


def entry(body: bytes = b"{}", made_at: float = 0.0, ttl_s: float = 100.0, **fields: object) -> Entry:
    """An answer that is kept."""
    usual: dict[str, Any] = {
        "form": "openai.chat", "stream": False, "usage_shown": True, "answer_id": "", "provider": "p", "answered": "m",
        "usage": USAGE, "took_s": 1.0, "cost_usd": 0.5,
    }  # fmt: skip
    return Entry(body=body, made_at=made_at, expires_at=made_at + ttl_s, **usual | fields)
