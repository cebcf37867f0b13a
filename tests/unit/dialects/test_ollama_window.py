"""How large a window a prompt is given."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import Ask, Form, Target
from ai_dashboard.dialects.ollama.window import (
    DEFAULT_WINDOW,
    LONGEST_ANSWER,
    TOKENS_PER_IMAGE,
    TOKENS_PER_MESSAGE,
    USUAL_ANSWER,
    asked_window,
    configured_window,
    cut_prompt,
    sent_window,
    tokens_needed,
    wider,
    window_of,
)  # fmt: skip

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 9000}}


def ask(*contents: object, **more: object) -> Ask:
    messages = [{"role": "user", "content": content} for content in contents]
    return Ask("m", True, {"model": "m", "messages": messages, **more}, b"", True)


def target(context_length: int | None = None, **options: object) -> Target:
    return Target("p", "ollama", "m", options=options, context_length=context_length)


@pytest.mark.parametrize(
    ("prompt_bytes", "max_tokens", "window"),
    [
        (3, None, 4096),
        (6000, None, 4096),
        (6300, None, 8192),
        (3, 4000, 4096),
        (3, 4096, 8192),
        (3, 100_000, 16_384),
        (60_000, 100, 32_768),
        (600_000, None, 262_144),
    ],
)
def test_windows_grow_in_steps(prompt_bytes: int, max_tokens: int | None, window: int) -> None:
    assert window_of(ask("a" * prompt_bytes, max_tokens=max_tokens), target()) == window


@pytest.mark.parametrize(
    ("context_length", "configured", "window"),
    [
        (None, None, 32_768),
        (131_072, None, 32_768),
        (20_000, None, 20_000),
        (2048, None, 2048),
        (None, 65_536, 65_536),
        (None, 24_000, 24_000),
        (None, 8192, 32_768),
        (20_000, 8192, 20_000),
        (20_000, 24_576, 24_576),
        (20_000, "many", 20_000),
    ],
)
def test_bounds_of_a_window(context_length: int | None, configured: object, window: int) -> None:
    options = {} if configured is None else {"num_ctx": configured}
    assert window_of(ask("a" * 60_000), target(context_length, **options)) == window


@pytest.mark.parametrize(
    ("window", "options", "expected"),
    [
        (None, {}, {}),
        (4096, {}, {}),
        (8192, {}, {"num_ctx": 8192}),
        (4096, {"num_ctx": 2048}, {"num_ctx": 4096}),
        (8192, {"num_ctx": 8192}, {}),
    ],
)
def test_only_a_wider_window_than_the_usual_one_is_asked_for(
    window: int | None, options: dict[str, Any], expected: dict[str, int]
) -> None:
    assert wider(window, target(**options)) == expected


def test_what_the_operator_has_configured() -> None:
    assert configured_window(target()) is None
    assert configured_window(target(num_ctx="many")) is None
    assert configured_window(target(num_ctx=8192)) == 8192


@pytest.mark.parametrize("said", [{"num_ctx": 512}, {"options": {"num_ctx": 512}}])
def test_a_caller_who_knows_better_is_left_alone(said: dict[str, Any]) -> None:
    assert window_of(ask("a" * 60_000, **said), target(num_ctx=8192)) is None
    assert asked_window(said) == 512
    assert asked_window({"options": {"num_ctx": None}}) is None
    assert asked_window({"options": "none"}) is None


@pytest.mark.parametrize(
    ("form", "prompt_bytes", "said", "options", "window"),
    [
        ("openai.chat", 3, {}, {}, 4096),
        ("openai.chat", 60_000, {}, {}, 32_768),
        ("openai.chat", 3, {}, {"num_ctx": 2048}, 4096),
        ("openai.chat", 3, {"num_ctx": 512}, {}, 512),
        ("openai.chat", 3, {"num_ctx": "many"}, {}, None),
        ("ollama.chat", 3, {}, {}, None),
        ("ollama.generate", 60_000, {}, {}, 32_768),
        ("ollama.chat", 3, {}, {"num_ctx": 8192}, 8192),
        ("ollama.chat", 60_000, {}, {"num_ctx": 8192}, 32_768),
        ("ollama.chat", 60_000, {"options": {"num_ctx": 512}}, {"num_ctx": 8192}, 512),
    ],
)
def test_the_window_that_is_sent(
    form: Form, prompt_bytes: int, said: dict[str, Any], options: dict[str, Any], window: int | None
) -> None:
    asked = replace(ask("a" * prompt_bytes, **said), form=form)
    assert sent_window(asked, target(**options)) == window


def test_a_prompt_that_fills_its_window_was_cut() -> None:
    asked = ask("Hi", num_ctx=512)
    assert cut_prompt(asked, target(), 511) is None
    assert cut_prompt(replace(ask("Hi"), form="ollama.chat"), target(), 99_999) is None
    said = cut_prompt(asked, target(), 512)
    assert said == "the prompt was cut: 512 tokens of it were read, and `num_ctx` was 512"


def needed(*contents: object, **more: object) -> int:
    return tokens_needed(ask(*contents, **more).body) - USUAL_ANSWER - TOKENS_PER_MESSAGE * len(contents)


def test_what_a_prompt_is_made_of() -> None:
    assert needed("abc") == 1
    assert needed("abc", "abcd") == 3
    assert needed("日本語") == 3
    assert needed(None) == 0
    assert needed([{"type": "text", "text": "abc"}, IMAGE, 7]) == 1 + TOKENS_PER_IMAGE
    assert needed("", tools=[{"function": {"name": "f"}}]) == -(-len('{"tools":[{"function":{"name":"f"}}]}') // 3)


def test_thinking_and_calls_of_earlier_turns_count() -> None:
    call = {"function": {"name": "abc", "arguments": "{1234}"}}
    message = {"role": "assistant", "content": None, "reasoning_content": "abc", "tool_calls": [call, 5]}
    assert tokens_needed({"messages": [message]}) == 4 + USUAL_ANSWER + TOKENS_PER_MESSAGE


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"max_tokens": 7}, 7),
        ({"max_completion_tokens": 8, "max_tokens": 7}, 8),
        ({"max_tokens": 10**6}, LONGEST_ANSWER),
        ({"max_tokens": 0}, USUAL_ANSWER),
        ({"max_tokens": "7"}, USUAL_ANSWER),
    ],
)
def test_what_is_kept_for_the_answer(said: dict[str, Any], kept: int) -> None:
    assert tokens_needed({"messages": [], **said}) == kept


@given(st.lists(st.text(), max_size=5), st.integers(1, 10**6))
def test_a_window_always_holds_what_is_needed(contents: list[str], max_tokens: int) -> None:
    asked = ask(*contents, max_tokens=max_tokens)
    window = window_of(asked, target())
    assert window is not None
    assert window >= max(tokens_needed(asked.body), DEFAULT_WINDOW)
    assert window & (window - 1) == 0
