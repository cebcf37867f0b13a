import orjson
import pytest

from ai_dashboard.cache.judge import judge, output_in
from ai_dashboard.core.chat import Form
from ai_dashboard.core.events import Event, Finished, Started, Text, ToolCall, Usage
from tests.unit.cache.asks import FORMS, ask, reply

ALL: tuple[Form, ...] = (*FORMS, "openai.responses", "openai.completions", "ollama.generate")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("form", ALL)
def test_a_whole_answer_may_be_kept(form: Form, stream: bool) -> None:
    asked = ask(form, stream=stream)
    judged = judge(asked, reply(asked))
    assert judged is not None
    assert judged.text in ("Hello world", "")
    assert bool(judged.answer_id) != form.startswith("ollama")


CUT: tuple[Event, ...] = (Started("m"), Text("Hel"), Finished("length"), Usage(1, 1))
FILTERED: tuple[Event, ...] = (Started("m"), Text("Hel"), Finished("content_filter"), Usage(1, 1))


@pytest.mark.parametrize("events", [CUT, FILTERED])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("form", ALL)
def test_one_that_was_cut_short_may_not(form: Form, stream: bool, events: tuple[Event, ...]) -> None:
    asked = ask(form, stream=stream)
    assert judge(asked, reply(asked, events)) is None


@pytest.mark.parametrize("form", FORMS)
def test_half_a_stream_may_not(form: Form) -> None:
    asked = ask(form, stream=True)
    whole = reply(asked)
    assert judge(asked, whole[: len(whole) // 2]) is None


def test_a_second_choice_that_was_cut_short_spoils_the_answer() -> None:
    asked = ask(n=2)
    events = (Text("a", 0), Finished("stop", 0), Text("b", 1), Finished("length", 1))
    assert judge(asked, reply(asked, events)) is None


def test_a_tool_call_without_a_word_is_an_answer() -> None:
    asked = ask()
    assert judge(asked, reply(asked, (ToolCall(0, "c", "f", "{}"), Finished("tool_calls")))) is not None


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"<html>", b'{"error":{"message":"no"}}', b'{"choices":[]}',
        b'{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}]}',
        b'{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"  "},"finish_reason":"stop"}]}',
    ],
)  # fmt: skip
def test_what_is_empty_an_error_or_nothing_at_all_may_not(body: bytes) -> None:
    assert judge(ask(), body) is None


def test_vectors_may_be_kept() -> None:
    asked = ask("openai.embeddings")
    good = orjson.dumps({"data": [{"embedding": [0.5, 1.0], "index": 0}], "usage": {"prompt_tokens": 1}})
    assert judge(asked, good) is not None
    assert judge(asked, b'{"data":[]}') is None


@pytest.mark.parametrize("stream", [False, True])
def test_the_items_of_a_response_are_found_again(stream: bool) -> None:
    asked = ask("openai.responses", stream=stream)
    [item] = output_in(reply(asked), stream=stream)
    assert item["content"][0]["text"] == "Hello world"
