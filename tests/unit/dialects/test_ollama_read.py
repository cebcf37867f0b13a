"""Ollama's asks, read into the canonical form."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import Ask, JsonObject, Target
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.kinds import KINDS
from ai_dashboard.dialects.ollama.read import only_loads, read_chat, read_generate
from ai_dashboard.dialects.ollama.write import write_chat
from ai_dashboard.dialects.openai.read import facts_of

USER = {"role": "user", "content": "hello"}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
LEAST = {"model": "m", "messages": [USER], "stream": True, "stream_options": {"include_usage": True}}


def chat(**more: object) -> Ask:
    return read_chat(Call(orjson.dumps({"model": "m", "messages": [USER], **more})))


def generate(**more: object) -> Ask:
    return read_generate(Call(orjson.dumps({"model": "m", **more})))


def test_the_least_that_can_be_asked() -> None:
    raw = b'{"model": "m", "messages": [{"role": "user", "content": "hello"}]}'
    assert read_chat(Call(raw)) == Ask(
        model="m", stream=True, body=LEAST, raw=raw, include_usage=True, form="ollama.chat"
    )


@pytest.mark.parametrize(("said", "stream"), [(True, True), (None, True), (False, False)])
def test_it_streams_unless_told_otherwise(said: bool | None, stream: bool) -> None:
    ask = chat(stream=said)
    assert ask.stream is stream
    assert ask.body["stream"] is stream
    assert ("stream_options" in ask.body) is stream


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"format": "json"}, {"response_format": {"type": "json_object"}}),
        (
            {"format": {"type": "object"}},
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "answer", "schema": {"type": "object"}},
                }
            },
        ),
        ({"format": ""}, {}),
        ({"think": True}, {"thinking": {"type": "adaptive"}}),
        ({"think": False}, {"thinking": {"type": "disabled"}}),
        ({"think": "low"}, {"reasoning_effort": "low"}),
        ({"think": "max"}, {"reasoning_effort": "xhigh"}),
        ({"think": None}, {}),
        ({"tools": [TOOL]}, {"tools": [TOOL]}),
        ({"tools": [{"function": TOOL["function"]}]}, {"tools": [TOOL]}),
        ({"tools": []}, {}),
        ({"tools": None}, {}),
        ({"keep_alive": "5m"}, {"keep_alive": "5m"}),
        ({"keep_alive": 0}, {"keep_alive": 0}),
        ({"logprobs": True, "top_logprobs": 3}, {"logprobs": True, "top_logprobs": 3}),
        ({"options": None}, {}),
        ({"options": {"temperature": 0.5, "min_p": 0, "repeat_penalty": 1.1}},
         {"temperature": 0.5, "min_p": 0, "repeat_penalty": 1.1}),
        ({"options": {"top_k": 40.0, "seed": 7.0}}, {"top_k": 40, "seed": 7}),
        ({"options": {"seed": -1}}, {}),
        ({"options": {"stop": ["END"]}}, {"stop": ["END"]}),
        ({"options": {"stop": "END"}}, {"stop": "END"}),
        ({"options": {"stop": []}}, {}),
        ({"options": {"num_predict": 9}}, {"max_tokens": 9}),
        ({"options": {"num_predict": -1}}, {}),
        ({"options": {"num_ctx": 8192, "mirostat": 1, "num_gpu": None}}, {"options": {"num_ctx": 8192, "mirostat": 1}}),
    ],
)  # fmt: skip
def test_fields(asked: JsonObject, expected: JsonObject) -> None:
    ask = chat(**asked)
    assert {name: value for name, value in ask.body.items() if name not in LEAST} == expected
    assert ask.own_fields == ()


@pytest.mark.parametrize(
    ("asked", "own"),
    [
        ({"truncate": False}, ("truncate",)),
        ({"truncate": True, "shift": True}, ()),
        ({"shift": False, "unheard_of": 1}, ("shift", "unheard_of")),
        ({"_debug_render_only": True}, ("_debug_render_only",)),
        ({"unheard_of": None, "raw": False}, ()),
    ],
)
def test_what_only_ollama_understands_is_named(asked: JsonObject, own: tuple[str, ...]) -> None:
    ask = chat(**asked)
    assert ask.own_fields == own
    assert not set(own) & ask.body.keys()


def test_wishes_that_the_gateway_hears() -> None:
    ask = chat(capability="code", strict=True)
    assert (ask.capability, ask.strict, ask.own_fields) == ("code", True, ())
    assert chat(strict=False).strict is False
    assert chat().capability is None


def test_a_generated_text_is_a_conversation_of_one_prompt() -> None:
    ask = generate(prompt="hello", system="be brief", images=["iVBORw0KGgo="], options={"temperature": 1})
    assert ask.form == "ollama.generate"
    assert ask.stream is True
    assert ask.body["messages"] == [
        {"role": "system", "content": "be brief"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "hello"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
            ],
        },
    ]
    assert ask.body["temperature"] == 1
    assert facts_of(ask).needs == {"vision"}
    assert generate(prompt="hello", system="").body["messages"] == [USER]


def test_what_only_ollamas_generate_understands_is_named() -> None:
    ask = generate(prompt="p", suffix="s", raw=True, template="t", context=[1, 2], steps=4, width=0)
    assert ask.own_fields == ("suffix", "raw", "template", "context", "steps")
    assert generate(prompt="p", suffix="", raw=False, template="", context=[]).own_fields == ()


def test_an_ask_without_words_only_loads_the_model() -> None:
    assert only_loads(generate())
    assert only_loads(generate(prompt="", system="s", keep_alive=0))
    assert only_loads(read_chat(Call(b'{"model":"m"}')))
    assert only_loads(read_chat(Call(b'{"model":"m","messages":[]}')))
    assert not only_loads(chat())
    assert not only_loads(generate(prompt="a"))
    assert not only_loads(Ask("m", True, {"messages": []}, b"", True))


def test_arguments_keep_the_digits_that_they_were_written_with() -> None:
    arguments = '{"id":123456789012345678901234567890,"x":1.10}'
    call = f'{{"role":"assistant","tool_calls":[{{"function":{{"name":"f","arguments":{arguments}}}}}]}}'
    (message,) = read_chat(Call(f'{{"model":"m","messages":[{call}]}}'.encode())).body["messages"]
    assert message["tool_calls"][0]["function"]["arguments"] == arguments


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"model": None}, "`model` is missing"),
        ({"model": " "}, "`model` is missing"),
        ({"model": "m" * 600}, "`model` is longer"),
        ({"messages": "hello"}, "`messages` is not a list"),
        ({"stream": "yes"}, "`stream`"),
        ({"tools": {}}, "`tools`"),
        ({"tools": ["f"]}, "`tools`"),
        ({"format": 5}, "`format`"),
        ({"format": "yaml"}, "`format`"),
        ({"think": "a lot"}, "`think`"),
        ({"think": 1}, "`think`"),
        ({"options": []}, "`options` is not an object"),
        ({"options": {"temperature": "hot"}}, "`options.temperature` is not a number"),
        ({"options": {"num_predict": True}}, "`options.num_predict` is not a number"),
        ({"options": {"seed": 1e30}}, "`options.seed` is larger"),
        ({"options": {"stop": 5}}, "`options.stop`"),
        ({"options": {"stop": [5]}}, "`options.stop`"),
        ({"capability": 5}, "`capability`"),
    ],
)
def test_what_cannot_be_read_is_named(asked: dict[str, Any], reason: str) -> None:
    with pytest.raises(CallerError, match=reason):
        chat(**asked)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [({"prompt": 5}, "`prompt`"), ({"prompt": "a", "system": []}, "`system`"), ({"images": [5]}, r"`images\[0\]`")],
)
def test_what_cannot_be_generated_is_named(asked: dict[str, Any], reason: str) -> None:
    with pytest.raises(CallerError, match=reason):
        generate(**asked)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON"),
        (b'{"model": NaN}', r"line 1, column"),
        (b"\xff", "not JSON"),
        (b"[]", "a list and not an object"),
        (b"[" * 10_000, "not JSON"),
    ],
)
def test_broken_json_is_placed(raw: bytes, reason: str) -> None:
    for read in (read_chat, read_generate):
        with pytest.raises(CallerError, match=reason):
            read(Call(raw))


CHAT_NAMES = ("messages", "stream", "format", "options", "think", "keep_alive", "tools", "prompt", "system", "images")
INNER_NAMES = (
    "role",
    "content",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "id",
    "tool_name",
    "stop",
    "num_predict",
)
NAMES = st.sampled_from((*CHAT_NAMES, *INNER_NAMES))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)


@given(st.dictionaries(NAMES, JSON, max_size=8))
def test_no_json_crashes_it(body: JsonObject) -> None:
    raw = json.dumps({"model": "m"} | body).encode()
    for read in (read_chat, read_generate):
        try:
            ask = read(Call(raw))
        except CallerError:
            continue
        facts_of(ask)


TEXT = st.text(max_size=20)
CALLS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.uuids().map(str),
            "function": st.fixed_dictionaries(
                {
                    "name": st.sampled_from("fgh"),
                    "arguments": st.dictionaries(TEXT, st.integers(-9, 9) | TEXT, max_size=2),
                }
            ),
        }
    ),
    min_size=1,
    max_size=2,
)
MESSAGES = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "system"]), "content": TEXT})
    | st.fixed_dictionaries({"role": st.just("user"), "content": TEXT, "images": st.just(["iVBORw0KGgo="])})
    | st.fixed_dictionaries({"role": st.just("assistant"), "content": TEXT, "thinking": TEXT.filter(bool)})
    | st.fixed_dictionaries({"role": st.just("assistant"), "content": TEXT, "tool_calls": CALLS}),
    min_size=1,
    max_size=5,
)
OPTIONS = st.fixed_dictionaries(
    {"num_ctx": st.just(8192)},
    optional={
        "temperature": st.floats(0, 2),
        "top_k": st.integers(1, 100),
        "seed": st.integers(0, 1000),
        "stop": st.lists(TEXT, min_size=1, max_size=2),
        "num_predict": st.integers(1, 100),
        "mirostat": st.just(1),
    },
)


@given(MESSAGES, OPTIONS, st.sampled_from(["json", {"type": "object"}]), st.sampled_from(["low", "high", "max", False]))
def test_through_the_canonical_form_and_back_nothing_is_lost(
    messages: list[JsonObject], options: JsonObject, wanted: object, think: object
) -> None:
    asked = {"messages": messages, "tools": [TOOL], "options": options, "format": wanted, "think": think}
    ask = read_chat(Call(orjson.dumps({"model": "m", **asked})))
    foreign = Ask(ask.model, ask.stream, ask.body, ask.raw, ask.include_usage, form="openai.chat")
    written = write_chat(foreign, Target("p", "ollama", "m"), KINDS["ollama"])
    assert written.warnings == ()
    assert orjson.loads(written.request.body) == {"model": "m", "stream": True, **asked}
