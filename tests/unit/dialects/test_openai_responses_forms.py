"""The form as a whole: an ask in, a reply out, and everything that the gateway needs in one place."""

import orjson

from ai_dashboard.core.chat import Target
from ai_dashboard.core.events import Finished, Text
from ai_dashboard.dialects.forms import Call, ReplyHead
from ai_dashboard.dialects.kinds import KINDS
from ai_dashboard.dialects.openai.responses_forms import CALLERS, PROVIDERS

RAW = orjson.dumps({"model": "gpt-5", "input": "Hello"})


def test_a_caller_is_read_and_answered() -> None:
    (form,) = CALLERS
    ask = form.read(Call(RAW))
    reply = form.encoder(ask, ReplyHead("abc", "gpt-5", 1))
    for event in (Text("Hi"), Finished("stop")):
        reply.encode(event)
    assert orjson.loads(reply.close())["output"][0]["content"][0]["text"] == "Hi"
    assert ask.form == form.form == "openai.responses"


def test_a_provider_of_the_form_gets_the_callers_bytes_and_its_reply_passes() -> None:
    (caller,), (provider,) = CALLERS, PROVIDERS
    ask = caller.read(Call(RAW))
    assert provider.write(ask, Target("openai", "openai", "gpt-5"), KINDS["openai"]).request.body == RAW
    assert provider.form == caller.form
    relay = caller.tap(ask)
    reply = orjson.dumps({"id": "resp_1", "status": "completed", "output": [{"type": "message"}]})
    assert relay.feed(reply) + relay.close() == reply
