"""Length, thinking, sampling and the choice of tools, by what each model takes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import Target
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.anthropic.families import family_of
from ai_dashboard.dialects.anthropic.settings import MIN_BUDGET, Settings

OPUS_5_5, SONNET_5_5, HAIKU_5_5 = "claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5"
OPUS_4_8, OPUS_4_6, HAIKU_4_5, HAIKU_3_5 = "claude-opus-4-8", "claude-opus-4-6", "claude-haiku-4-5", "claude-3-5-haiku"
MODELS = (OPUS_5_5, SONNET_5_5, HAIKU_5_5, OPUS_4_8, OPUS_4_6, HAIKU_4_5, HAIKU_3_5, "claude-3-7-sonnet", "alias")
ADAPTIVE = {"type": "adaptive"}
SHOWN = {"type": "adaptive", "display": "summarized"}
OFF = {"type": "disabled"}
OLD, NEW = "2023-06-01", "2026-10-21"


def budget(tokens: int) -> dict[str, Any]:
    return {"type": "enabled", "budget_tokens": tokens}


def effort(level: str) -> dict[str, Any]:
    return {"output_config": {"effort": level}}


def write(
    model: str,
    *,
    warned: int = 0,
    version: str = OLD,
    choice: dict[str, Any] | None = None,
    calls_without_thinking: bool = False,
    target: Target | None = None,
    **body: object,
) -> dict[str, Any]:
    warnings: list[str] = []
    target = target or Target("p", "anthropic", model)
    written = Settings(body, target, version, warnings, choice, calls_without_thinking).write()
    assert len(warnings) == warned, warnings
    return written


@pytest.mark.parametrize(
    ("model", "body", "tokens", "warned"),
    [
        (OPUS_5_5, {}, 128_000, 0),
        (HAIKU_4_5, {}, 64_000, 0),
        ("alias", {}, 4096, 0),
        ("alias", {"max_tokens": 50_000}, 50_000, 0),
        (HAIKU_4_5, {"max_tokens": 7}, 7, 0),
        (HAIKU_4_5, {"max_tokens": 7, "max_completion_tokens": 8}, 8, 0),
        (HAIKU_4_5, {"max_tokens": 64_001}, 64_000, 1),
        (HAIKU_4_5, {"max_tokens": 0}, 0, 0),
    ],
)
def test_there_is_always_a_limit(model: str, body: dict[str, Any], tokens: int, warned: int) -> None:
    assert write(model, warned=warned, **body) == {"max_tokens": tokens}


def test_the_operators_limit_and_the_window_hold() -> None:
    own = Target("p", "anthropic", "alias", max_output=100)
    assert write("", target=own) == {"max_tokens": 100}
    assert write("", target=own, max_tokens=101, warned=1) == {"max_tokens": 100}
    assert write("", target=Target("p", "anthropic", "alias", context_length=2000)) == {"max_tokens": 1000}


@pytest.mark.parametrize(
    ("model", "asked", "expected"),
    [
        (OPUS_5_5, "minimal", {"thinking": SHOWN, "output_config": {"effort": "low"}}),
        (OPUS_5_5, "xhigh", {"thinking": SHOWN, "output_config": {"effort": "xhigh"}}),
        (OPUS_4_6, "xhigh", {"thinking": ADAPTIVE, "output_config": {"effort": "high"}}),
        (OPUS_4_6, "max", {"thinking": ADAPTIVE, "output_config": {"effort": "max"}}),
        (HAIKU_4_5, "low", {"thinking": budget(2048)}),
        (HAIKU_4_5, "high", {"thinking": budget(16384)}),
        (HAIKU_5_5, "none", {"thinking": OFF}),
        (SONNET_5_5, "none", {"thinking": {"type": "between_tools"}}),
        (OPUS_4_8, "none", {}),
        (HAIKU_4_5, "none", {}),
        (HAIKU_3_5, "none", {}),
    ],
)
def test_an_effort_is_thinking(model: str, asked: str, expected: dict[str, Any]) -> None:
    assert write(model, reasoning_effort=asked, max_tokens=60_000 if model != HAIKU_3_5 else 9) == expected | {
        "max_tokens": 60_000 if model != HAIKU_3_5 else 9
    }


@pytest.mark.parametrize(
    ("model", "thinking", "expected", "warned"),
    [
        (HAIKU_4_5, budget(5000), {"thinking": budget(5000)}, 0),
        (HAIKU_4_5, budget(5), {"thinking": budget(MIN_BUDGET)}, 0),
        (HAIKU_4_5, ADAPTIVE, {"thinking": budget(8192)}, 0),
        (OPUS_4_6, budget(5000), {"thinking": budget(5000)}, 0),
        (OPUS_4_6, ADAPTIVE, {"thinking": ADAPTIVE}, 0),
        (OPUS_5_5, ADAPTIVE, {"thinking": SHOWN}, 0),
        (OPUS_5_5, ADAPTIVE | {"display": "omitted"}, {"thinking": ADAPTIVE | {"display": "omitted"}}, 0),
        (OPUS_5_5, budget(1024), {"thinking": SHOWN, "output_config": {"effort": "low"}}, 1),
        (OPUS_5_5, budget(5000), {"thinking": SHOWN, "output_config": {"effort": "medium"}}, 1),
        (OPUS_5_5, budget(32_000), {"thinking": SHOWN, "output_config": {"effort": "high"}}, 1),
        (OPUS_5_5, OFF, {"output_config": {"effort": "low"}}, 1),
        (HAIKU_5_5, OFF, {"thinking": OFF}, 0),
        (HAIKU_4_5, OFF, {}, 0),
        (HAIKU_3_5, ADAPTIVE, {}, 1),
    ],
)
def test_thinking_as_each_model_takes_it(model: str, thinking: object, expected: dict[str, Any], warned: int) -> None:
    tokens = 8000 if model == HAIKU_3_5 else 60_000
    assert write(model, thinking=thinking, max_tokens=tokens, warned=warned) == expected | {"max_tokens": tokens}


def test_both_thinking_and_an_effort() -> None:
    both = write(OPUS_5_5, thinking=ADAPTIVE, reasoning_effort="max")
    assert (both["thinking"], both["output_config"]) == (SHOWN, {"effort": "max"})
    assert write(HAIKU_5_5, thinking=OFF, reasoning_effort="max")["thinking"] == OFF


@pytest.mark.parametrize(
    ("body", "expected", "warned"),
    [
        ({"thinking": budget(5000), "max_tokens": 5001}, {"thinking": budget(5000)}, 0),
        ({"thinking": budget(5000), "max_tokens": 5000}, {"thinking": budget(2500)}, 1),
        ({"thinking": budget(5000), "max_tokens": 1100}, {"thinking": budget(MIN_BUDGET)}, 1),
        ({"reasoning_effort": "high", "max_tokens": 4000}, {"thinking": budget(2000)}, 0),
        ({"reasoning_effort": "high", "max_tokens": 1024}, {}, 1),
    ],
)
def test_a_budget_leaves_room_for_the_answer(body: dict[str, Any], expected: dict[str, Any], warned: int) -> None:
    assert write(HAIKU_4_5, warned=warned, **body) == expected | {"max_tokens": body["max_tokens"]}


def test_a_limit_that_nobody_gave_grows_with_the_budget() -> None:
    assert write("alias", reasoning_effort="high") == {"thinking": budget(16384), "max_tokens": 16384 + 4096}


ANY = {"type": "any"}


@pytest.mark.parametrize(
    ("model", "body", "expected", "warned"),
    [
        (OPUS_5_5, {}, {"tool_choice": {"type": "auto"}}, 1),
        (HAIKU_5_5, {}, {"tool_choice": ANY, "thinking": OFF}, 0),
        (HAIKU_5_5, {"reasoning_effort": "low"}, {"tool_choice": ANY, "thinking": OFF, **effort("low")}, 1),
        (HAIKU_5_5, {"reasoning_effort": "max"}, {"tool_choice": ANY, "thinking": OFF, **effort("high")}, 1),
        (OPUS_4_8, {}, {"tool_choice": ANY}, 0),
        (HAIKU_4_5, {"reasoning_effort": "high"}, {"tool_choice": ANY}, 1),
        ("claude-fable-5", {}, {"tool_choice": ANY}, 0),
    ],
)  # fmt: skip
def test_a_forced_tool_and_thinking(model: str, body: dict[str, Any], expected: dict[str, Any], warned: int) -> None:
    written = write(model, choice=ANY, max_tokens=9000, warned=warned, **body)
    assert written == expected | {"max_tokens": 9000}


def test_a_choice_that_becomes_auto_keeps_its_calls_single() -> None:
    choice = {"type": "tool", "name": "f", "disable_parallel_tool_use": True}
    assert write(OPUS_5_5, choice=choice, warned=1)["tool_choice"] == {
        "type": "auto",
        "disable_parallel_tool_use": True,
    }


def test_a_turn_that_began_without_thinking_goes_on_without() -> None:
    assert "thinking" not in write(HAIKU_4_5, reasoning_effort="low", calls_without_thinking=True, warned=1)
    assert write(OPUS_5_5, reasoning_effort="low", calls_without_thinking=True)["thinking"] == SHOWN


@pytest.mark.parametrize(
    ("model", "version", "body", "expected", "warned"),
    [
        (HAIKU_4_5, OLD, {"temperature": 0.5, "top_k": 40}, {"temperature": 0.5, "top_k": 40}, 0),
        (HAIKU_4_5, OLD, {"temperature": 0}, {"temperature": 0}, 0),
        (HAIKU_4_5, OLD, {"temperature": 1.7}, {"temperature": 1}, 1),
        (HAIKU_4_5, OLD, {"temperature": 0.5, "top_p": 0.9}, {"temperature": 0.5}, 1),
        (HAIKU_4_5, OLD, {"temperature": 0.5, "top_p": 1}, {"temperature": 0.5}, 0),
        (HAIKU_3_5, OLD, {"temperature": 0.5, "top_p": 0.9}, {"temperature": 0.5, "top_p": 0.9}, 0),
        (HAIKU_4_5, OLD, {"top_k": 0}, {}, 0),
        (HAIKU_4_5, OLD, {"top_k": -1}, {}, 0),
        (OPUS_5_5, OLD, {"temperature": 1, "top_p": 1.0}, {}, 0),
        (OPUS_5_5, OLD, {"temperature": 0, "top_p": 0.5, "top_k": 3}, {}, 3),
        (HAIKU_4_5, NEW, {"temperature": 0.5}, {}, 1),
        ("alias", NEW, {"top_k": 5}, {}, 1),
    ],
)
def test_sampling(model: str, version: str, body: dict[str, Any], expected: dict[str, Any], warned: int) -> None:
    assert write(model, version=version, max_tokens=9, warned=warned, **body) == expected | {"max_tokens": 9}


def test_thinking_leaves_no_room_for_sampling() -> None:
    written = write(HAIKU_4_5, reasoning_effort="low", temperature=0.5, top_k=3, top_p=0.96, warned=2)
    assert written == {"thinking": budget(2048), "top_p": 0.96, "max_tokens": 64_000}
    assert "top_p" not in write(HAIKU_4_5, reasoning_effort="low", temperature=1, top_p=0.5, warned=1)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"max_tokens": "9"}, "`max_tokens`"),
        ({"max_completion_tokens": True}, "`max_completion_tokens`"),
        ({"temperature": "hot"}, "`temperature`"),
        ({"top_k": []}, "`top_k`"),
        ({"reasoning_effort": "enormous"}, "`reasoning_effort`"),
        ({"reasoning_effort": ["low"]}, "`reasoning_effort`"),
        ({"thinking": True}, "`thinking`"),
        ({"thinking": {"type": "x"}}, "`thinking.type`"),
        ({"thinking": {"type": []}}, "`thinking.type`"),
        ({"thinking": {"type": "enabled", "budget_tokens": "x"}}, "`thinking.budget_tokens`"),
        ({"thinking": {"type": "enabled", "budget_tokens": 0}}, "`thinking.budget_tokens`"),
    ],
)
def test_what_makes_no_sense_to_send(body: dict[str, Any], named: str) -> None:
    with pytest.raises(CallerError, match=named):
        write(HAIKU_4_5, **body)


EFFORTS = st.sampled_from([None, "none", "minimal", "low", "medium", "high", "xhigh", "max"])
THINKING = st.none() | st.sampled_from([OFF, ADAPTIVE]) | st.builds(budget, st.integers(1, 70_000))
CHOICES = st.sampled_from([None, ANY, {"type": "auto"}, {"type": "none"}, {"type": "tool", "name": "f"}])
NUMBERS = st.none() | st.floats(0, 2)


@given(
    st.sampled_from(MODELS), st.sampled_from([OLD, NEW]), EFFORTS, THINKING, CHOICES,
    st.none() | st.integers(1, 70_000), NUMBERS, NUMBERS, st.none() | st.integers(0, 9), st.booleans(),
)  # fmt: skip
def test_no_combination_that_anthropic_refuses_is_sent(
    model: str,
    version: str,
    asked_effort: str | None,
    thinking: dict[str, Any] | None,
    choice: dict[str, Any] | None,
    tokens: int | None,
    temperature: float | None,
    top_p: float | None,
    top_k: int | None,
    late: bool,
) -> None:
    body = {
        "reasoning_effort": asked_effort,
        "thinking": thinking,
        "max_tokens": tokens,
        "temperature": temperature,
        "top_p": top_p,
        "top_k": top_k,
    }
    family = family_of(model)
    written = Settings(body, Target("p", "anthropic", model), version, [], choice, late).write()
    thought = written.get("thinking", {"type": family.off})
    forced = written.get("tool_choice", {}).get("type") in ("any", "tool")
    sampled = written.keys() & {"temperature", "top_p", "top_k"}
    if thought["type"] == "enabled":
        assert family.thinks in ("budget", "either")
        assert MIN_BUDGET <= thought["budget_tokens"] < written["max_tokens"]
    if thought["type"] == "adaptive":
        assert family.thinks in ("adaptive", "either")
    if "thinking" in written and thought["type"] in ("disabled", "between_tools"):
        assert thought["type"] == family.off
        assert written.get("output_config", {}).get("effort") not in ("xhigh", "max")
    if thought["type"] in ("enabled", "adaptive"):
        assert not sampled - {"top_p"}
        assert not forced or family.off == "never"
    assert family.forced_tools or not forced
    assert not sampled or (family.sampling and version == OLD)
    assert 0 <= written.get("temperature", 0) <= 1
    assert written.get("output_config", {}).get("effort") in (None, *family.efforts)
