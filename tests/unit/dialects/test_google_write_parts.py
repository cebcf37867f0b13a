"""Canonical content parts as Google's."""

import pytest

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.dialects.google.write_parts import parts_of


def image(url: str, **more: str) -> JsonObject:
    return {"type": "image_url", "image_url": {"url": url, **more}}


def file(**said: str) -> JsonObject:
    return {"type": "file", "file": said}


def inline(kind: str, data: str = "AA==") -> JsonObject:
    return {"inlineData": {"mimeType": kind, "data": data}}


def by_address(kind: str, uri: str) -> JsonObject:
    return {"fileData": {"mimeType": kind, "fileUri": uri}}


@pytest.mark.parametrize(
    ("part", "written"),
    [
        ({"type": "text", "text": "a"}, [{"text": "a"}]),
        ({"type": "text", "text": ""}, []),
        ({"type": "refusal", "refusal": "no"}, [{"text": "no"}]),
        (image("data:image/png;base64,AA=="), [inline("image/png")]),
        (image("data:;base64,AA=="), [inline("image/jpeg")]),
        (image("data:image/svg+xml,%3Csvg%3E"), [inline("image/svg+xml", "PHN2Zz4=")]),
        (image("https://a/b.PNG?x=1"), [by_address("image/png", "https://a/b.PNG?x=1")]),
        (image("https://a/b"), [by_address("image/jpeg", "https://a/b")]),
        (image("https://[a/b"), [by_address("image/jpeg", "https://[a/b")]),
        ({"type": "image_url", "image_url": "https://a/b.webp"}, [by_address("image/webp", "https://a/b.webp")]),
        (image("https://a/b.gif", detail="auto"), [by_address("image/gif", "https://a/b.gif")]),
        ({"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}}, [inline("audio/mp3")]),
        ({"type": "input_audio", "input_audio": {"data": "AA=="}}, [inline("audio/wav")]),
        (file(file_data="data:text/plain;charset=utf-8;base64,AA=="), [inline("text/plain")]),
        (file(file_data="data:;base64,AA==", filename="a.csv"), [inline("text/csv")]),
        (file(file_url="https://a/b"), [by_address("application/pdf", "https://a/b")]),
    ],
)
def test_parts_are_written(part: JsonObject, written: list[JsonObject]) -> None:
    warnings: list[str] = []
    assert (parts_of([part], warnings), warnings) == (written, [])


@pytest.mark.parametrize(
    ("part", "written", "about"),
    [
        (image("https://a/b.png", detail="high"), [by_address("image/png", "https://a/b.png")], "`detail`"),
        ({"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}, [{"text": "a"}], "`cache_control`"),
        (file(file_id="f1"), [], "its id"),
        ({"type": "hologram"}, [], "none of its kind"),
        ({"type": "text", "text": 5}, [], "none of its kind"),
    ],
)
def test_what_cannot_be_written_is_said(part: JsonObject, written: list[JsonObject], about: str) -> None:
    warnings: list[str] = []
    assert parts_of([part], warnings) == written
    assert [about in warning for warning in warnings] == [True]


@pytest.mark.parametrize(
    ("content", "written"), [("a", [{"text": "a"}]), ("", []), (None, []), ([], []), ([5], []), (5, [])]
)
def test_content_may_be_text_or_nothing(content: object, written: list[JsonObject]) -> None:
    assert parts_of(content, []) == written
