"""Asks of every form, written for Google: each field is written, meant for the gateway alone, or warned about."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import Ask, JsonObject, Target
from ai_dashboard.dialects.forms import Call, Written
from ai_dashboard.dialects.google.read import read
from ai_dashboard.dialects.google.signatures import packed
from ai_dashboard.dialects.google.write import write
from ai_dashboard.dialects.kinds import KINDS

KIND = KINDS["google"]
HI = {"role": "user", "content": "Hi"}
FUNCTION = {"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}}}


def translated(**body: object) -> Written:
    canonical: JsonObject = {"model": "asked", "messages": [HI], **body}
    ask = Ask("asked", body.get("stream") is True, canonical, b"its own bytes", False)
    return write(ask, Target("p", "google", "gemini-2.5-flash"), KIND)


def body_of(written: Written) -> dict[str, Any]:
    return dict(orjson.loads(written.request.body))


def passed(raw: bytes, method: str = "generateContent") -> bytes:
    written = write(read(Call(raw, "asked", method)), Target("p", "google", "gemini-2.5-flash"), KIND)
    assert written.warnings == ()
    return written.request.body


# ── the same form ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "raw",
    [
        b'{"contents": [{"role":"model","parts":[{"text":"\\u00e9"}]}], "safetySettings" : [], "x": 1.50}',
        b'{"contents": [{"parts":[{"text":"\\"model\\" : 1"}]}]}',
    ],
)
def test_an_ask_of_this_form_goes_out_as_it_came(raw: bytes) -> None:
    assert passed(raw) == raw
    assert passed(raw, "streamGenerateContent") == raw


def test_what_speaks_to_the_gateway_stays_here_and_the_models_name_is_the_providers() -> None:
    raw = b'{"capability":"code","strict":false,"model":"models/asked","contents":[{"parts":[{"text":"a"}]}],"x":1.50}'
    long = raw.replace(b"1.50", b"123456789012345678901")
    assert passed(long) == (
        b'{"model":"models/gemini-2.5-flash","contents":[{"parts":[{"text":"a"}]}],"x":123456789012345678901}'
    )
    assert orjson.loads(passed(raw))["x"] == 1.5


def test_thinking_of_other_providers_does_not_go_to_google() -> None:
    foreign = packed({"type": "thinking", "thinking": "hm", "signature": "abc"})
    parts = [{"thought": True, "text": "", "thought_signature": foreign}, {"text": "a", "thoughtSignature": "own"}]
    body = orjson.loads(passed(orjson.dumps({"contents": [{"role": "model", "parts": parts}]})))
    assert body == {"contents": [{"role": "model", "parts": parts[1:]}]}


# ── every other form ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_ask_of_another_form_is_written_anew() -> None:
    written = translated(
        stream=True, max_tokens=5, tools=[{"type": "function", "function": FUNCTION}], service_tier="flex",
        stream_options={"include_usage": True}, capability="code", strict=True,
    )  # fmt: skip
    assert written.warnings == ()
    assert written.request.path == "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"
    assert body_of(written) == {
        "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
        "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": FUNCTION["parameters"]}]}],
        "generationConfig": {"maxOutputTokens": 5},
        "serviceTier": "flex",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("min_p", 0.1), ("repeat_penalty", 1.1), ("keep_alive", "5m"), ("options", {"num_ctx": 1}), ("user", "ann"),
        ("logit_bias", {"5": 1}), ("metadata", {"a": "b"}), ("service_tier", "gold"), ("verbosity", "low"),
        ("store", True), ("modalities", ["text", "audio"]), ("prediction", {"a": 1}), ("unknown", 1),
    ],
)  # fmt: skip
def test_what_google_cannot_be_told_is_said(name: str, value: object) -> None:
    written = translated(**{name: value})
    assert len(written.warnings) == 1
    assert written.warnings[0].startswith(f"`{name}` is left out: Google has no such")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("min_p", 0), ("repeat_penalty", 1), ("options", {}), ("logit_bias", {}), ("service_tier", "auto"),
        ("user", None), ("store", False), ("modalities", ["text"]), ("parallel_tool_calls", True), ("n", 1),
    ],
)  # fmt: skip
def test_what_asks_for_nothing_is_left_out_without_a_word(name: str, value: object) -> None:
    written = translated(**{name: value})
    assert (written.warnings, list(body_of(written))) == ((), ["contents"])


def test_the_same_is_said_once() -> None:
    marked = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}
    assert len(translated(messages=[{"role": "user", "content": [marked, marked]}]).warnings) == 1


# ── there and back ───────────────────────────────────────────────────────────────────────────────────────────────────

words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)
names = st.sampled_from(("f", "g", "h"))
arguments = st.dictionaries(words, st.one_of(st.integers(-(2**53), 2**53), words, st.booleans()), max_size=3)
pictures = st.sampled_from(
    ("data:image/png;base64,AA==", "data:image/jpeg;base64,_w==", "https://a.example/b.png")
).map(lambda url: {"type": "image_url", "image_url": {"url": url.replace("_", "/")}})
texts = words.map(lambda text: {"type": "text", "text": text})
users = st.one_of(words, st.lists(st.one_of(texts, pictures), min_size=2, max_size=3)).map(
    lambda content: {"role": "user", "content": content}
)


@st.composite
def conversations(draw: st.DrawFn) -> list[JsonObject]:
    messages: list[JsonObject] = [{"role": "system", "content": prompt} for prompt in draw(st.lists(words, max_size=2))]
    made = 0
    for _ in range(draw(st.integers(1, 3))):
        messages.append(draw(users))
        answer: JsonObject = {"role": "assistant", "content": draw(words)}
        if draw(st.booleans()):
            thinking = draw(words)
            answer["thinking_blocks"] = [{"type": "thinking", "thinking": thinking, "signature": "google:abcd"}]
            answer["reasoning_content"] = thinking
        calls = draw(st.lists(st.tuples(names, arguments), max_size=2))
        if calls:
            answer["tool_calls"] = [
                {"id": f"c{made + place}", "type": "function",
                 "function": {"name": name, "arguments": orjson.dumps(given).decode()}}
                for place, (name, given) in enumerate(calls)
            ]  # fmt: skip
        messages.append(answer)
        for place, (name, _) in enumerate(calls):
            told: JsonObject = {
                "role": "tool",
                "tool_call_id": f"c{made + place}",
                "name": name,
                "content": draw(words),
            }
            messages.append(told | ({"is_error": True} if draw(st.booleans()) else {}))
        made += len(calls)
    return [*messages, {"role": "user", "content": draw(words)}]


def shape(messages: list[JsonObject]) -> list[JsonObject]:
    """Messages without what has more than one spelling: what users say in a row is one content, and thinking a part."""
    return [
        message
        | ({"content": [{"type": "text", "text": message["content"]}]} if isinstance(message["content"], str) else {})
        for message in messages
    ]


@given(conversations())
def test_a_conversation_comes_back_as_it_was(messages: list[JsonObject]) -> None:
    written = translated(messages=messages)
    assert written.warnings == ()
    back = read(Call(written.request.body, "m"))
    assert back.own_fields == ()
    assert shape(back.body["messages"]) == shape(messages)


said = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.floats(0, 2), "top_p": st.floats(0, 1), "top_k": st.integers(1, 100),
        "seed": st.integers(0, 2**31 - 1),
        "max_tokens": st.integers(1, 10**6), "n": st.integers(2, 8), "stop": st.lists(words, min_size=1, max_size=5),
        "presence_penalty": st.floats(-2, 2), "frequency_penalty": st.floats(-2, 2), "logprobs": st.just(True),
        "top_logprobs": st.integers(1, 20), "service_tier": st.sampled_from(("flex", "priority")),
        "thinking": st.sampled_from((
            {"type": "disabled"}, {"type": "adaptive", "display": "summarized"},
            {"type": "enabled", "budget_tokens": 2000, "display": "omitted"},
        )),
        "response_format": st.sampled_from((
            {"type": "json_object"},
            {"type": "json_schema", "json_schema": {"name": "response", "schema": {"type": "array"}}},
        )),
    },
)  # fmt: skip


@given(said, st.sampled_from(("none", "required", {"type": "function", "function": {"name": "f"}}, None)))
def test_every_wish_comes_back_as_it_was(wishes: JsonObject, choice: object) -> None:
    assert wished(wishes) == wishes
    chosen: JsonObject = {"tools": [{"type": "function", "function": FUNCTION}]}
    if choice is not None:
        chosen["tool_choice"] = choice
    assert wished(chosen) == chosen


def wished(wishes: JsonObject) -> JsonObject:
    written = translated(**wishes)
    assert written.warnings == ()
    body = read(Call(written.request.body, "m")).body
    return {name: value for name, value in body.items() if name not in ("model", "messages")}
