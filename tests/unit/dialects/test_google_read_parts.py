"""Media in contents: bytes in either alphabet, addresses, and what only Google can see."""

import pytest

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.google.read_parts import media_of


def inline(kind: str, **more: str) -> JsonObject:
    return {"inlineData": {"mimeType": kind, "data": "__79", **more}}


@pytest.mark.parametrize(
    ("part", "read"),
    [
        (inline("image/png"), {"type": "image_url", "image_url": {"url": "data:image/png;base64,//79"}}),
        (inline("audio/wav"), {"type": "input_audio", "input_audio": {"data": "//79", "format": "wav"}}),
        (inline("application/pdf", displayName="a.pdf"),
         {"type": "file", "file": {"file_data": "data:application/pdf;base64,//79", "filename": "a.pdf"}}),
        ({"inlineData": {"mime_type": "image/png", "data": "AA=="}},
         {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}),
        ({"fileData": {"fileUri": "https://a/b.png", "mimeType": "image/png"}},
         {"type": "image_url", "image_url": {"url": "https://a/b.png"}}),
        ({"fileData": {"file_uri": "https://a/b.pdf"}}, {"type": "file", "file": {"file_url": "https://a/b.pdf"}}),
    ],
)  # fmt: skip
def test_media_are_read(part: JsonObject, read: JsonObject) -> None:
    own: set[str] = set()
    assert (media_of(part, "x", own), own) == ([read], set())


@pytest.mark.parametrize(
    "uri", ["gs://bucket/a", "https://generativelanguage.googleapis.com/v1beta/files/a", "https://youtu.be/a"]
)
def test_what_only_google_can_look_up_is_named(uri: str) -> None:
    own: set[str] = set()
    assert (media_of({"fileData": {"fileUri": uri, "mimeType": "image/png"}}, "x", own), own) == (
        [],
        {"parts.fileData"},
    )


def test_what_is_said_of_media_is_named() -> None:
    own: set[str] = set()
    media_of(inline("video/mp4") | {"videoMetadata": {"fps": 1}, "mediaResolution": None}, "x", own)
    assert own == {"parts.videoMetadata"}


@pytest.mark.parametrize(
    "part",
    [{"inlineData": 5}, {"inlineData": {}}, {"inlineData": {"mimeType": "a"}}, {"fileData": {}}, {"fileData": []}],
)
def test_media_that_are_none_are_refused_by_name(part: JsonObject) -> None:
    with pytest.raises(CallerError, match=r"`x\.(inlineData|fileData)"):
        media_of(part, "x", set())
