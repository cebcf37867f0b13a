"""Ollama's replies, read into events."""

from collections.abc import Callable, Iterator

import pytest

from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.core.events import Event, Failed, Finished, Started, Text, Thinking, ToolCall, Usage
from ai_dashboard.dialects.ollama.reply import OllamaDecoder

Chunkings = Callable[[bytes], Iterator[list[bytes]]]


def said(message: str, more: str = "") -> bytes:
    return f'{{"model":"m","message":{{"role":"assistant",{message}}},"done":false{more}}}\n'.encode()


HELLO = said('"content":"Hé 🙂"')
DONE = b'{"model":"m","message":{"content":""},"done":true,"done_reason":"stop","prompt_eval_count":3,"eval_count":5}\n'
NAMELESS = "the provider sent a tool call without a name"
END: list[Event] = [Usage(3, 5), Finished("stop")]
CALLS = said('"content":"","tool_calls":[{"function":{"name":"f","arguments":{"x":1}}},{"function":{"name":"g"}}]')
CALL = (
    ToolCall(0, "call_r_0", "f", '{"x":1}'),
    ToolCall(1, "call_r_1", "g", "{}"),
    ToolCall(2, "call_r_2", "h", "[text]"),
)


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"", []),
        (HELLO + DONE, [Started("m"), Text("Hé 🙂"), *END]),
        ((HELLO + DONE).replace(b"\n", b"\r\n"), [Started("m"), Text("Hé 🙂"), *END]),
        ((HELLO + DONE).rstrip(), [Started("m"), Text("Hé 🙂"), *END]),
        (HELLO, [Started("m"), Text("Hé 🙂")]),
        (HELLO + DONE[:40], [Started("m"), Text("Hé 🙂")]),
        (said('"content":""') + HELLO, [Started("m"), Text("Hé 🙂")]),
        (said('"thinking":"hm","content":""') + HELLO, [Started("m"), Thinking("hm"), Text("Hé 🙂")]),
        (said('"thinking":"hm","content":"so"'), [Started("m"), Thinking("hm"), Text("so")]),
        (CALLS + DONE, [Started("m"), *CALL[:2], END[0], Finished("tool_calls")]),
        (
            CALLS + said('"tool_calls":[{"function":{"name":"h","arguments":"[text]"}}]'),
            [Started("m"), *CALL],
        ),
        (said('"tool_calls":[{"function":{}}]'), [Started("m"), Failed(NAMELESS)]),
        (said('"content":5,"thinking":[],"tool_calls":7'), [Started("m")]),
        (b'{"error":"model is loading"}\n', [Failed("model is loading")]),
        (HELLO + b'{"error":"boom"}', [Started("m"), Text("Hé 🙂"), Failed("boom")]),
        (b'{"error":{"code":5}}\n', [Failed("the provider reported an error without a message")]),
        (b'{"done":true}\n', [Started(""), Finished("stop")]),
        (b'{"done":true,"done_reason":"length","eval_count":9}\n', [Started(""), Usage(0, 9), Finished("length")]),
        (b'{"done":true,"done_reason":"load"}\n', [Started(""), Finished("stop")]),
        (b'{"done":true,"eval_count":"many","prompt_eval_count":-1}\n', [Started(""), Usage(0, 0), Finished("stop")]),
        (b'{"done":"yes"}\n', [Started("")]),
    ],
)  # fmt: skip
def test_events(stream: bytes, events: list[Event], chunkings: Chunkings) -> None:
    for chunks in chunkings(stream):
        decoder = OllamaDecoder(call_prefix="r")
        assert [*(event for chunk in chunks for event in decoder.feed(chunk)), *decoder.close()] == events


def test_arguments_that_cannot_be_written_again_are_the_providers_fault() -> None:
    deep = "[" * 400 + "]" * 400
    with pytest.raises(UpstreamInvalid, match="arguments"):
        OllamaDecoder(call_prefix="r").feed(said(f'"tool_calls":[{{"function":{{"name":"f","arguments":{deep}}}}}]'))
