import json

import pytest

from ai_dashboard.cache.judge import events_of, judge
from ai_dashboard.cache.replay import Kept, replay, shape_of, told_by
from ai_dashboard.core.chat import Ask, Form
from ai_dashboard.core.events import Started
from ai_dashboard.dialects.fold import Fold
from tests.unit.cache.asks import FORMS, USAGE, ask, entry, reply

NEW = "fedcba9876543210"


def kept_from(asked: Ask, body: bytes | None = None) -> Kept:
    body = reply(asked) if body is None else body
    judged = judge(asked, body)
    assert judged is not None
    form, stream, usage_shown = shape_of(asked)
    return Kept(
        entry(body, 1_700_000_000.0, form=form, stream=stream, usage_shown=usage_shown, answer_id=judged.answer_id)
    )


def folded(asked: Ask, body: bytes) -> Fold:
    fold = Fold()
    for event in events_of(asked, body):
        fold.add(event)
    return fold


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("form", [*FORMS, "openai.responses", "openai.completions"])
def test_the_same_form_gets_the_same_bytes_under_a_new_id(form: Form, stream: bool) -> None:
    asked = ask(form, stream=stream)
    again = replay(kept_from(asked), asked, NEW)
    assert again is not None
    assert again.replace(NEW.encode(), b"0123456789abcdef") == reply(asked)
    assert (NEW.encode() in again) != form.startswith("ollama")


@pytest.mark.parametrize("streams", [(False, True), (True, False), (True, True), (False, False)])
@pytest.mark.parametrize("to", FORMS)
@pytest.mark.parametrize("first", FORMS)
def test_any_form_gets_the_answer_that_was_made_for_any_other(
    first: Form, to: Form, streams: tuple[bool, bool]
) -> None:
    kept = kept_from(ask(first, stream=streams[0]))
    wanted = ask(to, stream=streams[1])
    body = replay(kept, wanted, NEW)
    assert body is not None
    fold = folded(wanted, body)
    [choice] = fold.choices
    assert choice.text == "Hello world"
    assert choice.finish is not None
    assert choice.finish.reason == "stop"
    if streams[1] is False or to != "openai.chat":
        assert fold.usage is not None
        assert (fold.usage.prompt_tokens, fold.usage.completion_tokens) == (
            USAGE.prompt_tokens,
            USAGE.completion_tokens,
        )


def test_who_wants_usage_in_a_stream_gets_it_also_from_one_without() -> None:
    plain, curious = ask(stream=True), ask(stream=True, stream_options={"include_usage": True})
    body = replay(kept_from(plain), curious, NEW)
    assert body is not None
    assert b'"usage"' not in reply(plain)
    assert b'"completion_tokens":7' in body


def test_what_was_written_once_for_another_form_is_kept_and_its_size_counted() -> None:
    kept, wanted = kept_from(ask()), ask("anthropic.messages", stream=True)
    before = kept.size
    one = replay(kept, wanted, NEW)
    size = kept.size
    assert size > before
    assert replay(kept, wanted, "0" * 16) == (one or b"").replace(NEW.encode(), b"0" * 16)
    assert kept.size == size


def test_a_word_of_the_answer_is_not_taken_for_the_id() -> None:
    asked = ask()
    body = json.dumps(
        {
            "id": "chatcmpl-1",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": 'say "chatcmpl-1" or chatcmpl-1'},
                         "finish_reason": "stop"}],
        }
    ).encode()  # fmt: skip
    again = json.loads(replay(kept_from(asked, body), asked, NEW) or b"")
    assert again["id"] == f"chatcmpl-{NEW}"
    assert again["choices"][0]["message"]["content"] == 'say "chatcmpl-1" or chatcmpl-1'


def test_a_response_cannot_be_said_in_another_form_nor_another_in_its() -> None:
    assert replay(kept_from(ask("openai.responses")), ask(), NEW) is None
    assert replay(kept_from(ask()), ask("openai.responses"), NEW) is None
    assert replay(kept_from(ask("openai.responses")), ask("openai.responses", stream=True), NEW) is None


def test_a_conversation_can_go_on_from_a_response_that_was_given_again() -> None:
    asked = ask("openai.responses")
    kept = kept_from(asked)
    told = told_by(kept, asked, NEW)
    assert told is not None
    assert told.response_id == json.loads(replay(kept, asked, NEW) or b"")["id"]
    assert told.output[0]["content"][0]["text"] == "Hello world"
    assert told_by(kept_from(ask()), ask(), NEW) is None


def test_an_answer_that_cannot_be_read_back_is_given_to_nobody_of_another_form() -> None:
    broken = Kept(entry(b'{"id":"x"}'))
    assert replay(broken, ask("anthropic.messages"), NEW) is None


def test_the_provider_s_own_name_for_the_model_is_told() -> None:
    wanted = ask("anthropic.messages", stream=False)
    events = events_of(wanted, replay(kept_from(ask()), wanted, NEW) or b"")
    assert Started("m") in events
