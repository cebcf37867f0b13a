"""What a provider was told, read from the ask that reached it, in whichever dialect that is."""

import json
import re
from collections.abc import Iterator
from typing import Any, assert_never

from ai_dashboard.core.chat import DialectName, JsonObject

_SNAKE = re.compile(r"_([a-z])")
_AS_THEY_ARE = ("args", "response", "parametersJsonSchema", "responseJsonSchema")


def camel(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Google's client spells some names one way and some the other, and Google takes both."""
    if isinstance(value, list):
        return [camel(one) for one in value]
    if not isinstance(value, dict):
        return value
    spelled = {_SNAKE.sub(lambda found: found[1].upper(), name): inner for name, inner in value.items()}
    return {name: inner if name in _AS_THEY_ARE else camel(inner) for name, inner in spelled.items()}


def system_of(dialect: DialectName, body: JsonObject) -> list[str]:
    """The system prompts, in order."""
    match dialect:
        case "openai" | "ollama":
            return [_text(message["content"]) for message in body["messages"] if message["role"] == "system"]
        case "anthropic":
            return [block["text"] for block in body.get("system", ())]
        case "google":
            return [part["text"] for part in body.get("systemInstruction", {}).get("parts", ())]
        case _:
            assert_never(dialect)


def images_of(dialect: DialectName, body: JsonObject) -> list[str]:
    """Base64, or addresses."""
    match dialect:
        case "openai":
            return [part["image_url"]["url"].partition(",")[2] or part["image_url"]["url"]
                    for part in _parts(body["messages"]) if part["type"] == "image_url"]  # fmt: skip
        case "anthropic":
            sources = [part["source"] for part in _parts(body["messages"]) if part["type"] == "image"]
            return [source.get("data") or source["url"] for source in sources]
        case "google":
            parts = [part for content in body["contents"] for part in content["parts"]]
            data = [part["inlineData"]["data"] for part in parts if "inlineData" in part]
            return [*data, *(part["fileData"]["fileUri"] for part in parts if "fileData" in part)]
        case "ollama":
            return [image for message in body["messages"] for image in message.get("images", ())]
        case _:
            assert_never(dialect)


def schema_of(dialect: DialectName, body: JsonObject) -> object:
    """The JSON schema that the answer has to fit, True for any JSON, None where nothing is asked for."""
    match dialect:
        case "openai":
            wanted = body.get("response_format", {})
            return wanted["json_schema"]["schema"] if "json_schema" in wanted else wanted.get("type") and True
        case "anthropic":
            return body.get("output_config", {}).get("format", {}).get("schema")
        case "google":
            config = body.get("generationConfig", {})
            any_json = config.get("responseMimeType") == "application/json"
            return config.get("responseJsonSchema") or (any_json or None)
        case "ollama":
            return True if body.get("format") == "json" else body.get("format")
        case _:
            assert_never(dialect)


def setting_of(dialect: DialectName, body: JsonObject, name: str) -> Any:  # noqa: ANN401 - as it stands in the JSON
    """One of stop, temperature, seed, answers and logprobs."""
    names = {
        "openai": {"answers": "n"},
        "anthropic": {"stop": "stop_sequences"},
        "google": {"stop": "stopSequences", "answers": "candidateCount", "logprobs": "responseLogprobs"},
        "ollama": {},
    }
    spelled = names[dialect].get(name, name)
    match dialect:
        case "openai" | "anthropic":
            return body.get(spelled)
        case "google":
            return body.get("generationConfig", {}).get(spelled)
        case "ollama":
            return body.get(spelled, body.get("options", {}).get(spelled))
        case _:
            assert_never(dialect)


def tools_of(dialect: DialectName, body: JsonObject) -> list[tuple[str, JsonObject]]:
    """Names and schemas of the tools that are offered."""
    match dialect:
        case "openai" | "ollama":
            functions = [tool["function"] for tool in body.get("tools") or ()]
            return [(function["name"], function["parameters"]) for function in functions]
        case "anthropic":
            return [(tool["name"], tool["input_schema"]) for tool in body.get("tools", ())]
        case "google":
            declared = [one for tool in body.get("tools", ()) for one in tool["functionDeclarations"]]
            return [(one["name"], one["parametersJsonSchema"]) for one in declared]
        case _:
            assert_never(dialect)


def results_of(dialect: DialectName, body: JsonObject) -> list[tuple[str, JsonObject, str]]:
    """Results of tools: the name and the arguments of the call that each is for, and its text."""
    match dialect:
        case "openai":
            called = {call["id"]: call["function"] for call in _calls(body)}
            told = [message for message in body["messages"] if message["role"] == "tool"]
            functions = [(called[message["tool_call_id"]], _text(message["content"])) for message in told]
            return [(one["name"], json.loads(one["arguments"]), text) for one, text in functions]
        case "anthropic":
            uses = {block["id"]: block for block in _parts(body["messages"]) if block["type"] == "tool_use"}
            blocks = [block for block in _parts(body["messages"]) if block["type"] == "tool_result"]
            return [
                (uses[block["tool_use_id"]]["name"], uses[block["tool_use_id"]]["input"], _text(block["content"]))
                for block in blocks
            ]
        case "google":
            parts = [part for content in body["contents"] for part in content["parts"]]
            calls = [part["functionCall"] for part in parts if "functionCall" in part]
            answers = [part["functionResponse"] for part in parts if "functionResponse" in part]
            assert [call["name"] for call in calls] == [answer["name"] for answer in answers]
            return [
                (call["name"], call["args"], answer["response"]["output"])
                for call, answer in zip(calls, answers, strict=True)
            ]
        case "ollama":
            results = [message for message in body["messages"] if message["role"] == "tool"]
            made = [call["function"] for call in _calls(body)]
            assert [call["name"] for call in made] == [message["tool_name"] for message in results]
            return [
                (call["name"], call["arguments"], message["content"])
                for call, message in zip(made, results, strict=True)
            ]
        case _:
            assert_never(dialect)


def thoughts_of(dialect: DialectName, body: JsonObject) -> str:
    """The thinking of earlier turns that was sent back; for Google the signature that stands for it."""
    match dialect:
        case "openai":
            return "".join(message.get("reasoning_content", "") for message in body["messages"])
        case "anthropic":
            return "".join(block["thinking"] for block in _parts(body["messages"]) if block["type"] == "thinking")
        case "google":
            parts = [part for content in body["contents"] for part in content["parts"]]
            return "".join(part.get("thoughtSignature", "") for part in parts if "functionCall" in part)
        case "ollama":
            return "".join(message.get("thinking", "") for message in body["messages"])
        case _:
            assert_never(dialect)


def _calls(body: JsonObject) -> Iterator[Any]:
    return (call for message in body["messages"] for call in message.get("tool_calls") or ())


def _parts(messages: list[JsonObject]) -> Iterator[Any]:
    for message in messages:
        content = message["content"]
        yield from content if isinstance(content, list) else ()


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    assert isinstance(content, list)
    return "\n".join(part["text"] for part in content)
