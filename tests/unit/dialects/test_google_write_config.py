"""How to answer, as Google wants it said."""

import pytest

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.google.families import family_of
from ai_dashboard.dialects.google.write_config import write_config, write_tools

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}
TOOL = {"type": "function", "function": {"name": "f", "description": "does", "parameters": SCHEMA}}
DECLARED = {"name": "f", "description": "does", "parametersJsonSchema": SCHEMA}


def config(model: str = "gemini-2.5-flash", **asked: object) -> tuple[JsonObject, list[str]]:
    warnings: list[str] = []
    return write_config(asked, model, family_of(model), warnings), warnings


def tools(model: str = "gemini-2.5-flash", **asked: object) -> tuple[JsonObject, list[str]]:
    warnings: list[str] = []
    return write_tools(asked, family_of(model), warnings), warnings


def test_nothing_asked_is_nothing_said() -> None:
    assert config(n=1, top_logprobs=0, logprobs=False, stop=None, response_format={"type": "text"}) == ({}, [])


def test_every_field_has_its_counterpart() -> None:
    written, warnings = config(
        temperature=0.5, top_p=0.9, top_k=40, max_tokens=100, n=2, seed=7, stop="x", presence_penalty=1,
        frequency_penalty=0, logprobs=True, top_logprobs=3, reasoning_effort="low",
    )  # fmt: skip
    assert warnings == []
    assert written == {
        "temperature": 0.5, "topP": 0.9, "topK": 40, "maxOutputTokens": 100, "candidateCount": 2, "seed": 7,
        "stopSequences": ["x"], "presencePenalty": 1, "frequencyPenalty": 0, "responseLogprobs": True, "logprobs": 3,
        "thinkingConfig": {"includeThoughts": True, "thinkingBudget": 1024},
    }  # fmt: skip


def test_the_newer_name_of_the_limit_holds() -> None:
    assert config(max_tokens=1, max_completion_tokens=2)[0] == {"maxOutputTokens": 2}


def test_seeds_have_32_bits() -> None:
    assert config(seed=(1 << 40) + 5)[0] == {"seed": 5}
    assert config(seed=-1)[0] == {"seed": (1 << 31) - 1}


def test_five_stop_sequences_at_most() -> None:
    written, warnings = config(stop=list("abcdefg"))
    assert written == {"stopSequences": list("abcde")}
    assert warnings == ["`stop` after the first 5 is left out: Google takes no more"]


@pytest.mark.parametrize("stop", [True, 1, {"a": "b"}])
def test_a_stop_that_is_no_sequence_is_refused(stop: object) -> None:
    with pytest.raises(CallerError, match="`stop`"):
        config(stop=stop)


@pytest.mark.parametrize("functions", [True, 1, "f", {"name": "f"}])
def test_functions_that_are_no_list_are_none(functions: object) -> None:
    assert tools(functions=functions) == ({}, [])


def test_newer_models_are_not_told_how_to_sample() -> None:
    written, warnings = config("gemini-3.8-flash", temperature=0.5, top_p=1, top_k=5, seed=1)
    assert written == {"seed": 1}
    assert [warning.split()[0] for warning in warnings] == ["`temperature`", "`top_p`", "`top_k`"]


@pytest.mark.parametrize(
    ("wanted", "written"),
    [
        ({"type": "json_object"}, {"responseMimeType": "application/json"}),
        ({"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA, "strict": True}},
         {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}),
    ],
)  # fmt: skip
def test_formats(wanted: JsonObject, written: JsonObject) -> None:
    assert config(response_format=wanted) == (written, [])
    beside, warnings = config(response_format=wanted, tools=[TOOL])
    assert (beside, len(warnings)) == ({}, 1)
    assert config("gemini-3.8-flash", response_format=wanted, tools=[TOOL]) == (written, [])


def test_a_format_that_google_does_not_know_is_said() -> None:
    assert config(response_format={"type": "grammar"}) == (
        {},
        ["`response_format` is left out: Google has no such format"],
    )


@pytest.mark.parametrize(
    ("choice", "calling"),
    [
        (None, None), ("auto", None), ("none", {"mode": "NONE"}), ("required", {"mode": "ANY"}),
        ({"type": "function", "function": {"name": "f"}}, {"mode": "ANY", "allowedFunctionNames": ["f"]}),
        ({"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [{"function": {"name": "f"}}, 5]}},
         {"mode": "ANY", "allowedFunctionNames": ["f"]}),
        ({"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"function": {"name": "f"}}]}},
         {"mode": "VALIDATED", "allowedFunctionNames": ["f"]}),
    ],
)  # fmt: skip
def test_tools_and_the_choice_between_them(choice: object, calling: JsonObject | None) -> None:
    settings = {} if calling is None else {"toolConfig": {"functionCallingConfig": calling}}
    assert tools(tools=[TOOL], tool_choice=choice) == (
        {"tools": [{"functionDeclarations": [DECLARED]}], **settings},
        [],
    )


def test_without_tools_there_is_no_choice() -> None:
    assert tools(tool_choice="required", parallel_tool_calls=False) == tools(tools=[]) == ({}, [])


def test_strict_tools_are_validated_where_the_model_can() -> None:
    strict = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}, "strict": True}}
    declared = {"tools": [{"functionDeclarations": [{"name": "f"}]}]}
    assert tools(tools=[strict])[0] == declared | {"toolConfig": {"functionCallingConfig": {"mode": "VALIDATED"}}}
    assert tools("gemini-2.0-flash", tools=[strict])[0] == declared


def test_functions_from_before_there_were_tools() -> None:
    written, _ = tools(functions=[TOOL["function"]], function_call={"name": "f"})
    assert written["tools"] == [{"functionDeclarations": [DECLARED]}]
    assert written["toolConfig"] == {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}}


@pytest.mark.parametrize(
    ("asked", "about"),
    [
        ({"tools": [TOOL], "parallel_tool_calls": False}, "`parallel_tool_calls`"),
        ({"tools": [TOOL], "tool_choice": {"type": "custom"}}, "`tool_choice`"),
        ({"tools": [TOOL, {"type": "web_search"}]}, "a tool is left out"),
        ({"tools": [TOOL | {"cache_control": {"type": "ephemeral"}}]}, "`cache_control`"),
    ],
)
def test_what_google_cannot_be_told_is_said(asked: JsonObject, about: str) -> None:
    written, warnings = tools(**asked)
    assert written["tools"] == [{"functionDeclarations": [DECLARED]}]
    assert [about in warning for warning in warnings] == [True]
