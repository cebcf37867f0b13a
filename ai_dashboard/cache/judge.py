"""Whether an answer may be kept: only one that is whole, was not cut short, and says something."""

from typing import NamedTuple

import orjson

from ai_dashboard.core.chat import Ask, Form, JsonObject
from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.core.events import Event, Failed
from ai_dashboard.dialects import ndjson, sse
from ai_dashboard.dialects.fold import Choice, Fold
from ai_dashboard.dialects.openai.responses_tap import finish_of, id_of, output_of
from ai_dashboard.dialects.openai.tap import choices_of, error_in
from ai_dashboard.dialects.openai.tap import finish_of as choice_finish_of
from ai_dashboard.dialects.registry import EMBED_PROVIDERS, PROVIDERS
from ai_dashboard.dialects.tap import late_object

ENDED_WELL = frozenset({"stop", "tool_calls"})
"""Neither cut short by a limit (`length`) nor by a filter, which may judge otherwise tomorrow."""

_TEXT_ONLY = frozenset({"role", "content"})

_ID_FIELDS = ("id", "responseId")


class Judged(NamedTuple):
    """An answer that may be kept: its id ("" where it has none) and its text, all choices together."""

    answer_id: str
    text: str


def judge(ask: Ask, body: bytes) -> Judged | None:
    """The answer to an ask, as it was sent to the caller; None when it may not be kept."""
    if ask.operation == "embed":
        return Judged("", "") if _has_vectors(ask.form, body) else None
    match ask.form:
        case "openai.responses":
            return _of_response(ask, body)
        case "openai.completions":
            return _of_completion(ask, body)
        case "openai.chat":
            return plainly_good(body, stream=ask.stream) or _of_events(ask, body)
        case _:
            return _of_events(ask, body)


def events_of(ask: Ask, body: bytes) -> list[Event]:
    """A reply, read back. Raises `UpstreamInvalid` for what is none."""
    reading = PROVIDERS[ask.form].decoder(ask, "kept")
    return [*reading.feed(body), *reading.close()]


def plainly_good(body: bytes, *, stream: bool) -> Judged | None:
    """A chat's reply of one choice, of nothing but text, as most write it: the same that is found by decoding it, in a
    third of the time or less. None for any other, whether it is good or not."""
    said, chunks = ("delta", _chunks_in(body)) if stream else ("message", [late_object(body)])
    texts: list[str] = []
    finish = None
    for chunk in chunks:
        choices = chunk.get("choices") if chunk is not None and "error" not in chunk else None
        if type(choices) is not list or len(choices) > 1 or (finish is not None and choices):
            return None
        for choice in choices:
            piece = choice.get(said) if type(choice) is dict and choice.get("index", 0) == 0 else None
            if type(piece) is not dict or any(value and name not in _TEXT_ONLY for name, value in piece.items()):
                return None
            if type(content := piece.get("content")) is str:
                texts.append(content)
            finish = choice.get("finish_reason")
    text = "".join(texts)
    return Judged(_id_in(chunks[0] or {}), text) if finish == "stop" and text.strip() else None


def _chunks_in(body: bytes) -> list[JsonObject | None]:
    """The chunks of a stream, read in one go; none of one that is written in any other way than usual."""
    events = [event for event in body.split(b"\n\n") if event[:1] not in (b"", b":")]
    if not events or events.pop() != b"data: [DONE]" or b"\r" in body:
        return []
    if not all(event.startswith(b"data: {") and b"\n" not in event for event in events):
        return []
    try:
        chunks = orjson.loads(b"[%b]" % b",".join([event[6:] for event in events]))
    except orjson.JSONDecodeError:
        return []
    return chunks if len(chunks) == len(events) and all(type(chunk) is dict for chunk in chunks) else []


def _has_vectors(form: Form, body: bytes) -> bool:
    try:
        return bool(EMBED_PROVIDERS[form].decode(body).vectors)
    except UpstreamInvalid:
        return False


def _of_events(ask: Ask, body: bytes) -> Judged | None:
    fold = Fold()
    try:
        for event in events_of(ask, body):
            if isinstance(event, Failed):
                return None
            fold.add(event)
    except UpstreamInvalid:
        return None
    if not all(_is_good(choice) for choice in fold.choices):
        return None
    return Judged(_id_in(_first_object(ask, body)), "\n".join(choice.text for choice in fold.choices))


def _is_good(choice: Choice) -> bool:
    ended_well = choice.finish is not None and choice.finish.reason in ENDED_WELL
    return ended_well and bool(choice.text.strip() or choice.calls or choice.refusal)


def _of_response(ask: Ask, body: bytes) -> Judged | None:
    """A response says of itself that it is whole; of a stream the last event that has it counts."""
    response = late_object(body) if not ask.stream else None
    for event in sse.backwards(body) if ask.stream else ():
        told = late_object(sse.data_of(event) or b"")
        if told is not None and isinstance(response := told.get("response"), dict):
            break
    if response is None or response.get("status") != "completed" or finish_of(response) not in ENDED_WELL:
        return None
    output = output_of(response)
    return Judged(id_of(response), "") if output else None


def _of_completion(ask: Ask, body: bytes) -> Judged | None:
    """The older completions: every choice has a text and an end."""
    texts: dict[object, str] = {}
    ends: dict[object, str | None] = {}
    for chunk in _objects(ask, body):
        if error_in(chunk) is not None:
            return None
        for choice in choices_of(chunk):
            number, text = choice.get("index", 0), choice.get("text")
            texts[number] = texts.get(number, "") + (text if isinstance(text, str) else "")
            ends[number] = choice_finish_of(choice) or ends.get(number)
    if not texts or not all(text.strip() for text in texts.values()) or not ENDED_WELL.issuperset(ends.values()):
        return None
    return Judged(_id_in(_first_object(ask, body)), "\n".join(texts.values()))


def _objects(ask: Ask, body: bytes) -> list[JsonObject]:
    pieces = [sse.data_of(event) or b"" for event in sse.backwards(body)][::-1] if ask.stream else [body]
    return [found for piece in pieces if (found := late_object(piece)) is not None]


def _first_object(ask: Ask, body: bytes) -> JsonObject:
    """The object that a reply begins with: the whole of it, or a stream's first."""
    if not ask.stream:
        return late_object(body) or {}
    if ask.form.startswith("ollama."):
        return late_object(body[: ndjson.first_line(body)]) or {}
    while body:
        end = sse.first_event(body)
        if (found := late_object(sse.data_of(body[:end]) or b"")) is not None:
            return found
        body = body[end:]
    return {}


def _id_in(first: JsonObject) -> str:
    """The id of a reply; Anthropic's streams have it inside their first event."""
    inner = first.get("message")
    for holder in (first, inner if isinstance(inner, dict) else {}):
        for name in _ID_FIELDS:
            if isinstance(found := holder.get(name), str) and found:
                return found
    return ""


def output_in(body: bytes, *, stream: bool) -> list[JsonObject]:
    """The items of a response that was kept."""
    if not stream:
        return output_of(orjson.loads(body))
    for event in sse.backwards(body):
        told = late_object(sse.data_of(event) or b"")
        if told is not None and isinstance(response := told.get("response"), dict):
            return output_of(response)
    return []
