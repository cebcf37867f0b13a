"""What OpenAI's thinking models can be told."""

from typing import Any

import pytest

from ai_dashboard.dialects.openai.reasoning import EFFORTS, effort_of, fit, thinker

NONE_TO_HIGH = ("none", "low", "medium", "high")


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("gpt-4o", None),
        ("gpt-4.1-mini", None),
        ("gpt-3.5-turbo", None),
        ("chatgpt-4o-latest", None),
        ("gpt-5-chat-latest", None),
        ("gpt-oss-120b", None),
        ("ft:gpt-4o-mini:org::id", None),
        ("o3-mini-2025-01-31", ("low", "medium", "high")),
        ("ft:o4-mini:org::id", ("low", "medium", "high")),
        ("gpt-5-mini", ("minimal", "low", "medium", "high")),
        ("gpt-5.1-2025-11-13", NONE_TO_HIGH),
        ("gpt-5.4-mini", (*NONE_TO_HIGH, "xhigh")),
        ("gpt-6.1-sol", (*NONE_TO_HIGH, "xhigh", "max")),
    ],
)
def test_who_thinks_and_how_hard(model: str, efforts: tuple[str, ...] | None) -> None:
    known = thinker(model)
    assert (known and known.efforts) == efforts


@pytest.mark.parametrize(
    ("model", "nearest"),
    [
        ("o3", ("low", "low", "low", "medium", "high", "high", "high")),
        ("gpt-5", ("minimal", "minimal", "low", "medium", "high", "high", "high")),
        ("gpt-5.1", ("none", "low", "low", "medium", "high", "high", "high")),
        ("gpt-5.6", ("none", "low", "low", "medium", "high", "xhigh", "max")),
    ],
)
def test_the_nearest_effort(model: str, nearest: tuple[str, ...]) -> None:
    known = thinker(model)
    assert known is not None
    assert tuple(map(known.nearest, EFFORTS)) == nearest


@pytest.mark.parametrize(
    ("thinking", "effort"),
    [
        ({"type": "enabled", "budget_tokens": 1024}, "low"),
        ({"type": "enabled", "budget_tokens": 10000}, "medium"),
        ({"type": "enabled", "budget_tokens": 31999}, "high"),
        ({"type": "enabled", "budget_tokens": "many"}, None),
        ({"type": "disabled"}, "none"),
        ({"type": "adaptive"}, None),
        (None, None),
        ("enabled", None),
    ],
)
def test_a_budget_as_an_effort(thinking: object, effort: str | None) -> None:
    assert effort_of(thinking) == effort


SAMPLING: dict[str, Any] = {"temperature": 0.5, "top_p": 1, "stop": ["x"], "logprobs": True, "presence_penalty": 0}


def test_a_model_that_thinks_is_not_told_how_to_choose_words() -> None:
    body = {"seed": 1, "reasoning_effort": "low"} | SAMPLING
    warnings = fit(body, "gpt-5")
    assert body == {"seed": 1, "reasoning_effort": "low"}
    assert [warning.split("`")[1] for warning in warnings] == ["temperature", "logprobs", "stop"]


def test_it_is_when_it_is_told_not_to_think() -> None:
    body = {"reasoning_effort": "none"} | SAMPLING
    assert fit(body, "gpt-5.1") == []
    assert body == {"reasoning_effort": "none"} | SAMPLING


def test_a_model_that_does_not_think_is_not_asked_to() -> None:
    body = {"reasoning_effort": "high"} | SAMPLING
    assert fit(body, "gpt-4o") == ["the wish for thinking is left out: gpt-4o does not think"]
    assert body == SAMPLING
    assert fit({"reasoning_effort": "none"}, "gpt-4o") == []


@pytest.mark.parametrize(("effort", "warned"), [(None, False), ("none", False), ("high", True)])
def test_newer_models_take_tools_only_without_thinking(effort: str | None, warned: bool) -> None:
    body: dict[str, Any] = {"tools": [{}], "temperature": 0.5} | ({"reasoning_effort": effort} if effort else {})
    assert bool(fit(body, "gpt-5.6-luna")) is warned
    assert body == {"tools": [{}], "temperature": 0.5, "reasoning_effort": "none"}


def test_what_is_no_effort_is_for_the_service_to_judge() -> None:
    body: dict[str, Any] = {"reasoning_effort": ["high"]}
    assert fit(body, "gpt-5") == []
    assert body == {"reasoning_effort": ["high"]}


def test_one_call_at_a_time() -> None:
    body = {"parallel_tool_calls": False, "tools": [{}]}
    assert fit(body, "o3") == []
    assert body == {"tools": [{}]}
