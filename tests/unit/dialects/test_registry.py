"""Which forms there are, and what is put between any two of them; what passes through is in tests/contract."""

import json

import pytest

from ai_dashboard.core.chat import Ask, Form, Target
from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.events import Usage
from ai_dashboard.dialects.embeddings import EmbedTranslation
from ai_dashboard.dialects.forms import Call, ReplyHead
from ai_dashboard.dialects.kinds import KINDS, Kind
from ai_dashboard.dialects.registry import (
    CALLERS,
    EMBED_CALLERS,
    EMBED_PROVIDERS,
    PROVIDERS,
    relay,
    stream_type,
    write,
)  # fmt: skip
from ai_dashboard.dialects.relay import Translation

HEAD = ReplyHead("id", "m", 1)
MESSAGE = {"role": "user", "content": "Hi"}


def ask(form: Form, **fields: object) -> Ask:
    said = {"model": "m", **fields}
    return CALLERS[form].read(Call(json.dumps(said).encode(), "m", "generateContent"))


def target(kind: str) -> Target:
    return Target("first", kind, "theirs", api_key="k")


def test_whoever_can_be_called_in_a_form_can_be_asked_in_it() -> None:
    assert CALLERS.keys() == PROVIDERS.keys()
    assert EMBED_CALLERS.keys() == EMBED_PROVIDERS.keys()
    assert not CALLERS.keys() & EMBED_CALLERS.keys()
    assert all(form == caller.form for form, caller in CALLERS.items())
    assert all(form == provider.form for form, provider in PROVIDERS.items())


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_is_asked_in_forms_that_are_known(kind: Kind) -> None:
    assert {kind.chat, *kind.paths} <= {*PROVIDERS, *EMBED_PROVIDERS}
    assert kind.embed is None or kind.embed in EMBED_PROVIDERS


@pytest.mark.parametrize("form", PROVIDERS)
def test_a_provider_streams_with_the_type_that_callers_of_its_form_expect(form: Form) -> None:
    assert stream_type(form) == CALLERS[form].stream_type


def test_the_same_form_is_tapped_and_another_is_translated() -> None:
    asked = ask("openai.chat", messages=[MESSAGE])
    assert not isinstance(relay(asked, "openai.chat", HEAD), Translation)
    assert isinstance(relay(asked, "anthropic.messages", HEAD), Translation)


def test_embeddings_have_a_relay_of_their_own() -> None:
    asked = EMBED_CALLERS["openai.embeddings"].read(Call(b'{"model": "m", "input": "a"}'))
    passing = relay(asked, "ollama.embed", HEAD)
    assert isinstance(passing, EmbedTranslation)
    passing.feed(b'{"embeddings": [[0.5]], "prompt_eval_count": 1}')
    assert json.loads(passing.close())["data"][0]["embedding"] == [0.5]
    assert passing.usage == Usage(1, 0)


def test_a_caller_who_does_not_stream_is_committed_to_only_at_the_end() -> None:
    passing = relay(ask("anthropic.messages", messages=[MESSAGE], max_tokens=9), "openai.chat", HEAD)
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}
    assert passing.feed(json.dumps({"choices": [choice]}).encode()) == b""
    assert not passing.committed
    assert b"Hello" in passing.close()
    assert passing.committed


def test_fields_that_only_the_callers_own_dialect_knows_are_warned_of_elsewhere() -> None:
    asked = ask("anthropic.messages", messages=[MESSAGE], max_tokens=9, mcp_servers=[{"url": "https://a"}])
    own = write(asked, "anthropic.messages", target("anthropic"), KINDS["anthropic"])
    other = write(asked, "openai.chat", target("openai"), KINDS["openai"])
    assert own.warnings == ()
    assert other.warnings[0] == "`mcp_servers` is left out: only providers that take anthropic.messages know it"
    assert b"mcp_servers" in own.request.body
    assert b"mcp_servers" not in other.request.body


def test_text_that_only_its_provider_keeps_is_not_asked_of_another() -> None:
    asked = ask("openai.responses", input="Hi", previous_response_id="resp_1")
    with pytest.raises(CallerError, match="resp_1"):
        write(asked, "anthropic.messages", target("anthropic"), KINDS["anthropic"])
    assert b"resp_1" in write(asked, "openai.responses", target("openai"), KINDS["openai"]).request.body


@pytest.mark.parametrize("kind", ["openai", "anthropic", "google", "ollama"])
def test_the_model_is_called_as_its_provider_calls_it(kind: str) -> None:
    found = KINDS[kind]
    request = write(ask("openai.chat", messages=[MESSAGE]), found.chat, target(kind), found).request
    assert b"theirs" in request.body + request.path.encode()
