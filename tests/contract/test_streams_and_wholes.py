"""A stream, folded, is the answer in one piece: for every form of callers and every form of providers, whatever the
provider says and however the network cuts it."""

import json
from typing import AnyStr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_dashboard.core.chat import Ask, Form
from ai_dashboard.core.events import FinishReason, Usage
from ai_dashboard.dialects.forms import Call, Relay, ReplyHead
from ai_dashboard.dialects.registry import CALLERS, PROVIDERS, relay
from tests.contract.readings import Read, read
from tests.contract.replies import Answer, Made, Said, written

HEAD = ReplyHead("id", "m", 1_700_000_000)

OWN_ONLY: tuple[Form, ...] = ("openai.completions", "openai.responses", "ollama.generate")
"""Providers are asked in these forms only by callers who use them."""

PAIRS: list[tuple[Form, Form]] = [
    (caller, provider) for caller in CALLERS for provider in PROVIDERS if provider not in OWN_ONLY or provider == caller
]

WITHOUT_CALLS: tuple[Form, ...] = ("openai.completions",)
"""Forms that have no word for a tool call."""


@st.composite
def json_in_pieces(draw: st.DrawFn) -> tuple[str, ...]:
    """Arguments of a call, cut anywhere."""
    names = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=5)
    values = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
    text = json.dumps(draw(st.dictionaries(names, values, max_size=3)), ensure_ascii=draw(st.booleans()))
    return _cut(text, draw(st.lists(st.integers(0, len(text)), max_size=3)))


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Whatever a model may say that is an answer at all."""
    words = st.text(min_size=1, max_size=12)
    calls = [
        Made(f"call_{number}", draw(st.sampled_from(("get_weather", "add"))), pieces)
        for number, pieces in enumerate(draw(st.lists(json_in_pieces(), max_size=3)))
    ]
    texts = draw(st.lists(words, min_size=0 if calls else 1, max_size=4))
    thoughts = draw(st.lists(words, max_size=3))
    endings: tuple[FinishReason, ...] = ("tool_calls",) if calls else ("stop", "length", "content_filter")
    finish = draw(st.sampled_from(endings))
    thinking = draw(st.integers(0, 50)) if thoughts else 0
    prompt = draw(st.integers(1, 10_000))
    usage = Usage(
        prompt_tokens=prompt,
        completion_tokens=thinking + draw(st.integers(1, 10_000)),
        cached_tokens=draw(st.integers(0, prompt)),
        reasoning_tokens=thinking,
    )
    return Answer((Said(tuple(texts), tuple(thoughts), tuple(calls), finish),), usage)


@pytest.mark.parametrize(("caller", "provider"), PAIRS, ids=lambda form: str(form))
@given(answer=answers(), data=st.data())
@settings(max_examples=25)
def test_a_stream_folded_is_the_whole_answer(caller: Form, provider: Form, answer: Answer, data: st.DataObject) -> None:
    found: list[tuple[Read, Relay]] = []
    for stream in (False, True):
        # Ollama is asked for a stream by all who speak otherwise, also for an answer in one piece.
        streamed = stream or (provider.startswith("ollama") and caller != provider)
        said = written(provider, answer, stream=streamed)
        cuts = data.draw(st.lists(st.integers(0, len(said)), max_size=4), label="cuts")
        passing = relay(_ask(caller, stream=stream), provider, HEAD)
        got = b"".join(passing.feed(piece) for piece in _cut(said, cuts) if piece) + passing.close()
        found.append((read(caller, got, stream=stream), passing))
    (whole, of_whole), (streamed_in, of_stream) = found
    assert streamed_in == whole
    assert (of_stream.usage, of_stream.finish) == (of_whole.usage, of_whole.finish)
    assert of_stream.failure is of_whole.failure is None
    _is_what_was_said(whole, answer, caller)


def _is_what_was_said(got: Read, answer: Answer, caller: Form) -> None:
    """Not only the same in both, but the provider's own words."""
    (said,) = answer.choices
    assert got.text == said.text
    assert got.prompt_tokens == answer.usage.prompt_tokens
    assert got.completion_tokens == answer.usage.completion_tokens
    if caller not in WITHOUT_CALLS:
        assert got.calls == [(call.name, json.loads(call.arguments)) for call in said.calls]


def _ask(form: Form, *, stream: bool) -> Ask:
    """An ask that lets the reply say everything."""
    message = {"role": "user", "content": "Hi"}
    bodies: dict[Form, dict[str, object]] = {
        "openai.chat": {"messages": [message], "stream_options": {"include_usage": True}},
        "openai.completions": {"prompt": "Hi", "stream_options": {"include_usage": True}},
        "openai.responses": {"input": "Hi"},
        "anthropic.messages": {"messages": [message], "max_tokens": 100},
        "google.generate": {
            "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
            "generationConfig": {"thinkingConfig": {"includeThoughts": True}},
        },
        "ollama.chat": {"messages": [message]},
        "ollama.generate": {"prompt": "Hi"},
    }
    body = bodies[form] | ({} if form == "google.generate" else {"model": "m", "stream": stream})
    if not stream:
        body.pop("stream_options", None)
    method = "streamGenerateContent" if stream else "generateContent"
    return CALLERS[form].read(Call(json.dumps(body).encode(), "m", method))


def _cut(whole: AnyStr, places: list[int]) -> tuple[AnyStr, ...]:
    """Cut at these places."""
    starts: list[int] = sorted({0, *places})
    return tuple(whole[start:end] for start, end in zip(starts, [*starts[1:], len(whole)], strict=True))
