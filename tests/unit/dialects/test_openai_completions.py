"""Asks of the older completions, read as a chat."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.openai.completions import CompletionsAsk, read


def asked(**body: object) -> CompletionsAsk:
    return read(Call(orjson.dumps({"model": "m", "prompt": "Once"} | body)))


def canonical(**body: object) -> dict[str, Any]:
    read_body = dict(asked(**body).body)
    assert read_body.pop("model") == "m"
    assert read_body.pop("messages") == [{"role": "user", "content": "Once"}]
    return read_body


def test_a_prompt_is_a_users_message() -> None:
    ask = asked()
    assert (ask.form, ask.stream, ask.own_fields, ask.strict, ask.echo) == ("openai.completions", False, (), False, "")
    assert canonical(prompt=["Once"]) == {}


def test_what_means_the_same_is_kept() -> None:
    same = {
        "max_tokens": 5,
        "temperature": 0,
        "n": 2,
        "stop": ["x"],
        "seed": 1,
        "user": "u",
        "top_k": 3,
        "stream": True,
    }
    assert canonical(**same, stream_options={"include_usage": True}) == {
        **same,
        "stream_options": {"include_usage": True},
    }
    ask = asked(stream=True, stream_options={"include_usage": True}, capability="c", strict=True)
    assert (ask.stream, ask.include_usage, ask.capability, ask.strict) == (True, True, "c", True)


@pytest.mark.parametrize(
    ("logprobs", "said"),
    [
        (3, {"logprobs": True, "top_logprobs": 3}),
        (0, {"logprobs": True}),
        (True, {"logprobs": True}),
        (False, {}),
        (None, {}),
        ("3", {}),
    ],
)
def test_log_probabilities(logprobs: object, said: dict[str, Any]) -> None:
    assert canonical(logprobs=logprobs) == said


@pytest.mark.parametrize(
    ("body", "own"),
    [
        ({"suffix": "end", "made_up": 1, "nothing": None}, ("suffix", "made_up")),
        ({"best_of": 3}, ("best_of",)),
        ({"best_of": 3, "n": 3}, ()),
        ({"best_of": 1}, ()),
        ({"echo": True}, ()),
    ],
)
def test_what_only_this_form_can_say(body: dict[str, Any], own: tuple[str, ...]) -> None:
    ask = asked(**body)
    assert (ask.own_fields, ask.strict) == (own, False)


@pytest.mark.parametrize(("echo", "repeated"), [(True, "Once"), (False, ""), (None, ""), (1, "")])
def test_whether_the_prompt_is_wanted_back(echo: object, repeated: str) -> None:
    assert asked(echo=echo).echo == repeated


@pytest.mark.parametrize(
    ("prompt", "own"),
    [(["a", "b"], "prompt[1:]"), ([1, 2], "prompt"), ([[1], [2, 3]], "prompt"), ([[1]], "prompt")],
)
def test_several_prompts_are_never_answered_in_part(prompt: object, own: str) -> None:
    ask = asked(prompt=prompt)
    assert (ask.own_fields, ask.strict) == ((own,), True)


@pytest.mark.parametrize("prompt", [None, [], 5, {}, ["a", 1], [[1], "a"], [None], [True]])
def test_what_is_no_prompt(prompt: object) -> None:
    with pytest.raises(CallerError, match="`prompt`"):
        asked(prompt=prompt)


@pytest.mark.parametrize("wrong", [{"model": 5}, {"stream": 1}, {"capability": 5}, {"strict": 5}])
def test_wrong_fields_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(CallerError, match=f"`{next(iter(wrong))}`"):
        asked(**wrong)


names = st.sampled_from(("model", "prompt", "logprobs", "echo", "best_of", "n", "stream", "stream_options", "messages"))
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.just("m"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(names, anything))
def test_any_json_is_read_or_refused(body: dict[str, Any]) -> None:
    try:
        ask = read(Call(orjson.dumps(body)))
    except CallerError:
        return
    assert isinstance(ask.body["messages"][0]["content"], str)
