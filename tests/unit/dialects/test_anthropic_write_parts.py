"""Canonical parts as Anthropic's content blocks."""

from typing import Any

import pytest

from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.anthropic.write_parts import blocks_of, text_blocks

TEXT = {"type": "text", "text": "x"}
MARK = {"type": "ephemeral"}


def image(url: str, **fields: object) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}} | fields


def file(**fields: object) -> dict[str, Any]:
    return {"type": "file", "file": fields}


def base64(kind: str, media: str, data: str) -> dict[str, Any]:
    return {"type": kind, "source": {"type": "base64", "media_type": media, "data": data}}


def by_url(kind: str, url: str) -> dict[str, Any]:
    return {"type": kind, "source": {"type": "url", "url": url}}


@pytest.mark.parametrize(
    ("part", "block"),
    [
        (TEXT | {"cache_control": MARK}, TEXT | {"cache_control": MARK}),
        ({"type": "refusal", "refusal": "x"}, TEXT),
        (image("https://a/b.png"), by_url("image", "https://a/b.png")),
        ({"type": "image_url", "image_url": "https://a"}, by_url("image", "https://a")),
        (image("data:image/png;base64,AAAA"), base64("image", "image/png", "AAAA")),
        (image("data:IMAGE/JPG;x=y;base64,AAAA"), base64("image", "image/jpeg", "AAAA")),
        (image("data:application/pdf;base64,JVBE"), base64("document", "application/pdf", "JVBE")),
        (
            file(file_data="data:application/pdf;base64,JVBE", filename="T.pdf"),
            base64("document", "application/pdf", "JVBE") | {"title": "T.pdf"},
        ),
        (file(file_data="JVBE"), base64("document", "application/pdf", "JVBE")),
        (file(file_data="data:image/webp;base64,AAAA"), base64("image", "image/webp", "AAAA")),
        (
            file(file_data="data:text/markdown;base64,w6k=", filename="a.md"),
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "é"},
                "title": "a.md",
            },
        ),
        (file(file_url="https://a/b.pdf"), by_url("document", "https://a/b.pdf")),
    ],
)
def test_parts_and_their_blocks(part: dict[str, Any], block: dict[str, Any]) -> None:
    warnings: list[str] = []
    assert blocks_of([part], "c", warnings) == [block]
    assert warnings == []


@pytest.mark.parametrize(
    ("part", "why"),
    [
        ({"type": "input_audio", "input_audio": {}}, "Anthropic takes no audio"),
        ({"type": "video_url", "video_url": {}}, "Anthropic takes no video"),
        (file(file_id="f"), "kept by another provider"),
        (file(file_data="data:application/zip;base64,AAAA"), "Anthropic takes no application/zip"),
        (image("data:;base64,AAAA"), "Anthropic takes no data without a type"),
    ],
)
def test_parts_that_are_left_out_with_a_warning(part: dict[str, Any], why: str) -> None:
    warnings: list[str] = []
    assert blocks_of([TEXT, part], "c", warnings) == [TEXT]
    assert len(warnings) == 1
    assert "`c[1]` is left out" in warnings[0]
    assert why in warnings[0]


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (3, "`c` is neither"),
        ([3], r"`c\[0\]` is neither text"),
        ([{"type": "brand_new"}], r"`c\[0\]` is neither text"),
        ([{"type": "text", "text": 3}], r"`c\[0\]`"),
        ([image("file:///etc/passwd")], "neither an http nor a data URL"),
        ([image("data:image/png,AAAA")], "not base64"),
        ([image("data:image/png;base64")], "not base64"),
        ([file()], r"`c\[0\].file` has neither"),
        ([file(file_data="data:text/plain;base64,!!")], "not UTF-8 in base64"),
        ([file(file_data="data:text/plain;base64,/w==")], "not UTF-8 in base64"),
    ],
)
def test_what_makes_no_sense_to_send(content: object, named: str) -> None:
    with pytest.raises(CallerError, match=named):
        blocks_of(content, "c", [])


def test_text_that_says_nothing_is_no_block() -> None:
    assert blocks_of(None, "c", []) == blocks_of("", "c", []) == blocks_of([], "c", []) == text_blocks(" \n") == []
    assert blocks_of([{"type": "text", "text": " "}, TEXT], "c", []) == [TEXT]
    assert blocks_of("x ", "c", []) == text_blocks("x ") == [{"type": "text", "text": "x "}]
