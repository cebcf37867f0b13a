"""The model's name is found in JSON and in forms, and nothing but it is ever changed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.errors import CallerError, UnsupportedMediaType
from ai_dashboard.gateway.payload import Payload, read

FORM = b"multipart/form-data; boundary=frontier"


def form(*fields: tuple[str, bytes], boundary: bytes = b"frontier") -> bytes:
    """A form as browsers and SDKs write it."""
    written = b"".join(b"--%b\r\n%b\r\n\r\n%b\r\n" % (boundary, head.encode(), content) for head, content in fields)
    return written + b"--%b--\r\n" % boundary


def named(name: str) -> str:
    return f'Content-Disposition: form-data; name="{name}"'


FILE = 'Content-Disposition: form-data; name="file"; filename="a; name=model.wav"\r\nContent-Type: audio/wav'


@pytest.mark.parametrize(
    ("content_type", "raw"),
    [
        (b"", b""),
        (b"application/json", b""),
        (b"application/json", b'{"input":"Hi"}'),
        (b"application/json", b'{"model":null}'),
        (b"audio/wav", b'{"model":"m"}'),
        (FORM, form((named("purpose"), b"batch"))),
        (FORM, form((FILE, b"model"))),
        (FORM, b"--frontier--"),
    ],
)
def test_bodies_that_name_no_model_stay_as_they_are(content_type: bytes, raw: bytes) -> None:
    payload = read(content_type, raw)
    assert payload == Payload(raw)
    assert payload.naming("") == payload.naming("other") == raw


def test_a_model_in_json() -> None:
    raw = b'{ "input": ["Hi"],\n  "model" : "m" , "seed":12345678901234567890123 }'
    payload = read(b"Application/JSON; charset=utf-8", raw)
    assert payload.model == "m"
    assert payload.naming("m") == raw
    assert payload.naming('other"') == raw.replace(b'"m"', b'"other\\""')


def test_a_model_in_json_whose_key_is_escaped() -> None:
    payload = read(b"application/json", b'{"mod\\u0065l":"m","seed":12345678901234567890123}')
    assert payload.naming("other") == b'{"model":"other","seed":12345678901234567890123}'


@pytest.mark.parametrize(
    "content_type",
    [FORM, b'multipart/form-data; charset=utf-8; boundary="frontier"', b"Multipart/Form-Data;BOUNDARY=frontier"],
)
@pytest.mark.parametrize(
    "head",
    [
        named("model"),
        "content-disposition:form-data;name=model",
        'Content-Type: text/plain\r\nCONTENT-DISPOSITION: form-data; NAME="model"',
    ],
)
@pytest.mark.parametrize("before", [b"", b"a preamble\r\n"])
def test_a_model_in_a_form(content_type: bytes, head: str, before: bytes) -> None:
    sound = b"RIFF\r\n--front\r\n--frontiers\r\n\r\nmodel\r\n"
    payload = read(content_type, before + form((FILE, sound), (head, b"whisper-1"), (named("language"), b"")))
    assert payload.model == "whisper-1"
    assert payload.naming("whisper-1") == payload.raw
    assert payload.naming("großes") == before + form((FILE, sound), (head, "großes".encode()), (named("language"), b""))


@pytest.mark.parametrize(
    ("content_type", "raw", "said"),
    [
        (b"application/json", b"{nope", "not JSON"),
        (b"application/json", b"[]", "not an object"),
        (b"application/json", b'{"model":7}', "`model`"),
        (b"application/json", b'{"model":" "}', "`model`"),
        (b"application/json", b'{"model":"%b"}' % (b"m" * 600), "`model`"),
        (b"multipart/form-data", form(), "`boundary`"),
        (b'multipart/form-data; boundary=""', form(), "`boundary`"),
        (FORM, b"no boundary", "not whole"),
        (FORM, form((named("model"), b"m"))[:-14], "not whole"),
        (FORM, b"--frontier\r\nno empty line\r\n--frontier--", "not whole"),
        (FORM, b"--frontier\r\nno empty line\r\n--frontier\r\n\r\n\r\n--frontier--", "not whole"),
        (FORM, form((named("model"), b"a"), (named("model"), b"b")), "more than one"),
        (FORM, form((named("model"), b"")), "`model`"),
        (FORM, form((named("model"), b"m" * 600)), "`model`"),
    ],
)
def test_a_body_that_is_not_what_it_calls_itself_is_refused(content_type: bytes, raw: bytes, said: str) -> None:
    with pytest.raises(CallerError, match=said):
        read(content_type, raw)


@pytest.mark.parametrize("content_type", [b"", b"text/plain", b"TEXT/PLAIN;a=b", b"application/x-www-form-urlencoded"])
def test_what_any_page_could_send_is_refused(content_type: bytes) -> None:
    with pytest.raises(UnsupportedMediaType, match="content type"):
        read(content_type, b'{"model":"m"}')


CONTENTS = st.binary(max_size=200).filter(lambda content: b"frontier" not in content)


@given(CONTENTS, CONTENTS, st.text(min_size=1).filter(str.strip), st.booleans())
def test_any_file_comes_out_as_it_went_in(one: bytes, other: bytes, model: str, first: bool) -> None:
    name = model.encode("utf-8", "ignore").decode()[:300]
    field = (named("model"), b"asked")
    fields = ((FILE, one), (named("other"), other))
    raw = form(field, *fields) if first else form(*fields, field)
    payload = read(FORM, raw)
    assert payload.model == "asked"
    assert payload.naming(name) == raw.replace(b"\r\n\r\nasked\r\n", b"\r\n\r\n%b\r\n" % name.encode())


@given(st.binary(max_size=300), st.sampled_from([FORM, b"application/json"]))
def test_any_bytes_are_read_or_refused(raw: bytes, content_type: bytes) -> None:
    for body in (raw, form((named("a"), b""))[:20] + raw):
        try:
            payload = read(content_type, body)
        except CallerError:
            continue
        assert payload.naming(payload.model) == body


def test_json_stays_json() -> None:
    asked = {"model": "m", "input": ["ä", {"model": "inner"}]}
    payload = read(b"application/json", json.dumps(asked).encode())
    assert json.loads(payload.naming("other")) == asked | {"model": "other"}
