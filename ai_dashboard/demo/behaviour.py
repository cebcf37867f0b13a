"""What a simulated provider will do with a request, decided whole before its first byte, by chance with a seed.

A tool is called where the question sounds like one of those that are offered, or where the caller insists; once the
tool has answered, so does the model.

Pure: no clock, no I/O. The servers only act a `Script` out, so the same seed gives the same evening twice.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from types import MappingProxyType
from typing import Any

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.events import FinishReason
from ai_dashboard.demo.catalogue import FaultRates, SimulatedProvider
from ai_dashboard.demo.faults import BREAKS, ChosenFault, Fault
from ai_dashboard.demo.prose import answer, thoughts, tokens_of, tool_arguments

ANSWER_MEDIAN = 70
"""Tokens of a typical answer. Lengths are log-normal with `ANSWER_SIGMA`, between `ANSWER_MIN` and `ANSWER_MAX`."""

ANSWER_SIGMA = 0.6
ANSWER_MIN = 12
ANSWER_MAX = 400

GAP_SIGMA = 0.3
"""Unevenness of the gaps between tokens: the standard deviation of their logarithm."""

THINKING_TOKENS: Mapping[str, int] = MappingProxyType(
    {
        "minimal": 8,
        "low": 16,
        "medium": 40,
        "high": 80,
        "xhigh": 120,
        "max": 160,
    }
)
"""How much thinking goes with an effort, in tokens; no other word asks for any."""

MIN_WORD = 4
"""Letters that a word needs to tell a tool by: `get` and `the` are in every question."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")

RETRY_AFTER_S = (1, 2, 3, 5)
"""What a rate-limited caller may be told to wait, in seconds."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the caller offers; `parameters` is its JSON schema."""

    name: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as all dialects mean it. `prompt` is all of its text, `question` the last thing the user said;
    `max_tokens` is None where the caller set no limit, `must_call` when a tool call is required, `tool_result` what a
    tool has just answered, `thinking` about how many tokens of thinking may precede the answer, `bare` when the answer
    is wanted as text and not as a message, `wants_cache` when the prompt shall be kept in memory, `include_usage` when
    a stream shall end with its token counts."""

    model: str
    prompt: str
    question: str
    stream: bool
    max_tokens: int | None = None
    tools: tuple[Tool, ...] = ()
    must_call: bool = False
    tool_result: str | None = None
    thinking: int = 0
    shows_thinking: bool = True
    bare: bool = False
    wants_cache: bool = False
    include_usage: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call to answer with; `arguments` is JSON text."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Script:
    """One request's whole future. Times are seconds: `ttft_s` to the first token, `gaps_s[i]` from token `i` to the
    next, so there is one gap fewer than tokens. `breaks_at` is the number of tokens sent before one of `BREAKS`.
    With a `call` the tokens are those of its arguments. `thoughts` come before the tokens, each with the gap that
    follows it; `cached_tokens` are the part of the prompt that was in memory already. `pause_s` is a wait between the
    head and the first token; the reply says so often that it `finishes`, and what it used if it is `counted`."""

    ttft_s: float
    tokens: tuple[str, ...]
    gaps_s: tuple[float, ...]
    prompt_tokens: int
    finish: FinishReason
    fault: Fault = Fault.NONE
    breaks_at: int = 0
    retry_after_s: int = 0
    call: Call | None = None
    thoughts: tuple[str, ...] = ()
    thought_gaps_s: tuple[float, ...] = ()
    cached_tokens: int = 0
    pause_s: float = 0.0
    finishes: int = 1
    counted: bool = True

    @property
    def completion_tokens(self) -> int:
        """Tokens of the whole answer, thinking included."""
        return len(self.thoughts) + len(self.tokens)

    @property
    def thinking(self) -> str:
        """All of the thinking; empty when there was none."""
        return "".join(self.thoughts)

    @property
    def text(self) -> str:
        """The whole answer; empty when it is a tool call."""
        return "" if self.call else "".join(self.tokens)


class Behaviour:
    """A provider's chance. Each request draws from a generator of its own, so that a long answer shifts no other; so
    do the faults that were asked for, so that the answers are the same with and without them."""

    def __init__(self, provider: SimulatedProvider, seed: int) -> None:
        self._provider = provider
        self._chance = Random(f"{seed}/{provider.name}")
        self._mischief = Random(f"{seed}/{provider.name}/chosen faults")

    def script(self, ask: Ask) -> Script:
        """What becomes of the next request."""
        chance = Random(self._chance.getrandbits(64))
        ttft_s = log_normal(chance, self._provider.ttft_median_s, self._provider.ttft_sigma)
        fault = draw_fault(chance, self._provider.faults)
        call = _call(ask, chance)
        tokens, finish = _called(call) if call else _answer(ask, chance)
        gap_s = 1 / self._provider.tokens_per_s
        gaps_s = tuple(log_normal(chance, gap_s, GAP_SIGMA) for _ in tokens[1:])
        breaks_at = chance.randrange(len(tokens)) if fault in (Fault.STALL, Fault.CUT) else 0
        retry_after_s = chance.choice(RETRY_AFTER_S) if fault is Fault.RATE_LIMITED else 0
        # Drawn last, so that an ask without thinking gets the answer that it would get with it.
        thoughts = _thoughts(ask, chance)
        script = Script(
            ttft_s=ttft_s,
            tokens=tokens,
            gaps_s=gaps_s,
            prompt_tokens=len(tokens_of(ask.prompt)),
            finish=finish,
            fault=fault,
            breaks_at=breaks_at,
            retry_after_s=retry_after_s,
            call=call,
            thoughts=thoughts,
            thought_gaps_s=tuple(log_normal(chance, gap_s, GAP_SIGMA) for _ in thoughts),
        )
        return befall(script, self._provider.chosen, self._mischief)


def log_normal(chance: Random, median: float, sigma: float) -> float:
    """A draw whose median is `median`; `sigma` is the standard deviation of its logarithm."""
    return chance.lognormvariate(math.log(median), sigma)


def draw_fault(chance: Random, rates: FaultRates) -> Fault:
    """At most one fault, each as often as its rate says."""
    draw = chance.random()
    for fault, rate in (
        (Fault.RATE_LIMITED, rates.rate_limited),
        (Fault.SERVER_ERROR, rates.server_error),
        (Fault.STALL, rates.stall),
        (Fault.CUT, rates.cut),
    ):
        if draw < rate:
            return fault
        draw -= rate
    return Fault.NONE


def befall(script: Script, chosen: Sequence[ChosenFault], chance: Random) -> Script:
    """What becomes of a script by the faults that were asked for. Of those that spoil the answer the first that strikes
    is the one; those that slow it down or change its manners come together."""
    spoilt = False
    for one in chosen:
        # Drawn whether they are needed or not, so that the next request does not depend on it.
        strikes, place, wait_s = chance.random() * 100 < one.percent, chance.random(), chance.choice(RETRY_AFTER_S)
        if not strikes:
            continue
        seconds = one.seconds or 0.0
        match one.fault:
            case Fault.NONE | Fault.REFUSE | Fault.FLAP:
                pass  # nothing that a request could show
            case Fault.SLOW:
                script = replace(script, pause_s=script.pause_s + seconds)
            case Fault.SLOW_HEADERS:
                script = replace(script, ttft_s=script.ttft_s + seconds)
            case Fault.NO_USAGE:
                script = replace(script, counted=False)
            case Fault.DOUBLE_FINISH:
                script = replace(script, finishes=2)
            case _:
                if not spoilt:
                    script = _spoilt(script, one, int(place * len(script.tokens)), int(seconds) or wait_s)
                spoilt = True
    return script


def _spoilt(script: Script, one: ChosenFault, place: int, wait_s: int) -> Script:
    """A script with a fault that there is no way around; `place` and `wait_s` are what chance says of it."""
    if one.fault is Fault.EMPTY:
        return replace(
            script, fault=one.fault, tokens=(), gaps_s=(), thoughts=(), thought_gaps_s=(), call=None, finish="stop"
        )
    if one.fault in BREAKS:
        return replace(
            script, fault=one.fault, breaks_at=min(place if one.place is None else one.place, len(script.tokens))
        )
    return replace(script, fault=one.fault, retry_after_s=wait_s)


def _call(ask: Ask, chance: Random) -> Call | None:
    """A tool call, when a tool is offered and required, or the question sounds like it."""
    tool = _tool_for(ask)
    if tool is None:
        return None
    return Call(f"call_{chance.getrandbits(64):016x}", tool.name, tool_arguments(tool.parameters, ask.question))


def _tool_for(ask: Ask) -> Tool | None:
    """The first tool when one is required; else the first of which a word of its name is in the question."""
    if ask.must_call:
        return next(iter(ask.tools), None)
    if ask.tool_result is not None:
        return None
    asked = _words(ask.question)
    return next((tool for tool in ask.tools if asked & _words(tool.name)), None)


def _words(text: str) -> set[str]:
    """The longer words of a sentence or of a name, however the name is put together."""
    return {word.lower() for word in _WORD.findall(text) if len(word) >= MIN_WORD}


def _thoughts(ask: Ask, chance: Random) -> tuple[str, ...]:
    """The tokens of the thinking."""
    length = _thinking_length(ask)
    if not length:
        return ()
    return tokens_of(thoughts(ask.question, length, chance))[:length]


def _thinking_length(ask: Ask) -> int:
    """So many tokens are thought: at most half of what the caller's limit allows."""
    return ask.thinking if ask.max_tokens is None else min(ask.thinking, ask.max_tokens // 2)


def _called(call: Call) -> tuple[tuple[str, ...], FinishReason]:
    """The tokens of a tool call."""
    return tokens_of(call.arguments), "tool_calls"


def _answer(ask: Ask, chance: Random) -> tuple[tuple[str, ...], FinishReason]:
    """The tokens of a spoken answer, cut short where the caller's limit says so."""
    length = min(max(int(log_normal(chance, ANSWER_MEDIAN, ANSWER_SIGMA)), ANSWER_MIN), ANSWER_MAX)
    told = ask.question if ask.tool_result is None else f"{ask.tool_result} {ask.question}"
    tokens = tokens_of(answer(told, length, chance))
    if ask.max_tokens is not None and (room := ask.max_tokens - _thinking_length(ask)) < len(tokens):
        return tokens[: max(room, 1)], "length"
    return tokens, "stop"
