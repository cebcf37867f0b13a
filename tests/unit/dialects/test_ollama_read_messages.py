"""Ollama's messages, read into the canonical form."""

from base64 import b64encode

import orjson
import pytest

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.ollama.read_messages import read_messages, user_message


def call(name: str, arguments: object = None, call_id: str | None = None) -> JsonObject:
    entry: JsonObject = {"function": {"name": name, "arguments": arguments}}
    return entry if call_id is None else {"id": call_id, **entry}


def asked(*calls: JsonObject) -> JsonObject:
    return {"role": "assistant", "tool_calls": list(calls)}


def result(name: str = "", call_id: str = "", **more: object) -> JsonObject:
    said = {"tool_name": name, "tool_call_id": call_id}
    return {"role": "tool", "content": "1", **{key: value for key, value in said.items() if value}, **more}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"role": "user", "content": "hi"}, {"role": "user", "content": "hi"}),
        ({"role": "USER", "content": None}, {"role": "user", "content": ""}),
        ({"role": "user"}, {"role": "user", "content": ""}),
        ({"role": "user", "content": "hi", "images": []}, {"role": "user", "content": "hi"}),
        (
            {"role": "assistant", "content": "so", "thinking": "hm"},
            {"role": "assistant", "content": "so", "reasoning_content": "hm"},
        ),
        ({"role": "assistant", "thinking": 5, "tool_calls": []}, {"role": "assistant", "content": ""}),
    ],
)
def test_messages(given: JsonObject, expected: JsonObject) -> None:
    assert read_messages([given]) == [expected]


def test_no_messages() -> None:
    assert read_messages(None) == []
    assert read_messages([]) == []


def test_calls_become_text_with_an_id_that_depends_on_their_place() -> None:
    conversation = [asked(call("f", {"x": "é"}), call("g", "[text]"), call("h"))]
    (message,) = read_messages(conversation)
    assert message["tool_calls"] == [
        {"id": "call_0", "type": "function", "function": {"name": "f", "arguments": '{"x":"é"}'}},
        {"id": "call_1", "type": "function", "function": {"name": "g", "arguments": "[text]"}},
        {"id": "call_2", "type": "function", "function": {"name": "h", "arguments": "{}"}},
    ]
    assert read_messages([*conversation, result("f")])[0] == message


def ids(*messages: JsonObject) -> list[str]:
    read = read_messages(list(messages))
    return [
        found
        for message in read
        for found in [*(call["id"] for call in message.get("tool_calls", ())), message.get("tool_call_id")]
        if found is not None
    ]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([asked(call("f"), call("g")), result("g"), result("f")], ["call_0", "call_1", "call_1", "call_0"]),
        ([asked(call("f"), call("f")), result("f"), result("f")], ["call_0", "call_1", "call_0", "call_1"]),
        ([asked(call("f"), call("g")), result(), result()], ["call_0", "call_1", "call_0", "call_1"]),
        ([asked(call("f")), result(name="f")], ["call_0", "call_0"]),
        ([asked(call("f")), {"role": "tool", "name": "f"}], ["call_0", "call_0"]),
        ([asked(call("f", None, "a"), call("f", None, "b")), result(call_id="b")], ["a", "b", "b"]),
        ([asked(call("f", None, "a")), result("f", "lost")], ["a", "a"]),
        ([asked(call("f", None, "a")), result("g", "lost")], ["a", "lost"]),
        ([asked(call("f")), result("g")], ["call_0", "call_1"]),
        ([result(), asked(call("f")), result()], ["call_0", "call_1", "call_1"]),
        ([asked(call("f", None, "call_0"), call("g"))], ["call_0", "call_1"]),
        (
            [asked(call("f", None, "a")), result(call_id="a"), asked(call("f", None, "a")), result(call_id="a")],
            ["a", "a", "call_0", "call_0"],
        ),
        ([asked(call("f", None, " "))], ["call_0"]),
    ],
)
def test_results_find_their_calls(messages: list[JsonObject], expected: list[str]) -> None:
    assert ids(*messages) == expected


def test_a_result_keeps_the_name_of_its_tool() -> None:
    assert read_messages([result("f")]) == [{"role": "tool", "content": "1", "tool_call_id": "call_0", "name": "f"}]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89PNG\r\n\x1a\nrest", "image/png"),
        (b"\xff\xd8\xff\xe0rest of it", "image/jpeg"),
        (b"GIF89a rest of it", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBP", "image/webp"),
        (b"RIFF\x00\x00\x00\x00AVI ", "application/octet-stream"),
        (b"II*\x00 rest of it", "image/tiff"),
        (b"BM rest of it all", "image/bmp"),
        (b"unheard of", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_what_an_image_is_shows_in_its_first_bytes(data: bytes, kind: str) -> None:
    text = b64encode(data).decode()
    url = {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{text}"}}
    assert user_message("what?", [text])["content"] == [{"type": "text", "text": "what?"}, url]
    assert user_message("", [text])["content"] == [url]


@pytest.mark.parametrize("url", ["data:image/png;base64,AA==", "https://example.org/a.png", "http://x/a"])
def test_an_image_that_says_what_it_is_stays_so(url: str) -> None:
    assert user_message("", [url])["content"] == [{"type": "image_url", "image_url": {"url": url}}]


def test_a_sound_among_the_images() -> None:
    data = b64encode(b"RIFF\x00\x00\x00\x00WAVEfmt ").decode()
    assert user_message("", [data])["content"] == [
        {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}
    ]


@pytest.mark.parametrize("data", ["not base64!", "é", "A", "===="])
def test_what_is_no_base64_is_passed_on_for_the_provider_to_judge(data: str) -> None:
    (part,) = user_message("", [data])["content"]
    assert part["image_url"]["url"] == f"data:application/octet-stream;base64,{data}"


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        (5, "`messages` is not a list"),
        ({}, "`messages` is not a list"),
        (["hi"], r"`messages\[0\]` is not an object"),
        ([{"content": "hi"}], r"`messages\[0\]` is not an object"),
        ([{"role": "user"}, {"role": 5}], r"`messages\[1\]`"),
        ([{"role": "user", "content": [{"type": "text"}]}], r"`messages\[0\].content`"),
        ([{"role": "user", "images": "AAAA"}], r"`messages\[0\].images` is not a list"),
        ([{"role": "user", "images": ["AAAA", 5]}], r"`messages\[0\].images\[1\]`"),
        ([{"role": "assistant", "tool_calls": 5}], r"`messages\[0\].tool_calls` is not a list"),
        ([{"role": "assistant", "tool_calls": [5]}], r"`messages\[0\].tool_calls\[0\]` has no"),
        ([{"role": "assistant", "tool_calls": [{"function": {"name": ""}}]}], r"tool_calls\[0\]` has no"),
        ([asked(call("f", [1]))], r"tool_calls\[0\].function.arguments` is not an object"),
        ([asked(call("f", {"x": orjson.loads("[" * 300 + "]" * 300)}))], "cannot be passed on"),
    ],
)
def test_what_cannot_be_read_is_named(messages: object, reason: str) -> None:
    with pytest.raises(CallerError, match=reason):
        read_messages(messages)


def test_a_long_conversation_takes_no_longer_than_its_length() -> None:
    messages = [asked(call("f")) for _ in range(20_000)] + [result("f") for _ in range(20_000)]
    assert ids(*messages)[-1] == "call_19999"
