"""`generationConfig`, tools and their choice as canonical fields."""

import pytest

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.google.read_config import read_config, read_tools

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}
DECLARED = {"name": "f", "description": "does", "parametersJsonSchema": SCHEMA}
TOOL = {"type": "function", "function": {"name": "f", "description": "does", "parameters": SCHEMA}}
OTHER = {"type": "function", "function": {"name": "g", "parameters": {"type": "object", "properties": {}}}}


def config(**said: object) -> tuple[JsonObject, set[str]]:
    own: set[str] = set()
    return read_config({"generationConfig": said}, own), own


def formatted(schema: JsonObject) -> JsonObject:
    return {"type": "json_schema", "json_schema": {"name": "response", "schema": schema}}


def test_nothing_said_is_nothing_asked() -> None:
    assert read_config({}, set()) == config()[0] == {}


def test_every_plain_field_has_its_counterpart() -> None:
    body, own = config(
        temperature=0.5, topP=0.9, top_k=40.0, maxOutputTokens="100", candidateCount=2, seed=7, stop_sequences=["x"],
        presencePenalty=1, frequencyPenalty=0, responseLogprobs=True, logprobs=3, responseModalities=["TEXT"],
    )  # fmt: skip
    assert own == set()
    assert body == {
        "temperature": 0.5, "top_p": 0.9, "top_k": 40, "max_tokens": 100, "n": 2, "seed": 7, "stop": ["x"],
        "presence_penalty": 1, "frequency_penalty": 0, "logprobs": True, "top_logprobs": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"responseMimeType": "text/plain"}, None),
        ({"responseMimeType": "application/json"}, {"type": "json_object"}),
        ({"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}, formatted(SCHEMA)),
        (
            {"response_mime_type": "application/json", "response_schema": {"type": "STRING"}},
            formatted({"type": "string"}),
        ),
    ],
)
def test_formats(said: JsonObject, wanted: JsonObject | None) -> None:
    assert config(**said)[0].get("response_format") == wanted


@pytest.mark.parametrize(
    ("said", "body"),
    [
        ({"thinkingBudget": 0}, {"thinking": {"type": "disabled"}}),
        ({"thinkingBudget": -1}, {"thinking": {"type": "adaptive", "display": "omitted"}}),
        ({"thinking_budget": 99, "include_thoughts": True},
         {"thinking": {"type": "enabled", "budget_tokens": 99, "display": "summarized"}}),
        ({"includeThoughts": True}, {"thinking": {"type": "adaptive", "display": "summarized"}}),
        ({"includeThoughts": False}, {}),
        ({"thinkingLevel": "HIGH"},
         {"reasoning_effort": "high", "thinking": {"type": "adaptive", "display": "omitted"}}),
        ({"thinkingLevel": "THINKING_LEVEL_UNSPECIFIED"}, {}),
    ],
)  # fmt: skip
def test_thinking(said: JsonObject, body: JsonObject) -> None:
    assert config(thinkingConfig=said) == (body, set())


def test_what_only_google_knows_is_named() -> None:
    body, own = config(
        speechConfig={}, responseModalities=["IMAGE"], responseMimeType="text/x.enum", thinkingConfig={"x": 1}, y=None
    )
    assert body == {}
    assert own == {
        "generationConfig.speechConfig", "generationConfig.responseModalities", "generationConfig.responseMimeType",
        "generationConfig.thinkingConfig.x",
    }  # fmt: skip


@pytest.mark.parametrize(
    "said",
    [
        {"temperature": "warm"}, {"topK": 1.5}, {"stopSequences": "x"}, {"stopSequences": [1]}, {"thinkingConfig": 5},
        {"responseSchema": []}, {"responseMimeType": 5}, {"responseLogprobs": 1},
        {"thinkingConfig": {"thinkingLevel": "most"}},
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_by_name(said: JsonObject) -> None:
    with pytest.raises(CallerError, match=f"`generationConfig.{next(iter(said))}"):
        config(**said)


def tools(calling: JsonObject | None = None, *declared: JsonObject) -> JsonObject:
    settings = {} if calling is None else {"toolConfig": {"function_calling_config": calling}}
    own: set[str] = set()
    body = read_tools(
        {"tools": [{"functionDeclarations": [*(declared or (DECLARED, {"name": "g"}))]}], **settings}, own
    )
    assert own == set()
    return body


@pytest.mark.parametrize(
    ("calling", "more"),
    [
        (None, {}), ({}, {}), ({"mode": "AUTO"}, {}), ({"mode": "NONE"}, {"tool_choice": "none"}),
        ({"mode": "any"}, {"tool_choice": "required"}),
        ({"mode": "ANY", "allowed_function_names": ["f"]},
         {"tool_choice": {"type": "function", "function": {"name": "f"}}}),
        ({"mode": "ANY", "allowedFunctionNames": ["f", "g"]}, {"tool_choice": "required"}),
    ],
)  # fmt: skip
def test_tools_and_the_choice_between_them(calling: JsonObject | None, more: JsonObject) -> None:
    assert tools(calling) == {"tools": [TOOL, OTHER], **more}


def test_where_only_some_may_be_called_the_others_are_not_offered() -> None:
    three = (DECLARED, {"name": "g"}, {"name": "h"})
    assert tools({"mode": "ANY", "allowedFunctionNames": ["g", "f"]}, *three) == {
        "tools": [TOOL, OTHER],
        "tool_choice": "required",
    }


def test_validated_calls_are_strict_tools() -> None:
    assert tools({"mode": "VALIDATED"}, DECLARED) == {
        "tools": [{"type": "function", "function": TOOL["function"] | {"strict": True}}]  # type: ignore[operator]
    }


def test_googles_own_schemas_are_read() -> None:
    own_form = {
        "name": "f",
        "description": "does",
        "parameters": {"type": "OBJECT", "properties": {"a": {"type": "INTEGER"}}},
    }
    assert tools(None, own_form) == {"tools": [TOOL]}


def test_googles_own_tools_are_named() -> None:
    own: set[str] = set()
    given = {
        "tools": [
            {"google_search": {}},
            {"functionDeclarations": [DECLARED | {"behavior": "BLOCKING"}], "urlContext": {}},
        ],
        "toolConfig": {"retrievalConfig": {"x": 1}},
    }
    assert read_tools(given, own) == {"tools": [TOOL]}
    assert own == {
        "tools.googleSearch",
        "tools.urlContext",
        "functionDeclarations.behavior",
        "toolConfig.retrievalConfig",
    }


@pytest.mark.parametrize(
    "given",
    [
        {"tools": 5}, {"tools": [{"functionDeclarations": [{}]}]}, {"toolConfig": 5},
        {"tools": [{"functionDeclarations": [{"name": "f", "parameters": 5}]}]},
        {"tools": [{"functionDeclarations": [DECLARED]}], "toolConfig": {"functionCallingConfig": {"mode": "x"}}},
        {"tools": [{"functionDeclarations": [DECLARED]}],
         "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["x"]}}},
    ],
)  # fmt: skip
def test_tools_that_are_none_are_refused(given: JsonObject) -> None:
    with pytest.raises(CallerError, match=r"`(tools|toolConfig)"):
        read_tools(given, set())
