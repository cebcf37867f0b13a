"""Error replies of providers: what they count as, how long to wait, and that no key gets into a message."""

import time
from collections.abc import Callable, Iterator
from email.utils import formatdate

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import (
    GatewayError,
    UpstreamContextExceeded,
    UpstreamError,
    UpstreamLacksModel,
    UpstreamRateLimited,
    UpstreamRefusedKey,
    UpstreamRejected,
)
from ai_dashboard.dialects.anthropic import errors as anthropic_errors
from ai_dashboard.dialects.anthropic import replies as anthropic
from ai_dashboard.dialects.google import errors as google_errors
from ai_dashboard.dialects.google import replies as google
from ai_dashboard.dialects.ollama import lines as ollama
from ai_dashboard.dialects.openai import tap as openai
from ai_dashboard.dialects.refusals import MAX_MESSAGE, message_of, refusal, retry_after, status_of

NOW = 1_800_000_000.0


def headers(**values: str) -> Callable[[str], str | None]:
    return {name.replace("_", "-"): value for name, value in values.items()}.get


@pytest.mark.parametrize(
    ("status", "kind", "falls_over", "blames"),
    [
        (400, UpstreamRejected, False, False),
        (401, UpstreamRefusedKey, True, True),
        (402, UpstreamError, True, True),
        (403, UpstreamRefusedKey, True, True),
        (404, UpstreamLacksModel, True, False),
        (405, UpstreamError, True, True),
        (408, UpstreamError, True, True),
        (409, UpstreamError, True, True),
        (413, UpstreamRejected, False, False),
        (422, UpstreamRejected, False, False),
        (425, UpstreamError, True, True),
        (429, UpstreamRateLimited, True, True),
        (500, UpstreamError, True, True),
        (503, UpstreamError, True, True),
        (529, UpstreamError, True, True),
    ],
)
def test_what_a_status_counts_as(status: int, kind: type[UpstreamError], falls_over: bool, blames: bool) -> None:
    error = refusal(status, headers(), b'{"error":{"message":"why"}}', now_unix_s=NOW)
    assert type(error) is kind
    assert (error.upstream_status, error.falls_over, error.blames) == (status, falls_over, blames)
    assert error.message == f"HTTP {status}: why"


def test_a_refused_ask_goes_back_as_it_came() -> None:
    error = refusal(422, headers(content_type="application/problem+json"), b'{"detail":"no"}', now_unix_s=NOW)
    assert isinstance(error, UpstreamRejected)
    assert (error.body, error.content_type) == (b'{"detail":"no"}', "application/problem+json")


@pytest.mark.parametrize("status", [408, 429, 503])
def test_how_long_to_wait_is_kept(status: int) -> None:
    assert refusal(status, headers(retry_after="7"), b"", now_unix_s=NOW).retry_after_s == 7


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        ({}, None),
        ({"retry_after": "0"}, 0.0),
        ({"retry_after": "30"}, 30.0),
        ({"retry_after": " 1.5 "}, 1.5),
        ({"retry_after_ms": "250"}, 0.25),
        ({"retry_after_ms": "250", "retry_after": "9"}, 0.25),
        ({"retry_after": formatdate(NOW + 60, usegmt=True)}, 60.0),
        ({"retry_after": "Fri, 15 Jan 2027 08:01:00 GMT"}, 60.0),
        ({"retry_after": "Fri, 15 Jan 2027 08:01:00 -0000"}, 60.0),
        ({"retry_after": "Fri Jan 15 08:01:00 2027"}, 60.0),
        ({"retry_after": formatdate(NOW - 60, usegmt=True)}, None),
        ({"retry_after": "-5"}, None),
        ({"retry_after": "nan"}, None),
        ({"retry_after": "inf"}, None),
        ({"retry_after": "soon"}, None),
        ({"retry_after": ""}, None),
        ({"retry_after": "Mon, 01 Jan 99999 00:00:00 GMT"}, None),
        ({"retry_after": "Mon, 01 Jan 2027 00:00:00 +9999"}, None),
    ],
)
def test_retry_after(values: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers(**values), now_unix_s=NOW) == seconds


@pytest.fixture
def far_from_greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_from_greenwich")
@pytest.mark.parametrize("value", ["Fri, 15 Jan 2027 08:01:00 GMT", "Fri Jan 15 08:01:00 2027"])
def test_a_date_is_utc_wherever_this_machine_is(value: str) -> None:
    assert retry_after(headers(retry_after=value), now_unix_s=NOW) == 60


@given(
    st.text(max_size=40) | st.from_regex(r"\w{3}, \d{1,6} \w{3} \d{1,5} \d\d?:\d\d?:\d\d? [+-]?\w{1,6}", fullmatch=True)
)
def test_any_retry_after_is_understood_or_passed_over(value: str) -> None:
    seconds = retry_after(headers(retry_after=value), now_unix_s=NOW)
    assert seconds is None or 0 <= seconds < float("inf")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error":{"message":"too  much\\n noise"}}', "too much noise"),
        (b'{"error":"model is loading"}', "model is loading"),
        (b'{"message":"Unauthorized"}', "Unauthorized"),
        (b'{"detail":"Not found"}', "Not found"),
        (b'[{"error":{"message":"API key not valid"}}]', "API key not valid"),
        (b'"plain"', "plain"),
        (b"plain text", "plain text"),
        (b"<!DOCTYPE html><html>", "an HTML page"),
        (b"\n <html>", "an HTML page"),
        (b'{"detail":[{"loc":["body"]}]}', '{"detail":[{"loc":["body"]}]}'),
        (b"[]", "[]"),
        (b"", "no message"),
        (b'{"error":{"message":" "}}', "no message"),
        (b"\xff\xfe", "��"),
    ],
)
def test_the_providers_own_words(body: bytes, message: str) -> None:
    assert message_of(body) == message


@given(st.binary(max_size=60))
def test_any_body_gives_a_message(body: bytes) -> None:
    assert message_of(body)


def test_a_body_that_is_nested_deeply_gives_a_message() -> None:
    assert message_of(b"[" * 500 + b"]" * 500).startswith("[[[")


def test_long_messages_are_shortened() -> None:
    assert message_of(b"word " * 1000) == ("word " * 1000)[:MAX_MESSAGE] + "…"


PREFIXES = (
    "sk-",
    "sk-proj-",
    "sk-ant-api03-",
    "sk-or-v1-",
    "gsk_",
    "xai-",
    "hf_",
    "nvapi-",
    "pplx-",
    "AIza",
    "Bearer ",
)
TAIL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
tails = st.text(TAIL, min_size=6, max_size=60)
prose = st.text(" abc:=\"'(),.{}\n", max_size=330)


@given(st.sampled_from(PREFIXES), tails, prose, prose, st.booleans())
def test_no_key_survives_in_a_message(prefix: str, tail: str, before: str, after: str, as_json: bool) -> None:
    said = f"{before} {prefix}{tail} {after}"
    message = message_of(orjson.dumps({"error": {"message": said}}) if as_json else said.encode())
    shown = message.partition(prefix.strip())[2]
    assert tail not in message
    assert not shown.lstrip().startswith(tail[:1])


@given(st.text("abcdefghijklmnopqrstuvwxyzABCDEF0123456789", min_size=32, max_size=80), prose)
def test_no_key_without_a_prefix_survives(key: str, before: str) -> None:
    message = message_of(f"{before} [{key}]".encode())
    assert not any(key[place : place + 8] in message for place in range(len(key) - 8))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("Incorrect API key provided: sk-abcd-ef-gh-ij-kl.", "Incorrect API key provided: sk-…"),
        ("sent 'Bearer abc.def+ghi/jkl=='", "sent 'Bearer …'"),
        ("key=gsk_0123456789abcdef, code=1", "key=gsk_…, code=1"),
        ("the model meta-llama/Llama-3.3-70B-Instruct-Turbo is busy", None),
        ("risk-averse task-management on disk-usage", None),
        ("see 01234567-89ab-cdef-0123-456789abcdef", None),
    ],
)
def test_what_is_masked_and_what_is_not(said: str, message: str | None) -> None:
    assert message_of(said.encode()) == (message or said)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": "context_length_exceeded", "message": "too long"}, UpstreamContextExceeded),
        ({"code": 400, "type": "exceed_context_size_error", "n_ctx": 4096}, UpstreamContextExceeded),
        ({"code": "invalid_request", "message": "context_length_exceeded"}, UpstreamRejected),
        ({"code": ["context_length_exceeded"]}, UpstreamRejected),
        ("context_length_exceeded", UpstreamRejected),
    ],
)
def test_an_ask_that_is_too_long_is_told_by_its_code_alone(error: object, kind: type[UpstreamError]) -> None:
    body = orjson.dumps({"error": error})
    made = refusal(400, headers(), body, now_unix_s=NOW)
    assert type(made) is kind
    assert isinstance(made, UpstreamRejected)
    assert made.body == body
    assert (made.falls_over, made.blames) == (kind is UpstreamContextExceeded, False)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"too long", b'{"error": null}'])
def test_what_is_no_error_object_is_an_ordinary_refusal(body: bytes) -> None:
    assert type(refusal(400, headers(), body, now_unix_s=NOW)) is UpstreamRejected


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize(
    ("said", "may_be_repeated"),
    [({}, True), ({"retry_after": "7"}, True), ({"retry_after": "-7"}, False), ({"retry_after": "soon"}, False),
     ({"retry_after_ms": "nan"}, False), ({"retry_after_ms": "20"}, True)],
)  # fmt: skip
def test_who_says_nonsense_about_when_to_come_back_is_not_asked_again(
    status: int, said: dict[str, str], may_be_repeated: bool
) -> None:
    assert refusal(status, headers(**said), b"", now_unix_s=NOW).may_be_repeated is may_be_repeated


ERRORS_IN: tuple[Callable[[JsonObject], str | None], ...] = (
    openai.error_in, anthropic.error_in, google.error_in, ollama.error_in,
)  # fmt: skip


@pytest.mark.parametrize("error_in", ERRORS_IN)
def test_an_error_inside_a_reply_is_repeated_with_the_same_care(error_in: Callable[[JsonObject], str | None]) -> None:
    assert error_in({"error": {"message": "no\r\nway: sk-abcd-ef-gh-ij-kl"}}) == "no way: sk-…"
    assert error_in({"error": "x " * 100_000}) == "x " * (MAX_MESSAGE // 2) + "…"


@pytest.mark.parametrize("error_body", [anthropic_errors.error_body, google_errors.error_body])
def test_a_refusal_goes_on_under_the_status_that_it_came_with(
    error_body: Callable[[GatewayError, str], bytes],
) -> None:
    error = refusal(413, headers(), b"too much", now_unix_s=NOW)
    assert isinstance(error, UpstreamRejected)
    assert status_of(error) == 413
    assert status_of(refusal(500, headers(), b"", now_unix_s=NOW)) == 502
    told = orjson.loads(error_body(error, "r"))["error"]
    assert told.get("code", 413) == 413
    assert told.get("type", "request_too_large") == "request_too_large"
