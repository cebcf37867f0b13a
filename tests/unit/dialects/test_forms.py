"""What holds for every form that is spoken here, whoever wrote it."""

import json

import pytest

from ai_dashboard.core.chat import Form
from ai_dashboard.core.errors import GatewayError, ModelNotFound, Overloaded, Unauthorized, UpstreamTruncated
from ai_dashboard.dialects.forms import Call, ReplyHead
from ai_dashboard.dialects.ndjson import NdjsonDecoder
from ai_dashboard.dialects.registry import CALLERS
from ai_dashboard.dialects.sse import SseDecoder

ERRORS: list[GatewayError] = [
    Unauthorized("no key"),
    ModelNotFound("no such model", hint="look again"),
    Overloaded("too much", retry_after_s=1),
    UpstreamTruncated("cut"),
]


def test_a_call_without_headers_reads_as_one_with_none() -> None:
    assert Call(b"{}").headers.get("anything") is None


@pytest.mark.parametrize("form", CALLERS)
def test_what_keeps_a_silent_stream_alive_says_nothing(form: Form) -> None:
    caller = CALLERS[form]
    if caller.stream_type == "application/x-ndjson":
        assert NdjsonDecoder().feed(caller.keep_alive + b'{"a":1}\n') == [{"a": 1}]
    else:
        events = SseDecoder().feed(caller.keep_alive + b'data: {"a":1}\n\n')
        assert [event.data for event in events if b'"ping"' not in event.data] == [b'{"a":1}']


@pytest.mark.parametrize("form", CALLERS)
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_is_json_with_its_message_its_code_and_the_requests_id(form: Form, error: GatewayError) -> None:
    body = CALLERS[form].error_body(error, "req-1")
    assert isinstance(json.loads(body)["error"], dict | str)
    for told in (error.message, error.hint, error.code, "req-1"):
        assert told.encode() in body


@pytest.mark.parametrize("form", CALLERS)
def test_an_error_in_a_stream_is_one_whole_event(form: Form) -> None:
    caller = CALLERS[form]
    frame = caller.error_frame(UpstreamTruncated("cut"), "req-1")
    if caller.stream_type == "application/x-ndjson":
        (line,) = NdjsonDecoder().feed(frame)
        assert line["error"]
    else:
        (event,) = SseDecoder().feed(frame)
        assert b"cut" in event.data


@pytest.mark.parametrize("form", CALLERS)
def test_the_status_of_an_error_is_its_own_but_for_anthropics_overload(form: Form) -> None:
    status = CALLERS[form].status
    assert [status(error) for error in ERRORS if not isinstance(error, Overloaded)] == [401, 404, 502]
    assert status(Overloaded("too much")) == (529 if form == "anthropic.messages" else 503)


def test_a_head_is_written_into_replies_with_each_forms_own_prefix() -> None:
    head = ReplyHead("abc", "m", 1)
    assert (head.id, head.model, head.created) == ("abc", "m", 1)
