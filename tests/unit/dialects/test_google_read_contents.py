"""Contents as canonical messages: who called what, what came back, and who thought what."""

import pytest

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.google.read_contents import read_contents
from ai_dashboard.dialects.google.signatures import UNSIGNED, packed

USER = {"role": "user", "parts": [{"text": "Hi"}]}
HI = {"role": "user", "content": "Hi"}
FOREIGN = {"type": "thinking", "thinking": "all of it", "signature": "s+/="}


def read(*contents: JsonObject, own: set[str] | None = None, **more: object) -> list[JsonObject]:
    named: set[str] = set()
    messages = read_contents({"contents": list(contents), **more}, named)
    assert named == (own or set())
    return messages


def model(*parts: JsonObject) -> JsonObject:
    return {"role": "model", "parts": list(parts)}


def user(*parts: JsonObject) -> JsonObject:
    return {"role": "user", "parts": list(parts)}


def call(name: str, call_id: str | None = None, **more: object) -> JsonObject:
    return {"functionCall": {"name": name, "args": {"a": 1}} | ({} if call_id is None else {"id": call_id}), **more}


def result(name: str, response: object, call_id: str | None = None, **more: object) -> JsonObject:
    identified = {} if call_id is None else {"id": call_id}
    return {"functionResponse": {"name": name, "response": response, **identified, **more}}


def made(call_id: str, name: str) -> JsonObject:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": '{"a":1}'}}


@pytest.mark.parametrize(
    "instruction",
    [
        "Be kind.", {"parts": [{"text": "Be kind."}]}, {"parts": {"text": "Be kind."}},
        {"role": "user", "parts": [{"text": "Be kind."}]},
    ],
)  # fmt: skip
def test_the_systems_instruction_comes_first(instruction: object) -> None:
    assert read(USER, systemInstruction=instruction) == [{"role": "system", "content": "Be kind."}, HI]


def test_each_part_of_the_instruction_is_a_prompt_of_its_own() -> None:
    messages = read(USER, systemInstruction={"parts": [{"text": "a"}, {"text": "b"}]})
    assert [message["content"] for message in messages] == ["a", "b", "Hi"]


def test_one_content_and_one_part_need_no_list() -> None:
    assert read_contents({"contents": {"parts": {"text": "Hi"}}}, set()) == [HI]


def test_results_find_their_calls_by_id_or_by_name_in_order() -> None:
    messages = read(
        USER,
        model(call("f"), call("f"), call("g", "mine"), call("f", "mine")),
        user(result("f", {}), result("g", {}, "mine"), result("f", {}), result("f", {}), result("h", {})),
    )
    assert [made["id"] for made in messages[1]["tool_calls"]] == ["call_0", "call_1", "mine", "call_2"]
    assert [message["tool_call_id"] for message in messages[2:]] == ["call_0", "mine", "call_1", "call_2", "call_3"]
    assert {message["role"] for message in messages[2:]} == {"tool"}


def test_an_id_that_was_answered_is_not_given_out_by_name() -> None:
    messages = read(USER, model(call("f", "a"), call("f", "b")), user(result("f", {}, "a"), result("f", {})))
    assert [message["tool_call_id"] for message in messages[2:]] == ["a", "b"]


@pytest.mark.parametrize(
    ("response", "content", "failed"),
    [
        ({"output": "sunny"}, "sunny", False),
        ({"error": "no"}, "no", True),
        ({"output": "a", "b": 1}, '{"output":"a","b":1}', False),
        ({"output": [1]}, '{"output":[1]}', False),
        ({"result": "x"}, '{"result":"x"}', False),
        (None, "{}", False),
    ],
)
def test_what_a_tool_returned(response: object, content: str, failed: bool) -> None:
    told = read(USER, model(call("f")), user(result("f", response)))[2]
    assert told == {"role": "tool", "tool_call_id": "call_0", "name": "f", "content": content} | (
        {"is_error": True} if failed else {}
    )


def test_results_may_hold_pictures_and_words_may_follow() -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "AA=="}}
    messages = read(USER, model(call("f")), user({"text": "and?"}, result("f", {"output": "see"}, parts=[picture])))
    shown = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    assert messages[2]["content"] == [{"type": "text", "text": "see"}, shown]
    assert messages[3] == {"role": "user", "content": "and?"}


def test_calls_keep_their_signatures_but_for_the_one_that_says_there_is_none() -> None:
    message = read(USER, model(call("f", thoughtSignature="abc"), call("g", thoughtSignature=UNSIGNED)))[1]
    signed = made("call_0", "f") | {"extra_content": {"google": {"thought_signature": "abc"}}}
    assert message == {"role": "assistant", "content": None, "tool_calls": [signed, made("call_1", "g")]}


def test_thinking_is_a_block_until_it_is_signed() -> None:
    message = read(
        USER,
        model({"text": "hm", "thought": True}, {"text": " so", "thought": True}, {"text": "Yes"}),
        model({"text": "!"}, {"text": "", "thoughtSignature": "abc"}),
        model({"text": "later", "thought": True}),
    )[1]
    assert message == {
        "role": "assistant",
        "content": "Yes!",
        "thinking_blocks": [
            {"type": "thinking", "thinking": "hm so", "signature": "google:abc"},
            {"type": "thinking", "thinking": "later", "signature": ""},
        ],
        "reasoning_content": "hm solater",
    }


def test_a_foreign_block_stands_for_what_was_shown_of_it() -> None:
    signed = {"thought": True, "thoughtSignature": packed(FOREIGN)}
    message = read(USER, model({"text": "all of", "thought": True}, signed, {"text": "Yes"}))[1]
    assert message["thinking_blocks"] == [FOREIGN]


def test_what_only_google_knows_is_named() -> None:
    parts: list[JsonObject] = [
        {"executableCode": {"code": "1"}},
        {"text": "a"},
        call("f") | {"functionCall": {"name": "f", "willContinue": True}},
    ]
    messages = read(USER, model(*parts), own={"parts.executableCode", "functionCall.willContinue"})
    assert messages[1]["content"] == "a"
    read(user(result("f", {}, scheduling="SILENT")), own={"functionResponse.scheduling"})


@pytest.mark.parametrize(
    ("contents", "where"),
    [
        (None, "`contents`"), ([], "`contents`"), (5, "`contents`"), ([5], r"`contents\[0\]`"),
        ([{"role": "robot"}], r"`contents\[0\].role`"),
        ([{"parts": 5}], r"`contents\[0\].parts`"),
        ([{"parts": [{"text": 5}]}], r"`contents\[0\].parts\[0\].text`"),
        ([user(call("f"))], r"functionCall` is not in a content whose role is model"),
        ([model({"functionCall": {"name": 5}})], r"functionCall.name`"),
        ([model({"functionCall": {"name": "f", "args": []}})], r"functionCall.args`"),
        ([user(result("f", []))], r"functionResponse.response`"),
    ],
)  # fmt: skip
def test_what_is_no_content_is_refused_by_name(contents: object, where: str) -> None:
    with pytest.raises(CallerError, match=where):
        read_contents({"contents": contents}, set())


def test_empty_contents_are_empty_messages() -> None:
    assert read({"role": "user"}, {"role": "model", "parts": [{}]}) == [
        {"role": "user", "content": ""},
        {"role": "assistant", "content": ""},
    ]


def test_a_system_content_is_a_system_message() -> None:
    assert read({"role": "system", "parts": [{"text": "a"}]}, USER)[0] == {"role": "system", "content": "a"}
