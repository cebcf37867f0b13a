"""The `response` object as the official client's types want it, with what it repeats of its ask."""

import orjson
import pytest
from openai.types.responses import Response

from ai_dashboard.core.chat import Ask
from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.events import FinishReason, Usage
from ai_dashboard.dialects.forms import Call, ReplyHead
from ai_dashboard.dialects.openai.responses_read import read
from ai_dashboard.dialects.openai.responses_reply import (
    CallItem,
    MessageItem,
    MessagePart,
    ReasoningItem,
    logprob_objects,
    reply_to,
)

HEAD = ReplyHead("abc", "gpt-5-2026", 1_700_000_000)
ASKED = {
    "model": "gpt-5",
    "input": "Hello",
    "instructions": "Be brief.",
    "metadata": {"a": "b"},
    "temperature": 0.5,
    "previous_response_id": "resp_0",
    "reasoning": {"effort": "low"},
    "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": True}],
    "tool_choice": {"type": "function", "name": "f"},
    "text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}},
}


@pytest.mark.parametrize(
    ("finish", "status", "reason"),
    [
        (None, "in_progress", None),
        ("stop", "completed", None),
        ("tool_calls", "completed", None),
        ("length", "incomplete", "max_output_tokens"),
        ("content_filter", "incomplete", "content_filter"),
    ],
)
def test_a_response_says_how_it_stands(finish: FinishReason | None, status: str, reason: str | None) -> None:
    reply = reply_to(read(Call(orjson.dumps(ASKED))), HEAD)
    response = Response.model_validate_json(reply.written([], finish, Usage(9, 5, 3, 2, cache_write_tokens=1)))
    assert (response.id, response.model, response.created_at) == ("resp_abc", "gpt-5-2026", 1_700_000_000)
    assert response.status == status
    assert (response.incomplete_details and response.incomplete_details.reason) == reason
    assert response.usage is not None
    assert response.usage.model_dump(exclude_none=True) == {
        "input_tokens": 9,
        "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 1},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": 14,
    }


def test_a_response_repeats_its_ask() -> None:
    body = orjson.loads(reply_to(read(Call(orjson.dumps(ASKED))), HEAD).written([]))
    repeated = {name: value for name, value in ASKED.items() if name not in ("model", "input")}
    assert {name: body[name] for name in repeated} == repeated
    assert body["usage"] is None


def test_a_response_to_an_ask_that_said_little_is_whole_all_the_same() -> None:
    response = Response.model_validate_json(reply_to(Ask("m", False, {}, b"", True), HEAD).written([], "stop"))
    assert (response.tools, response.tool_choice, response.parallel_tool_calls) == ([], "auto", True)


def test_an_ask_too_deep_to_be_repeated_is_refused() -> None:
    deep = b'{"a":' * 400 + b"1" + b"}" * 400
    raw = b'{"model":"m","input":"x","tools":[{"type":"function","name":"f","parameters":%b}]}' % deep
    with pytest.raises(CallerError, match="cannot be passed on"):
        reply_to(read(Call(raw)), HEAD)


def test_items_are_what_the_official_types_want() -> None:
    thought = ReasoningItem("rs_1", 0, ["h", "m"], signature="sig", status="completed")
    hidden = ReasoningItem("rs_2", 1, redacted="data", status="completed")
    said = MessageItem("msg_3", 2, [MessagePart(False, ["Hi"]), MessagePart(True, ["No."])], status="completed")
    call = CallItem("fc_4", 3, "call_1", "f", "mark", ["{", "}"], status="completed")
    items = [item.written() for item in (thought, hidden, said, call)]
    response = Response.model_validate_json(reply_to(Ask("m", False, {}, b"", True), HEAD).written(items, "tool_calls"))
    assert [item.type for item in response.output] == ["reasoning", "reasoning", "message", "function_call"]
    assert response.output_text == "Hi"
    assert items[0]["encrypted_content"] == "ai-dashboard/thinking/sig"
    assert items[1]["encrypted_content"] == "ai-dashboard/redacted/data"
    assert items[3]["extra_content"] == {"google": {"thought_signature": "mark"}}


def test_thinking_in_progress_does_not_say_how_it_is_sealed() -> None:
    assert "encrypted_content" not in ReasoningItem("rs_1", 0).written()


@pytest.mark.parametrize(
    ("entry", "written"),
    [
        (
            {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": [{"token": "b", "logprob": -1}]},
            {
                "token": "a",
                "logprob": -0.5,
                "bytes": [97],
                "top_logprobs": [{"token": "b", "logprob": -1, "bytes": []}],
            },
        ),
        ({}, {"token": "", "logprob": 0.0, "bytes": [], "top_logprobs": []}),
        (
            {"token": 1, "logprob": "x", "bytes": ["x"], "top_logprobs": [1], "more": [[[]]]},
            {"token": "", "logprob": 0.0, "bytes": [], "top_logprobs": []},
        ),
    ],
)
def test_logprobs_have_their_fields_and_no_others(entry: dict[str, object], written: dict[str, object]) -> None:
    assert logprob_objects((entry,)) == [written]
