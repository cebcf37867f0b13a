"""Parts, tools and choices of the Responses API in chat's words, and the names of what has none."""

import pytest

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.openai.responses_parts import choose, content_of, format_of, tools_of

URL = "data:image/png;base64,AA=="


@pytest.mark.parametrize(
    ("part", "read"),
    [
        ({"type": "input_text", "text": "Hé"}, {"type": "text", "text": "Hé"}),
        ({"type": "output_text", "text": "Hé", "annotations": []}, {"type": "text", "text": "Hé"}),
        ({"type": "input_image", "image_url": URL}, {"type": "image_url", "image_url": {"url": URL}}),
        (
            {"type": "input_image", "image_url": URL, "detail": "low"},
            {"type": "image_url", "image_url": {"url": URL, "detail": "low"}},
        ),
        (
            {
                "type": "input_file",
                "file_data": "data:application/pdf;base64,AA==",
                "filename": "a.pdf",
                "file_id": None,
            },
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,AA==", "filename": "a.pdf"}},
        ),
        ({"type": "input_file", "file_url": "https://a/b"}, {"type": "file", "file": {"file_url": "https://a/b"}}),
        (
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
        ),
        ({"type": "refusal", "refusal": "No."}, {"type": "refusal", "refusal": "No."}),
        (
            {"type": "input_text", "text": "Hé", "prompt_cache_breakpoint": {"mode": "explicit"}},
            {"type": "text", "text": "Hé", "cache_control": {"type": "ephemeral"}},
        ),
    ],
)
def test_parts(part: JsonObject, read: JsonObject) -> None:
    own: set[str] = set()
    assert content_of([part], "here", own) == [read]
    assert own == set()


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ({"type": "input_image", "file_id": "file-1"}, "input_image.file_id"),
        ({"type": "input_hologram", "data": 1}, "input_hologram"),
    ],
)
def test_parts_that_only_openai_can_look_up_are_named(part: JsonObject, name: str) -> None:
    own: set[str] = set()
    assert content_of([part], "here", own) == ""
    assert own == {name}


@pytest.mark.parametrize("content", [1, {}, ["text"], [{}], [{"type": 1}], [{"text": "no type"}]])
def test_content_that_is_none_is_refused_by_its_place(content: object) -> None:
    with pytest.raises(CallerError, match=r"`here"):
        content_of(content, "here", set())


def test_functions_are_read_and_other_tools_named() -> None:
    own: set[str] = set()
    schema = {"type": "object"}
    chat = {"type": "function", "function": {"name": "h"}}
    tools = [
        {"type": "function", "name": "f", "parameters": schema, "strict": True, "description": "F"},
        {"type": "function", "name": "g", "parameters": None, "strict": None},
        chat,
        {"type": "web_search"},
        {"type": "custom", "name": "patch"},
    ]
    assert tools_of(tools, own) == [
        {"type": "function", "function": {"name": "f", "description": "F", "parameters": schema, "strict": True}},
        {"type": "function", "function": {"name": "g"}},
        chat,
    ]
    assert own == {"tools.web_search", "tools.custom"}


@pytest.mark.parametrize("tools", [1, "f", {}, [1], [{}], [{"type": "function"}], [{"type": "function", "name": 1}]])
def test_tools_that_are_none_are_refused(tools: object) -> None:
    with pytest.raises(CallerError, match="`tools"):
        tools_of(tools, set())


TOOLS = [{"type": "function", "function": {"name": name}} for name in ("f", "g")]


@pytest.mark.parametrize(
    ("choice", "chosen", "left"),
    [
        ("none", "none", 2),
        ("required", "required", 2),
        ({"type": "function", "name": "g"}, TOOLS[1], 2),
        (TOOLS[1], TOOLS[1], 2),
        ({"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "g"}]}, "required", 1),
    ],
)
def test_choices(choice: object, chosen: object, left: int) -> None:
    body: JsonObject = {"tools": list(TOOLS)}
    own: set[str] = set()
    choose(choice, body, own)
    assert body["tool_choice"] == chosen
    assert len(body["tools"]) == left
    assert own == set()


@pytest.mark.parametrize(
    "choice",
    [{"type": "web_search"}, {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "mcp", "name": ["g"]}, 1]}],
)
def test_choices_that_only_openai_understands_are_named(choice: object) -> None:
    body: JsonObject = {"tools": list(TOOLS)}
    own: set[str] = set()
    choose(choice, body, own)
    assert (body, own) == ({"tools": TOOLS}, {"tool_choice"})


@pytest.mark.parametrize("choice", ["sometimes", 1, [], {}])
def test_a_choice_that_is_none_is_refused(choice: object) -> None:
    with pytest.raises(CallerError, match="`tool_choice`"):
        choose(choice, {}, set())


SCHEMA = {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("wanted", "read"),
    [
        (None, None),
        ({"type": "text"}, None),
        ({"type": "json_object"}, {"type": "json_object"}),
        (
            {"type": "json_schema", "name": "n", "schema": SCHEMA, "strict": True, "description": None},
            {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA, "strict": True}},
        ),
        (
            {"type": "json_schema", "schema": SCHEMA},
            {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}},
        ),
    ],
)
def test_formats(wanted: object, read: object) -> None:
    assert format_of(wanted) == read


@pytest.mark.parametrize("wanted", ["json", {"type": "yaml"}, {"type": "json_schema"}, {}, 1])
def test_a_format_that_is_none_is_refused(wanted: object) -> None:
    with pytest.raises(CallerError, match=r"`text\.format`"):
        format_of(wanted)
