"""Scripts repeat with their seed, and chance keeps to the figures of the catalogue."""

import json
from dataclasses import replace
from random import Random
from statistics import median

import pytest

from ai_dashboard.demo.behaviour import (
    ANSWER_MAX,
    RETRY_AFTER_S,
    THINKING_TOKENS,
    Ask,
    Behaviour,
    Script,
    Tool,
    befall,
    draw_fault,
)
from ai_dashboard.demo.catalogue import CLOUD, OLLAMA, PROVIDERS, VLLM, FaultRates, SimulatedProvider
from ai_dashboard.demo.faults import BREAKS, ChosenFault, Fault, read_faults
from ai_dashboard.demo.prose import tokens_of

QUESTION = "How do I size a connection pool for Postgres?"
ASK = Ask(model="gpt-5", prompt=QUESTION, question=QUESTION, stream=True)
WEATHER = Tool("get_weather", {"type": "object", "properties": {"city": {"type": "string"}}})


def scripts(provider: SimulatedProvider, seed: int, count: int, ask: Ask = ASK) -> list[Script]:
    behaviour = Behaviour(provider, seed)
    return [behaviour.script(ask) for _ in range(count)]


def test_the_same_seed_gives_the_same_scripts() -> None:
    assert scripts(CLOUD, 7, 50) == scripts(CLOUD, 7, 50)
    assert scripts(CLOUD, 7, 50) != scripts(CLOUD, 8, 50)
    assert scripts(CLOUD, 7, 50) != scripts(VLLM, 7, 50)


def test_what_one_caller_asks_shifts_no_other_script() -> None:
    behaviour = Behaviour(CLOUD, 7)
    behaviour.script(replace(ASK, max_tokens=1))
    assert behaviour.script(ASK) == scripts(CLOUD, 7, 2)[1]


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_times_have_the_medians_of_the_catalogue(provider: SimulatedProvider) -> None:
    drawn = scripts(provider, 1, 2000)
    assert median(script.ttft_s for script in drawn) == pytest.approx(provider.ttft_median_s, rel=0.06)
    gaps = [gap for script in drawn for gap in script.gaps_s]
    assert median(gaps) == pytest.approx(1 / provider.tokens_per_s, rel=0.02)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_faults_are_as_frequent_as_the_catalogue_says(provider: SimulatedProvider) -> None:
    chance = Random(3)
    count = 40_000
    drawn = [draw_fault(chance, provider.faults) for _ in range(count)]
    rates = provider.faults
    for fault, rate in (
        (Fault.RATE_LIMITED, rates.rate_limited),
        (Fault.SERVER_ERROR, rates.server_error),
        (Fault.STALL, rates.stall),
        (Fault.CUT, rates.cut),
    ):
        assert drawn.count(fault) / count == pytest.approx(rate, abs=0.003)


def test_texts_and_counts_agree() -> None:
    for script in scripts(OLLAMA, 2, 50):
        assert tokens_of(script.text) == script.tokens
        assert len(script.gaps_s) == script.completion_tokens - 1
        assert script.prompt_tokens == len(tokens_of(QUESTION))
        assert script.completion_tokens < ANSWER_MAX + 40
        assert script.finish == "stop"


def test_a_limit_cuts_the_answer_short_and_says_so() -> None:
    script = scripts(CLOUD, 2, 1, replace(ASK, max_tokens=5))[0]
    assert (script.completion_tokens, script.finish) == (5, "length")


@pytest.mark.parametrize("fault", [Fault.STALL, Fault.CUT])
def test_an_answer_that_breaks_off_does_so_before_its_end(fault: Fault) -> None:
    provider = replace(CLOUD, faults=FaultRates(**{fault.value: 1.0}))
    drawn = scripts(provider, 4, 200)
    assert {script.fault for script in drawn} == {fault}
    assert all(0 <= script.breaks_at < script.completion_tokens for script in drawn)
    assert len({script.breaks_at for script in drawn}) > 20


def test_a_rate_limited_caller_is_told_when_to_come_back() -> None:
    drawn = scripts(replace(CLOUD, faults=FaultRates(rate_limited=1.0)), 4, 100)
    assert {script.retry_after_s for script in drawn} == set(RETRY_AFTER_S)


@pytest.mark.parametrize(
    ("question", "must_call", "calls"),
    [
        ("What is the weather in Oslo?", False, True),
        ("What is a mutex?", False, False),
        ("What is a mutex?", True, True),
    ],
)
def test_tools_are_called_when_asked_for(question: str, must_call: bool, calls: bool) -> None:
    ask = replace(ASK, question=question, tools=(WEATHER,), must_call=must_call)
    script = scripts(CLOUD, 5, 1, ask)[0]
    assert (script.call is not None) is calls
    assert script.finish == ("tool_calls" if calls else "stop")
    if script.call is not None:
        assert script.call.name == "get_weather"
        assert json.loads(script.call.arguments)["city"]
        assert "".join(script.tokens) == script.call.arguments
        assert script.text == ""


@pytest.mark.parametrize(
    ("name", "question"),
    [("get_weather", "Weather, please."), ("searchDocs", "Search for pools."), ("book-flight", "A flight to Oslo?")],
)
def test_a_question_sounds_like_a_tool_when_they_share_a_word(name: str, question: str) -> None:
    script = scripts(CLOUD, 5, 1, replace(ASK, question=question, tools=(Tool("get_other", {}), Tool(name, {}))))[0]
    assert script.call is not None
    assert script.call.name == name


def test_short_words_are_in_every_question() -> None:
    ask = replace(ASK, question="How do I get there?", tools=(Tool("get_it", {}),))
    assert scripts(CLOUD, 5, 1, ask)[0].call is None


def test_after_a_tool_has_answered_the_model_does() -> None:
    ask = replace(ASK, question="What is the weather in Oslo?", tools=(WEATHER,), tool_result="Drizzle")
    script = scripts(CLOUD, 5, 1, ask)[0]
    assert script.call is None
    assert "Drizzle" in script.text
    assert scripts(CLOUD, 5, 1, replace(ask, must_call=True))[0].call is not None


def test_thinking_comes_before_an_answer_that_stays_the_same() -> None:
    plain = scripts(CLOUD, 5, 1)[0]
    thoughtful = scripts(CLOUD, 5, 1, replace(ASK, thinking=THINKING_TOKENS["low"]))[0]
    assert (thoughtful.tokens, thoughtful.ttft_s) == (plain.tokens, plain.ttft_s)
    assert plain.thoughts == ()
    assert thoughtful.thinking.startswith("This is simulated thinking about ")
    assert len(thoughtful.thoughts) == len(thoughtful.thought_gaps_s) == THINKING_TOKENS["low"]
    assert thoughtful.completion_tokens == plain.completion_tokens + THINKING_TOKENS["low"]


def test_a_limit_holds_for_thinking_and_answer_together() -> None:
    script = scripts(CLOUD, 2, 1, replace(ASK, thinking=80, max_tokens=20))[0]
    assert (len(script.thoughts), script.completion_tokens, script.finish) == (10, 20, "length")


def test_without_tools_nothing_is_called() -> None:
    ask = replace(ASK, question="What is the weather in Oslo?", must_call=True)
    assert scripts(CLOUD, 5, 1, ask)[0].call is None


def chosen(text: str) -> tuple[ChosenFault, ...]:
    return read_faults(text, [provider.name for provider in PROVIDERS])


def told(text: str, count: int = 1, seed: int = 7) -> list[Script]:
    """Scripts of a cloud that fails only as it is told to."""
    return scripts(replace(CLOUD, faults=FaultRates(), chosen=chosen(text)), seed, count)


WELL = scripts(replace(CLOUD, faults=FaultRates()), 7, 40)


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("slow=5s", {"pause_s": 5.0}),
        ("slow=5s,slow=500ms", {"pause_s": 5.5}),
        ("nousage,dupfinish", {"counted": False, "finishes": 2}),
        ("500", {"fault": Fault.SERVER_ERROR}),
        ("503,500,nousage", {"fault": Fault.UNAVAILABLE, "counted": False}),
        ("html", {"fault": Fault.HTML}),
        ("error200", {"fault": Fault.ERROR_200}),
        ("429=9", {"fault": Fault.RATE_LIMITED, "retry_after_s": 9}),
        ("cut@3", {"fault": Fault.CUT, "breaks_at": 3}),
        ("stall@0", {"fault": Fault.STALL, "breaks_at": 0}),
        ("empty", {"fault": Fault.EMPTY, "tokens": (), "gaps_s": ()}),
        ("refuse,flap", {}),
    ],
)
def test_a_fault_that_was_asked_for_changes_what_it_says_and_nothing_else(text: str, change: dict[str, object]) -> None:
    struck = told(text)[0]
    for name, value in change.items():
        assert getattr(struck, name) == value
        struck = replace(struck, **{name: getattr(WELL[0], name)})
    assert replace(struck, retry_after_s=0) == WELL[0]


def test_the_head_comes_later_by_what_was_asked_for() -> None:
    assert told("slowheaders=2m")[0].ttft_s == WELL[0].ttft_s + 120


def test_an_answer_that_is_too_short_to_break_in_its_middle_breaks_before_its_end() -> None:
    struck = told("garbage@100000")[0]
    assert (struck.fault, struck.breaks_at) == (Fault.GARBAGE, len(struck.tokens))


@pytest.mark.parametrize("fault", sorted(BREAKS))
def test_the_place_of_a_break_is_a_matter_of_chance_unless_it_is_given(fault: Fault) -> None:
    drawn = told(fault, 40)
    assert {script.fault for script in drawn} == {fault}
    assert all(0 <= script.breaks_at < len(script.tokens) for script in drawn)
    assert len({script.breaks_at for script in drawn}) > 10
    assert drawn == told(fault, 40)


def test_a_rate_limit_without_a_time_draws_one() -> None:
    assert {script.retry_after_s for script in told("429", 60)} == set(RETRY_AFTER_S)


def test_a_share_of_the_requests_is_struck_and_the_others_are_as_ever() -> None:
    drawn = told("429=1:30%", 1000)
    struck = [script.fault is Fault.RATE_LIMITED for script in drawn]
    assert sum(struck) == pytest.approx(300, abs=45)
    assert [script for script, hit in zip(drawn, struck, strict=True) if not hit][:20] == [
        script for script, hit in zip(WELL, struck, strict=False) if not hit
    ][:20]
    assert drawn == told("429=1:30%", 1000)


def test_what_one_fault_draws_shifts_no_other() -> None:
    one = befall(WELL[0], chosen("500:1%,cut"), Random(3))
    other = befall(WELL[0], chosen("nousage,cut"), Random(3))
    assert one == replace(other, counted=True)


def test_natural_faults_give_way_to_those_that_were_asked_for() -> None:
    provider = replace(CLOUD, faults=FaultRates(rate_limited=1.0), chosen=chosen("html:50%"))
    assert {script.fault for script in scripts(provider, 4, 50)} == {Fault.RATE_LIMITED, Fault.HTML}
