"""What each of Google's models can be told of thinking."""

import pytest

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.dialects.google.families import family_of, thinking_config

ENABLED = {"type": "enabled", "budget_tokens": 5000}
ADAPTIVE = {"type": "adaptive"}
DISABLED = {"type": "disabled"}


@pytest.mark.parametrize(
    ("model", "body", "config", "warnings"),
    [
        ("gemini-2.5-flash", {}, None, 0),
        ("gemini-2.5-flash", {"reasoning_effort": "medium"}, {"thinkingBudget": 8192, "includeThoughts": True}, 0),
        ("gemini-2.5-flash", {"reasoning_effort": "max"}, {"thinkingBudget": 24576, "includeThoughts": True}, 0),
        ("gemini-2.5-pro", {"reasoning_effort": "max"}, {"thinkingBudget": 32768, "includeThoughts": True}, 0),
        ("gemini-2.5-flash", {"thinking": ENABLED}, {"thinkingBudget": 5000, "includeThoughts": True}, 0),
        ("gemini-2.5-flash", {"thinking": ENABLED | {"budget_tokens": 40000}},
         {"thinkingBudget": 24576, "includeThoughts": True}, 1),
        ("gemini-2.5-flash-lite", {"thinking": ENABLED | {"budget_tokens": 5}},
         {"thinkingBudget": 512, "includeThoughts": True}, 0),
        ("gemini-2.5-flash", {"thinking": ADAPTIVE | {"display": "omitted"}},
         {"thinkingBudget": -1, "includeThoughts": False}, 0),
        ("gemini-2.5-flash", {"thinking": DISABLED}, {"thinkingBudget": 0}, 0),
        ("gemini-2.5-flash", {"reasoning_effort": "none"}, {"thinkingBudget": 0}, 0),
        ("gemini-2.5-pro", {"reasoning_effort": "none"}, {"thinkingBudget": 128}, 1),
        ("gemini-3-pro-preview", {"reasoning_effort": "medium"}, {"thinkingLevel": "HIGH", "includeThoughts": True}, 0),
        ("gemini-3.1-pro-preview", {"reasoning_effort": "medium"},
         {"thinkingLevel": "MEDIUM", "includeThoughts": True}, 0),
        ("models/gemini-3-flash-preview", {"reasoning_effort": "minimal"},
         {"thinkingLevel": "MINIMAL", "includeThoughts": True}, 0),
        ("gemini-3.8-flash", {"reasoning_effort": "minimal"}, {"thinkingLevel": "LOW", "includeThoughts": True}, 0),
        ("gemini-3.8-flash", {"reasoning_effort": "xhigh"}, {"thinkingLevel": "HIGH", "includeThoughts": True}, 0),
        ("gemini-3.8-flash", {"reasoning_effort": "none"}, {"thinkingLevel": "LOW"}, 1),
        ("gemini-3.5-flash-lite", {"thinking": DISABLED}, {"thinkingLevel": "MINIMAL"}, 0),
        ("gemini-3.8-flash", {"thinking": ENABLED}, {"thinkingLevel": "MEDIUM", "includeThoughts": True}, 0),
        ("gemini-3.8-flash", {"thinking": ADAPTIVE}, {"includeThoughts": True}, 0),
        ("gemini-3.8-flash", {"thinking": ADAPTIVE, "reasoning_effort": "low"},
         {"thinkingLevel": "LOW", "includeThoughts": True}, 0),
        ("gemini-flash-latest", {"reasoning_effort": "high"}, {"thinkingLevel": "HIGH", "includeThoughts": True}, 0),
        ("gemini-2.0-flash", {"reasoning_effort": "high"}, None, 1),
        ("gemini-2.0-flash", {"thinking": DISABLED}, None, 0),
        ("gemma-3-27b-it", {"thinking": ADAPTIVE}, None, 1),
        ("gemini-3.8-flash", {"reasoning_effort": "a lot"}, None, 1),
        ("gemini-3.8-flash", {"thinking": 5}, None, 0),
    ],
)  # fmt: skip
def test_thinking_is_asked_for_as_the_model_takes_it(
    model: str, body: JsonObject, config: JsonObject | None, warnings: int
) -> None:
    said: list[str] = []
    assert thinking_config(body, model, said) == config
    assert len(said) == warnings


@pytest.mark.parametrize(
    ("model", "samples", "signs"),
    [
        ("gemini-1.5-pro", True, False), ("gemini-2.5-pro", True, False), ("gemini-3.5-flash", True, True),
        ("gemini-3.5-flash-lite", False, True), ("gemini-3.6-flash", False, True), ("gemini-4-hydrogen", False, True),
        ("gemini-3.1-pro-preview", True, True), ("gemini-pro-latest", False, True), ("gemma-3-27b-it", True, False),
    ],
)  # fmt: skip
def test_newer_models_choose_their_sampling_and_want_signed_calls(model: str, samples: bool, signs: bool) -> None:
    family = family_of(model)
    assert (family.samples, family.signs_calls) == (samples, signs)
