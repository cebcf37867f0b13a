"""Asks of generateContent as canonical ones, as Google's clients really send them."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.google.read import read

CONTENTS = [{"parts": [{"text": "Hi"}], "role": "user"}]
OF_THE_SDK = (
    b'{"contents": [{"role": "user", "parts": [{"text": "hi"},'
    b' {"inlineData": {"data": "__79", "mime_type": "image/png"}}]}],'
    b' "systemInstruction": {"parts": [{"text": "be nice"}], "role": "user"}, "safetySettings": [{"category": "X"}],'
    b' "tools": [{"googleSearch": {}},'
    b' {"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "object"}}]}],'
    b' "generationConfig": {"temperature": 0.5, "topK": 40.0, "thinkingConfig": {"include_thoughts": true}}}'
)


def asked(body: object, method: str = "generateContent", model: str = "m", **headers: str) -> Ask:
    return read(Call(orjson.dumps(body), model, method, headers))


def test_an_ask_of_the_official_client() -> None:
    ask = read(Call(OF_THE_SDK, "llama3:8b", "streamGenerateContent", {"x-goog-api-client": "google-genai-sdk/3.4.0"}))
    assert (ask.model, ask.stream, ask.include_usage, ask.form, ask.headers) == (
        "llama3:8b", True, True, "google.generate", (),
    )  # fmt: skip
    assert ask.raw == OF_THE_SDK
    assert ask.own_fields == ("safetySettings", "tools.googleSearch")
    assert ask.body == {
        "model": "llama3:8b",
        "messages": [
            {"role": "system", "content": "be nice"},
            {"role": "user", "content": [
                {"type": "text", "text": "hi"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,//79"}},
            ]},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.5,
        "top_k": 40,
        "thinking": {"type": "adaptive", "display": "summarized"},
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
    }  # fmt: skip


def test_the_method_says_whether_it_is_a_stream() -> None:
    whole = asked({"contents": CONTENTS})
    assert (whole.stream, "stream" in whole.body) == (False, False)


def test_the_gateway_is_spoken_to_in_the_body_or_in_headers() -> None:
    ask = asked({"contents": CONTENTS, "capability": "code", "strict": True})
    assert (ask.capability, ask.strict, ask.body["capability"], ask.own_fields) == ("code", True, "code", ())
    said = read(Call(orjson.dumps({"contents": CONTENTS}), "m", "", {"x-capability": "code", "x-strict": "true"}))
    assert (said.capability, said.strict) == ("code", True)


def test_arguments_keep_their_digits() -> None:
    raw = b'{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":123456789012345678901}}}]}]}'
    calls = read(Call(raw, "m")).body["messages"][0]["tool_calls"]
    assert calls[0]["function"]["arguments"] == '{"a":123456789012345678901}'


@pytest.mark.parametrize(
    ("tier", "read_as", "own"),
    [("flex", "flex", ()), ("PRIORITY", "priority", ()), ("standard", None, ()), ("gold", None, ("serviceTier",))],
)
def test_service_tiers(tier: str, read_as: str | None, own: tuple[str, ...]) -> None:
    ask = asked({"contents": CONTENTS, "service_tier": tier})
    assert (ask.body.get("service_tier"), ask.own_fields) == (read_as, own)


def test_the_folder_of_a_models_name_is_not_a_part_of_it() -> None:
    assert asked({"contents": CONTENTS}, model="models/m").model == "m"


@pytest.mark.parametrize("model", ["", " ", "models/", "m" * 513])
def test_a_path_without_a_model_is_refused(model: str) -> None:
    with pytest.raises(CallerError, match="model"):
        asked({"contents": CONTENTS}, model=model)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"5",
        b'{"contents": NaN}',
        b"{",
        b"\xff",
        b"[" * 10_000,
        b'{"a":' * 5000,
        b'{"contents":[{}],"strict":1}',
    ],
)
def test_what_is_no_ask_is_refused(raw: bytes) -> None:
    with pytest.raises(CallerError):
        read(Call(raw, "m"))


def test_unknown_names_are_not_repeated_unless_they_are_plain() -> None:
    assert asked({"contents": CONTENTS, "x\r\ny": 1, "labels": {"a": "b"}, "store": None}).own_fields == (
        "(unnamed)",
        "labels",
    )


NAMES = (
    "contents", "parts", "role", "text", "inline_data", "fileData", "functionCall", "function_response", "name", "args",
    "response", "thought", "thoughtSignature", "tools", "functionDeclarations", "parameters", "type", "properties",
    "generationConfig", "thinkingConfig", "thinkingBudget", "stopSequences", "systemInstruction", "toolConfig", "mode",
    "functionCallingConfig", "id", "responseSchema", "anyOf", "items", "mimeType", "data", "temperature", "seed",
)  # fmt: skip
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(), st.text(max_size=4),
              st.sampled_from(("user", "model", "application/json", "OBJECT", "ANY"))),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)),
    max_leaves=30,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(NAMES), anything, max_size=5))
def test_no_json_breaks_it(body: dict[str, object]) -> None:
    try:
        ask = asked(body)
    except CallerError:
        return
    assert all(isinstance(message["role"], str) for message in ask.body["messages"])
    orjson.dumps(ask.body)
