"""Every way in has all that the pipeline needs; and how headers are shown to dialects."""

from typing import cast

import pytest

from ai_dashboard.core.chat import Form
from ai_dashboard.core.errors import Overloaded
from ai_dashboard.dialects.forms import NO_HEADERS
from ai_dashboard.dialects.registry import CALLERS, EMBED_CALLERS
from ai_dashboard.gateway.entrances import ENTRANCES, MUTE, Headers, headers_of
from ai_dashboard.transport.http1 import Exchange


class Request:
    """As much of an exchange as headers are read from."""

    def __init__(self, *headers: tuple[bytes, bytes]) -> None:
        self.headers = list(headers)
        self._fields = dict(headers)

    @property
    def header_names(self) -> object:
        return self._fields.keys()

    def header(self, name: bytes) -> bytes | None:
        return self._fields.get(name)


def asked(*headers: tuple[bytes, bytes]) -> Exchange:
    return cast("Exchange", Request(*headers))


def test_there_is_an_entrance_for_every_form_that_callers_use() -> None:
    assert ENTRANCES.keys() >= CALLERS.keys() | EMBED_CALLERS.keys()
    assert all(entrance.form == form for form, entrance in ENTRANCES.items())
    assert all(form.startswith(entrance.dialect) for form, entrance in ENTRANCES.items())


@pytest.mark.parametrize("form", CALLERS)
def test_a_streams_head_is_whole_lines(form: Form) -> None:
    head = ENTRANCES[form].stream_head
    assert head.endswith(b"\r\n")
    assert b"content-type: " + CALLERS[form].stream_type.encode() in head


@pytest.mark.parametrize("form", EMBED_CALLERS)
def test_embeddings_are_refused_under_the_errors_own_status(form: Form) -> None:
    assert ENTRANCES[form].status(Overloaded("too much")) == 503


def test_headers_that_tell_nothing_cost_nothing() -> None:
    assert headers_of(asked(*((name, b"x") for name in MUTE))) is NO_HEADERS


def test_headers_are_read_by_their_names() -> None:
    headers = headers_of(asked((b"host", b"a"), (b"anthropic-beta", b"one"), (b"x-caf\xe9", b"\xe9")))
    assert isinstance(headers, Headers)
    assert (headers["anthropic-beta"], headers.get("x-café"), headers.get("x-none")) == ("one", "é", None)
    assert headers.get("x-none", "nothing") == "nothing"
    assert ("anthropic-beta" in headers, "x-none" in headers, headers.__contains__(7)) == (True, False, False)
    assert (list(headers), len(headers)) == (["host", "anthropic-beta", "x-café"], 3)
    with pytest.raises(KeyError):
        headers["x-none"]


def test_a_repeated_header_is_listed_once() -> None:
    headers = Headers(asked((b"x-a", b"1"), (b"x-b", b"2"), (b"x-a", b"3")))
    assert list(headers) == ["x-a", "x-b"]
    assert len(headers) == 2
    assert headers["x-a"] == "3"
