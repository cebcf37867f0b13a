"""Anthropic's content blocks as canonical parts."""

from typing import Any

import pytest

from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.anthropic.read_parts import blocks_in, content_of, name_of, parts_of

TEXT = {"type": "text", "text": "x"}
PNG = {"type": "base64", "media_type": "image/png", "data": "AAAA"}
PDF = {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}
MARK = {"type": "ephemeral"}


def image(source: object) -> dict[str, Any]:
    return {"type": "image", "source": source}


def document(source: object, **fields: object) -> dict[str, Any]:
    return {"type": "document", "source": source} | fields


def url(where: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": where}}


@pytest.mark.parametrize(
    ("block", "parts"),
    [
        (TEXT, [TEXT]),
        (TEXT | {"cache_control": MARK, "citations": None}, [TEXT | {"cache_control": MARK}]),
        (image(PNG), [url("data:image/png;base64,AAAA")]),
        (image({"type": "url", "url": "https://a/b.png"}), [url("https://a/b.png")]),
        (
            document(PDF, title="T.pdf", context="C", cache_control=MARK),
            [
                {"type": "text", "text": "C"},
                {
                    "type": "file",
                    "file": {"file_data": "data:application/pdf;base64,JVBE", "filename": "T.pdf"},
                    "cache_control": MARK,
                },
            ],
        ),
        (document({"type": "url", "url": "https://a/b.pdf"}), [{"type": "file", "file": {"file_url": "https://a/b.pdf"}}]),
        (
            document({"type": "text", "media_type": "text/plain", "data": "x"}, title="T"),
            [{"type": "text", "text": "T"}, TEXT],
        ),
        (document({"type": "content", "content": "x"}), [TEXT]),
        (document({"type": "content", "content": [TEXT, image(PNG)]}), [TEXT, url("data:image/png;base64,AAAA")]),
        (
            {"type": "search_result", "source": "https://a", "title": "T", "content": [TEXT, TEXT]},
            [{"type": "text", "text": "T\nhttps://a\nx\nx"}],
        ),
    ],
)  # fmt: skip
def test_blocks_that_others_understand(block: dict[str, Any], parts: list[dict[str, Any]]) -> None:
    own: set[str] = set()
    assert parts_of(block, "b", own) == parts
    assert own == set()


@pytest.mark.parametrize(
    ("block", "name"),
    [
        (image({"type": "file", "file_id": "f"}), "messages.image.file_id"),
        (document({"type": "file", "file_id": "f"}), "messages.document.file_id"),
        ({"type": "web_search_tool_result"}, "messages.web_search_tool_result"),
        ({"type": "a\r\nb"}, "messages.(unnamed)"),
    ],
)
def test_blocks_that_only_anthropic_understands_are_named(block: dict[str, Any], name: str) -> None:
    own: set[str] = set()
    assert parts_of(block, "b", own) == []
    assert own == {name}


def test_citations_are_anthropics_own() -> None:
    own: set[str] = set()
    parts_of(TEXT | {"citations": [{"type": "page_location"}]}, "b", own)
    parts_of(document(PDF, citations={"enabled": True}), "b", own)
    parts_of(document(PDF, citations={"enabled": False}), "b", own)
    assert own == {"citations", "messages.document.citations"}


@pytest.mark.parametrize(
    ("block", "named"),
    [
        ({"type": "text"}, "`b.text`"),
        (image(None), "`b.source`"),
        (image({"type": "base64", "data": "x"}), "`b.source.media_type`"),
        (image({"type": "base64", "media_type": "x", "data": 3}), "`b.source.data`"),
        (image({"type": []}), "`b.source.type`"),
        (document({"type": "url"}), "`b.source.url`"),
        (document({"type": "x"}), "`b.source.type`"),
        (document({"type": "content", "content": [document(PDF)]}), r"`b.source.content\[0\].type`"),
        (document({"type": "content", "content": [3]}), r"`b.source.content\[0\]`"),
        ({"type": "search_result", "title": "T", "source": "S"}, "`b.content`"),
        ({"type": "search_result", "title": "T"}, "`b.source`"),
    ],
)
def test_what_is_wrong_is_named(block: dict[str, Any], named: str) -> None:
    with pytest.raises(CallerError, match=named):
        parts_of(block, "b", set())


def test_content_is_blocks_or_a_string() -> None:
    assert blocks_in("x", "c") == [TEXT]
    assert blocks_in("", "c") == []
    assert blocks_in([TEXT], "c") == [TEXT]


@pytest.mark.parametrize("content", [None, 3, {}, [3], [{}], [{"type": 3}]])
def test_content_that_is_neither(content: object) -> None:
    with pytest.raises(CallerError, match="`c"):
        blocks_in(content, "c")


def test_plain_text_is_a_string() -> None:
    assert content_of([]) == ""
    assert content_of([TEXT]) == "x"
    for parts in ([TEXT, TEXT], [TEXT | {"cache_control": MARK}]):
        assert content_of(parts) == parts


@pytest.mark.parametrize(
    ("value", "name"), [("a.b-c:1", "a.b-c:1"), ("ü", "(unnamed)"), ("x" * 65, "(unnamed)"), (3, "(unnamed)")]
)
def test_names_are_repeated_when_they_are_plain(value: object, name: str) -> None:
    assert name_of(value) == name
