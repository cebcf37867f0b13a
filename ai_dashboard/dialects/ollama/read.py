"""Ollama's asks, read into the canonical form: `/api/chat` and `/api/generate`."""

from ai_dashboard.core.chat import GATEWAY_FIELDS, Ask, Form, JsonObject
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.body import with_numbers_as_written
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.ollama.fields import EFFORTS, SAME_OPTIONS, WHOLE_NUMBERS
from ai_dashboard.dialects.ollama.read_messages import read_messages, user_message
from ai_dashboard.dialects.openai.read import model_of, parse_object, wishes

_EVERYWHERE = frozenset(
    {"model", "stream", "format", "options", "think", "keep_alive", "logprobs", "top_logprobs", *GATEWAY_FIELDS}
)
_CHAT = _EVERYWHERE | {"messages", "tools"}
_GENERATE = _EVERYWHERE | {"prompt", "system", "images"}
_TRUE_ANYWAY = ("truncate", "shift")
"""Fields that say something only when they are false."""

_TOO_LARGE = 1 << 63


def read_chat(call: Call) -> Ask:
    """Read and check an ask of `/api/chat`. Raises `CallerError` that names the field."""
    given = parse_object(call.raw)
    # Calls have their arguments as an object, which becomes text here: with the digits that the caller wrote.
    messages = read_messages(with_numbers_as_written(given, call.raw).get("messages"))
    body: JsonObject = {"model": model_of(given), "messages": messages}
    tools = given.get("tools")
    if not isinstance(tools, list | None) or not all(isinstance(tool, dict) for tool in tools or ()):
        raise CallerError("`tools` is not a list of objects")
    if tools:
        body["tools"] = [{"type": "function", **tool} for tool in tools]
    return _ask(call, "ollama.chat", given, body, _CHAT)


def read_generate(call: Call) -> Ask:
    """Read and check an ask of `/api/generate`: a conversation of one prompt."""
    given = parse_object(call.raw)
    prompt, system = _text(given, "prompt"), _text(given, "system")
    messages: list[JsonObject] = []
    if prompt or given.get("images"):
        if system:
            messages.append({"role": "system", "content": system})
        messages.append(user_message(prompt, given.get("images")))
    return _ask(call, "ollama.generate", given, {"model": model_of(given), "messages": messages}, _GENERATE)


def only_loads(ask: Ask) -> bool:
    """Whether an ask says nothing: Ollama then puts the model into memory, or out of it, and answers without a word."""
    return ask.form in ("ollama.chat", "ollama.generate") and not ask.body["messages"]


def own_fields(given: JsonObject, canonical: frozenset[str]) -> tuple[str, ...]:
    """Which fields that say something the canonical form does not have."""
    return tuple(
        name
        for name, value in given.items()
        if name not in canonical and (value is False if name in _TRUE_ANYWAY else bool(value))
    )


def _ask(call: Call, form: Form, given: JsonObject, body: JsonObject, canonical: frozenset[str]) -> Ask:
    stream = given.get("stream")
    if not isinstance(stream, bool | None):
        raise CallerError("`stream` is neither true nor false")
    stream = stream is not False
    body |= {"stream": stream} | _options(given.get("options")) | _format(given.get("format")) | _think(given)
    if stream:
        body["stream_options"] = {"include_usage": True}  # the last line always has the counts
    for name in ("keep_alive", "logprobs", "top_logprobs", *GATEWAY_FIELDS):
        if given.get(name) is not None:
            body[name] = given[name]
    capability, strict = wishes(given, call.headers)
    return Ask(
        model=body["model"],
        stream=stream,
        body=body,
        raw=call.raw,
        include_usage=True,
        capability=capability,
        form=form,
        own_fields=own_fields(given, canonical),
        strict=strict,
    )


def _options(options: object) -> JsonObject:
    """Sampling options go to the top, where the canonical form has them; what is left stays among `options`."""
    if options is None:
        return {}
    if not isinstance(options, dict):
        raise CallerError("`options` is not an object")
    left = {name: value for name, value in options.items() if value is not None}
    body: JsonObject = {}
    for name in SAME_OPTIONS:
        if name in left:
            number = _number(name, left.pop(name))
            if name != "seed" or number >= 0:  # a seed below zero asks for a random one, as no seed does
                body[name] = number
    if (stop := left.pop("stop", None)) is not None:
        if not isinstance(stop, str) and not (isinstance(stop, list) and all(isinstance(one, str) for one in stop)):
            raise CallerError("`options.stop` is neither a string nor a list of strings")
        if stop:
            body["stop"] = stop
    if "num_predict" in left and (most := int(_number("num_predict", left.pop("num_predict")))) > 0:
        body["max_tokens"] = most  # zero and less say that there is no limit
    if left:
        body["options"] = left
    return body


def _number(name: str, value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CallerError(f"`options.{name}` is not a number")
    if abs(value) >= _TOO_LARGE:
        raise CallerError(f"`options.{name}` is larger than any number of 64 bits")
    return int(value) if name in WHOLE_NUMBERS else value


def _format(wanted: object) -> JsonObject:
    match wanted:
        case None | "":
            return {}
        case "json":
            return {"response_format": {"type": "json_object"}}
        case dict():
            return {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": wanted}}}
        case _:
            raise CallerError('`format` is neither "json" nor a JSON schema')


def _think(given: JsonObject) -> JsonObject:
    match given.get("think"):
        case None | "":
            return {}
        case True:
            return {"thinking": {"type": "adaptive"}}
        case False:
            return {"thinking": {"type": "disabled"}}
        case str(level) if level in EFFORTS:
            return {"reasoning_effort": EFFORTS[level]}
        case _:
            raise CallerError(f"`think` is neither true nor false, nor one of {', '.join(EFFORTS)}")


def _text(given: JsonObject, name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str | None):
        raise CallerError(f"`{name}` is not a string")
    return value or ""
