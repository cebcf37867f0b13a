"""An ask of the Responses API, passed on to a provider that speaks it: the caller's own bytes wherever they can be.

Asks of other forms are written as chat completions, which every such provider takes too.
"""

from ai_dashboard.core.chat import GATEWAY_FIELDS, Ask, JsonObject, Target
from ai_dashboard.dialects.body import encode, with_numbers_as_written
from ai_dashboard.dialects.forms import Decoder, Written
from ai_dashboard.dialects.kinds import Kind
from ai_dashboard.dialects.openai.passthrough import request_of, with_model
from ai_dashboard.dialects.openai.responses_items import SEAL, is_sealed, items_of
from ai_dashboard.dialects.openai.responses_read import ResponsesAsk


def write(ask: Ask, target: Target, kind: Kind) -> Written:
    """The request as the provider wants it; its body is the caller's own bytes when nothing has to change."""
    return Written(request_of(ask, target, kind, "openai.responses", _body(_own(ask), target)))


def no_decoder(ask: Ask, call_prefix: str) -> Decoder:
    """There is none: only replies to asks of this very form come in it, and a tap passes those on."""
    raise NotImplementedError(f"an ask in the form {ask.form} is not written in this one")


def _own(ask: Ask) -> ResponsesAsk:
    if not isinstance(ask, ResponsesAsk):
        raise NotImplementedError(f"an ask in the form {ask.form} is not written in this one")
    return ask


def _body(ask: ResponsesAsk, target: Target) -> bytes:
    left_out = set(GATEWAY_FIELDS & ask.asked.keys())
    # A provider that never heard the conversation so far is told all of it.
    retell = bool(ask.past) and ask.kept_by != target.provider
    sealed = SEAL.encode() in ask.raw and any(is_sealed(item) for item in items_of(ask.asked.get("input")))
    if not (left_out or retell or sealed):
        raw = ask.raw if ask.model == target.model else with_model(ask.raw, target.model)
        if raw is not None:
            return raw
    asked = with_numbers_as_written(ask.asked, ask.raw)
    changes: JsonObject = {"model": target.model}
    if retell or sealed:
        changes["input"] = [item for item in items_of(asked.get("input")) if not is_sealed(item)]
    if retell:
        left_out.add("previous_response_id")
        changes["input"] = [_retold(item) for item in ask.past if _can_be_retold(item)] + changes["input"]
    return encode({name: value for name, value in (asked | changes).items() if name not in left_out})


def _can_be_retold(item: JsonObject) -> bool:
    """Thinking is of use to those who can read it, and a provider that does not keep it needs it encrypted."""
    return item.get("type") != "reasoning" or (bool(item.get("encrypted_content")) and not is_sealed(item))


def _retold(item: JsonObject) -> JsonObject:
    """An item for a provider that does not know its id; an id that it has to look up would be an error."""
    if item.get("type") not in ("message", "function_call"):
        return item
    return {name: value for name, value in item.items() if name not in ("id", "extra_content")}
