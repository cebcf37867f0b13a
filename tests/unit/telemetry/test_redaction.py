"""What is taken out of texts, what is left in, and that a stream cannot smuggle anything past in pieces."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.telemetry.redaction import fold_events, redacted_body, without_people, without_quotes, without_secrets

KEY = "sk-aid-AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHHIIIIJJJJKKK"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "secret",
    [
        KEY,
        "sk-proj-abcdefghijklmnop1234",
        "sk-ant-api03-abcdefghijklmnop",
        "AIzaSyA-1234567890abcdefghij",
        "gsk_abcdefghijklmnop",
        "hf_abcdefghijklmnop",
        "ghp_abcdefghijklmnop",
        "github_pat_11ABCDEFG_abcdefghij",
        "xoxb-1234567890-abcdef",
        "AKIAIOSFODNN7EXAMPLE",
        JWT,
        "eyJabcd.efgh.",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nMIIEow and no end",
    ],
)
def test_keys_are_masked_wherever_they_stand(secret: str) -> None:
    for text in (secret, f"my key is {secret}", f'{{"a":"{secret}"}}', f"?key={secret}"):
        assert secret not in without_secrets(text)


def test_what_follows_bearer_is_masked() -> None:
    assert without_secrets("Authorization: Bearer opaque-secret, ok") == "Authorization: Bearer …cret, ok"


@pytest.mark.parametrize(
    "text", ["sk-short", "task-force-of-people-who", "the eyJ and the dots...", "a bearer of news", "llama3.1:8b", ""]
)
def test_what_is_no_key_stays(text: str) -> None:
    assert without_secrets(text) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("mail ada.lovelace+x@mail.example.co.uk now", "mail [email] now"),
        ("card 4111 1111 1111 1111.", "card [card]."),
        ("card 4111-1111-1111-1111", "card [card]"),
        ("5500005555555559", "[card]"),
        ("from 192.168.178.20:8080", "from [ip]:8080"),
        ("at 2001:db8::ff00:42:8329 and ::1", "at [ip] and [ip]"),
        ("call +49 30 1234567 or +1 (555) 123-4567", "call [phone] or [phone]"),
        ("call (555) 123-4567 or 555-123-4567", "call [phone] or [phone]"),
        ("pay DE89 3704 0044 0532 0130 00", "pay [iban]"),
    ],
)
def test_what_points_at_people_is_named(text: str, kept: str) -> None:
    assert without_people(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "on 2026-11-21 at 13:05:59",
        "version 10.2.3 of 3.11",
        "4111 1111 1111 1112",
        "0000 0000 0000 0000",
        "1790000000.123",
        "pi is 3.141592653589793",
        "std::vector and a: b",
        "999.999.999.999",
        "user@host",
        "AB12 3456 7890 1234",
        "1, 2, 3, 5, 8, 13, 21",
        "tok_1234567",
    ],
)
def test_other_numbers_and_signs_stay(text: str) -> None:
    assert without_people(text) == text


def test_a_body_stays_json_and_hides_what_is_called_a_secret() -> None:
    body = {
        "model": "m",
        "max_tokens": 5,
        "seed": 4111111111111111,
        "api_key": "whatever it is",
        "nested": [{"Authorization": "abc", "text": "ada@example.com"}, True, None, 1.5],
        "ada@example.com": "as a name",
    }
    assert orjson.loads(redacted_body(orjson.dumps(body))) == {
        "model": "m",
        "max_tokens": 5,
        "seed": "[card]",
        "api_key": "…t is",
        "nested": [{"Authorization": "…", "text": "[email]"}, True, None, 1.5],
        "[email]": "as a name",
    }


def test_a_body_that_is_no_json_is_redacted_as_text() -> None:
    assert redacted_body(b'{"text": "ada@example.com", "cut of') == '{"text": "[email]", "cut of'
    assert redacted_body(b"\xff ada@example.com\nada@example.com") == "\ufffd [email]\n[email]"


def test_a_body_that_is_nested_deeply_is_redacted_all_the_same() -> None:
    deep = b'{"a":' * 200 + b'"ada@example.com"' + b"}" * 200
    assert "ada@example.com" not in redacted_body(deep)


@given(st.data(), st.sampled_from((KEY, "ada@example.com", "4111 1111 1111 1111", "192.168.178.20")))
def test_a_stream_cannot_smuggle_anything_past_in_pieces(data: st.DataObject, secret: str) -> None:
    text = f"it is {secret} indeed"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    events = [{"id": "c1", "choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
    body = b"".join(b"data: %b\n\n" % orjson.dumps(event) for event in events) + b"data: [DONE]\n\n"
    kept = redacted_body(body)
    assert secret not in kept
    assert set(orjson.loads(kept)) == {"id", "choices.0.index", "choices.0.delta.content"}


def test_a_stream_is_folded_by_the_places_of_its_texts() -> None:
    body = b"""event: message_start
data: {"type":"message_start","message":{"id":"m"}}

data: {"type":"content_block_delta","index":0,"delta":{"text":"Hel"}}

data: {"type":"content_block_delta","index":0,"delta":{"text":"lo"}}

data: not json
"""
    assert fold_events(body) == {
        "type": "message_startcontent_block_deltacontent_block_delta",
        "message.id": "m",
        "index": 0,
        "delta.text": "Hello",
        "unreadable": "not json",
    }


@given(st.binary(max_size=300), st.sampled_from((b"", b"data: ", b'{"a":')))
def test_any_body_is_kept_as_text(body: bytes, start: bytes) -> None:
    assert isinstance(redacted_body(start + body), str)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("cannot read 'qwen3' at 10.0.0.7:8000", "cannot read 'qwen3' at 10.0.0.7:8000"),
        ("the provider's answer is not what anybody could have expected of it, and can't be read", None),
        (f'invalid: "{"x" * 60}".', 'invalid: "[60 characters]".'),
        (f"invalid: '{'y' * 60}", "invalid: '[60 characters]"),
        ("write to jane@example.org", "write to [email]"),
        ("key sk-proj-abcdefghijklmnopqrst9876", "key sk-…9876"),
    ],
)
def test_what_others_say_of_a_request_is_told_without_the_request(text: str, kept: str | None) -> None:
    assert without_quotes(text) == (text if kept is None else kept)
