"""The forms of this dialect, each from its ask to the reply that its caller reads."""

import orjson
import pytest

from ai_dashboard.core.chat import JsonObject, Target
from ai_dashboard.dialects.forms import Call, CallerForm, ReplyHead
from ai_dashboard.dialects.kinds import KINDS
from ai_dashboard.dialects.openai.forms import CALLERS, EMBED_CALLERS, EMBED_PROVIDERS, PROVIDERS
from ai_dashboard.dialects.relay import Translation
from ai_dashboard.dialects.sse import SseDecoder

ASKS: dict[str, JsonObject] = {
    "openai.chat": {"model": "m", "messages": [{"role": "user", "content": "Hi"}]},
    "openai.completions": {"model": "m", "prompt": "Hi"},
}


def test_which_forms_there_are() -> None:
    forms = {"openai.chat", "openai.completions"}
    assert {caller.form for caller in CALLERS} == {provider.form for provider in PROVIDERS} == forms == set(ASKS)
    assert {caller.form for caller in EMBED_CALLERS} == {provider.form for provider in EMBED_PROVIDERS}


@pytest.mark.parametrize("kind", ["openai", "openai_compatible", "vllm", "llama_cpp", "demo"])
def test_every_kind_of_this_dialect_is_asked_in_them(kind: str) -> None:
    for provider in PROVIDERS:
        caller = next(caller for caller in CALLERS if caller.form == provider.form)
        ask = caller.read(Call(orjson.dumps(ASKS[caller.form])))
        assert ask.form == caller.form
        request = provider.write(ask, Target("p", kind, "m"), KINDS[kind]).request
        assert (request.path, request.body) == (KINDS[kind].paths[provider.form], ask.raw)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.form)
def test_a_reply_of_another_form_is_translated(caller: CallerForm, stream: bool) -> None:
    ask = caller.read(Call(orjson.dumps(ASKS[caller.form] | {"stream": stream})))
    chunk = {"model": "x", "choices": [{"delta": {"content": "Hello"}, "finish_reason": "stop"}]}
    reply = b"data: " + orjson.dumps(chunk) + b"\n\ndata: [DONE]\n\n"
    if not stream:
        reply = orjson.dumps({"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]})
    decoder = PROVIDERS[0].decoder(ask, "p")
    relay = Translation(decoder, caller.encoder(ask, ReplyHead("r", "m", 7)), commits_at_end=not stream)
    out = relay.feed(reply) + relay.close()
    assert b"Hello" in out
    assert relay.finish == "stop"
    assert (SseDecoder().feed(out)[-1].data == b"[DONE]") if stream else orjson.loads(out)["choices"]
