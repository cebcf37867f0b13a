"""Signatures on their way there and back: marked, packed, and in either alphabet of base64."""

from base64 import b64encode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.dialects.google.signatures import HEAD, UNSIGNED, bytes_in, marked, own, packed, standard, unpacked


def test_googles_signatures_are_told_from_those_of_others() -> None:
    assert own(marked("abc")) == "abc"
    for other in ("abc", "", None, 5):
        assert own(other) is None


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_a_foreign_block_comes_back_whole_in_either_alphabet(thinking: str, signature: str) -> None:
    blocks: list[JsonObject] = [
        {"type": "thinking", "thinking": thinking, "signature": signature},
        {"type": "redacted_thinking", "data": signature},
    ]
    for block in blocks:
        carried = packed(block)
        assert carried.encode().startswith(HEAD)
        data = bytes_in(carried)
        assert data is not None
        assert unpacked(carried) == unpacked(urlsafe_b64encode(data).decode()) == block
        assert unpacked(carried.rstrip("=")) == block


@pytest.mark.parametrize(
    "signature",
    ["", UNSIGNED, "AAAA", HEAD.decode(), HEAD.decode() + "%", *(
        b64encode(b"ai-dashboard" + text).decode() for text in (b"5", b"{", b'{"type":"thinking"}', b"[" * 5000)
    )],
)  # fmt: skip
def test_what_holds_no_block_is_googles_own(signature: str) -> None:
    assert unpacked(signature) is None


def test_base64_is_read_in_either_alphabet_and_without_padding() -> None:
    assert bytes_in("__79") == bytes_in("//79") == b"\xff\xfe\xfd"
    assert bytes_in("_w") == b"\xff"
    assert bytes_in("é") is bytes_in("a") is bytes_in("a b=") is None
    assert standard("_-8") == "/+8="
    assert len(bytes_in(UNSIGNED) or b"") == 24
