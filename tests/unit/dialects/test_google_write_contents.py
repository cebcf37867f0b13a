"""Canonical messages as contents: turns that alternate, results that name their tools, signatures where they belong."""

from typing import Any

import orjson
import pytest

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.google.families import family_of
from ai_dashboard.dialects.google.signatures import UNSIGNED
from ai_dashboard.dialects.google.write_contents import MOVED, NO_USER, NOT_JSON, write_contents

HI = {"role": "user", "content": "Hi"}
SYSTEM = {"role": "system", "content": "Be kind."}
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
INLINE = {"inlineData": {"mimeType": "image/png", "data": "AA=="}}


def written(*messages: JsonObject, model: str = "gemini-2.5-flash", warnings: tuple[str, ...] = ()) -> dict[str, Any]:
    said: list[str] = []
    body = write_contents(list(messages), family_of(model), said)
    assert tuple(said) == warnings
    return dict(orjson.loads(orjson.dumps(body)))


def contents(*messages: JsonObject, model: str = "gemini-2.5-flash", warnings: tuple[str, ...] = ()) -> list[Any]:
    return list(written(*messages, model=model, warnings=warnings)["contents"])


def called(*calls: JsonObject, **more: object) -> JsonObject:
    return {"role": "assistant", "content": None, "tool_calls": list(calls), **more}


def call(call_id: str, name: str, arguments: str = "{}", **more: object) -> JsonObject:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}, **more}


def result(call_id: str, content: object, **more: object) -> JsonObject:
    return {"role": "tool", "tool_call_id": call_id, "content": content, **more}


def test_turns_of_one_side_are_one_content_and_system_prompts_stand_apart() -> None:
    body = written(SYSTEM, {"role": "developer", "content": [{"type": "text", "text": "Short."}]}, HI, HI)
    assert body == {
        "systemInstruction": {"parts": [{"text": "Be kind."}, {"text": "Short."}]},
        "contents": [{"role": "user", "parts": [{"text": "Hi"}, {"text": "Hi"}]}],
    }


def test_a_system_prompt_in_the_conversation_moves_to_its_front() -> None:
    assert written(HI, SYSTEM, warnings=(MOVED,))["systemInstruction"] == {"parts": [{"text": "Be kind."}]}


def test_a_system_prompt_alone_is_sent_as_the_users() -> None:
    assert written(SYSTEM, warnings=(NO_USER,)) == {"contents": [{"role": "user", "parts": [{"text": "Be kind."}]}]}


def test_calls_and_results_in_parallel() -> None:
    turns = contents(
        HI,
        called(call("a", "f", '{"n":1234567890123456789}'), call("b", "g", "")),
        result("b", "sunny"),
        result("a", '{"t": 1}'),
        {"role": "user", "content": "and?"},
    )
    assert [turn["role"] for turn in turns] == ["user", "model", "user"]
    assert turns[1]["parts"] == [
        {"functionCall": {"id": "a", "name": "f", "args": {"n": 1234567890123456789}}},
        {"functionCall": {"id": "b", "name": "g", "args": {}}},
    ]
    assert turns[2]["parts"] == [
        {"functionResponse": {"id": "b", "name": "g", "response": {"output": "sunny"}}},
        {"functionResponse": {"id": "a", "name": "f", "response": {"t": 1}}},
        {"text": "and?"},
    ]


def test_digits_of_arguments_and_results_stay() -> None:
    body = write_contents([HI, called(call("a", "f", '{"n":1.50}')), result("a", '{"m":2.50}')], family_of("m"), [])
    assert b'{"n":1.50}' in orjson.dumps(body)
    assert b'{"m":2.50}' in orjson.dumps(body)


@pytest.mark.parametrize(
    ("content", "more", "response"),
    [
        ("no", {"is_error": True}, {"error": "no"}),
        ("[1]", {}, {"output": "[1]"}),
        ("{oops", {}, {"output": "{oops"}),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], {}, {"output": "a\nb"}),
        (None, {}, {"output": ""}),
    ],
)
def test_what_a_tool_returned(content: object, more: JsonObject, response: JsonObject) -> None:
    part = contents(HI, called(call("a", "f")), result("a", content, **more))[2]["parts"][0]
    assert part["functionResponse"]["response"] == response


def test_pictures_in_results_stand_inside_or_behind_the_last_one() -> None:
    seen = [{"type": "text", "text": "see"}, PICTURE]
    messages = (HI, called(call("a", "f"), call("b", "f")), result("a", seen), result("b", "x"), HI)
    older = contents(*messages)[2]["parts"]
    assert [next(iter(part)) for part in older] == ["functionResponse", "functionResponse", "inlineData", "text"]
    newer = contents(*messages, model="gemini-3.8-flash")[2]["parts"]
    assert newer[0]["functionResponse"]["parts"] == [INLINE]
    assert [next(iter(part)) for part in newer] == ["functionResponse", "functionResponse", "text"]
    assert contents(*messages[:3])[2]["parts"][1] == INLINE


def test_newer_models_get_a_signature_on_the_first_call_of_a_turn() -> None:
    signed = call("a", "f", extra_content={"google": {"thought_signature": "abc"}})
    older = contents(HI, called(signed, call("b", "f")))[1]["parts"]
    assert [part.get("thoughtSignature") for part in older] == ["abc", None]
    unsigned = contents(HI, called(call("a", "f"), call("b", "f")), model="gemini-3.8-flash")[1]["parts"]
    assert [part.get("thoughtSignature") for part in unsigned] == [UNSIGNED, None]
    assert contents(HI, called(signed), model="gemini-3.8-flash")[1]["parts"][0]["thoughtSignature"] == "abc"


def test_googles_thinking_goes_back_and_nobody_elses() -> None:
    blocks = [
        {"type": "thinking", "thinking": "hm", "signature": "google:abc"},
        {"type": "thinking", "thinking": "not ours", "signature": "xyz"},
        {"type": "redacted_thinking", "data": "xyz"},
        {"type": "thinking", "thinking": "", "signature": "google:def"},
    ]
    spoken = {"role": "assistant", "content": "Yes", "thinking_blocks": blocks, "reasoning_content": "hm not ours"}
    assert contents(HI, spoken)[1]["parts"] == [
        {"text": "hm", "thought": True},
        {"text": "Yes", "thoughtSignature": "def"},
    ]
    silent = called(call("a", "f"), thinking_blocks=blocks[:1])
    assert contents(HI, silent)[1]["parts"][:2] == [
        {"text": "hm", "thought": True},
        {"text": "", "thoughtSignature": "abc"},
    ]


def test_functions_as_they_were_called_before_there_were_tools() -> None:
    older = {"role": "assistant", "content": "", "function_call": {"name": "f", "arguments": '{"a":1}'}}
    turns = contents(HI, older, {"role": "function", "name": "f", "content": "x"})
    assert turns[1]["parts"] == [{"functionCall": {"name": "f", "args": {"a": 1}}}]
    assert turns[2]["parts"] == [{"functionResponse": {"name": "f", "response": {"output": "x"}}}]


def test_refusals_are_words() -> None:
    assert contents(HI, {"role": "assistant", "content": None, "refusal": "No."})[1]["parts"] == [{"text": "No."}]


def test_arguments_that_are_no_object_are_sent_as_text_and_said() -> None:
    part = contents(HI, called(call("a", "f", "{oops")), warnings=(NOT_JSON,))[1]["parts"][0]
    assert part["functionCall"]["args"] == {"arguments": "{oops"}


def test_what_google_cannot_be_told_is_said() -> None:
    written({"role": "user", "content": "Hi", "audio": {"id": "1"}, "name": "Ann"},
            warnings=("`audio` of a message is left out: Google has no such field",))  # fmt: skip


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "user", "content": ""}],
        [HI, result("nobody", "x")],
        [HI, {"role": "assistant", "tool_calls": [{"id": "a"}]}],
    ],
)
def test_what_makes_no_sense_to_send_is_refused(messages: list[JsonObject]) -> None:
    with pytest.raises(CallerError):
        write_contents(messages, family_of("m"), [])
