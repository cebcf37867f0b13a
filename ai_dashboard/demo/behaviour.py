"""What a simulated provider will do with a request, decided whole before its first byte, by chance with a seed.

Pure: no clock, no I/O. The servers only act a `Script` out, so the same seed gives the same evening twice.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any

from ai_dashboard.core.events import FinishReason
from ai_dashboard.demo.catalogue import FaultRates, SimulatedProvider
from ai_dashboard.demo.prose import answer, tokens_of, tool_arguments

ANSWER_MEDIAN = 70
"""Tokens of a typical answer. Lengths are log-normal with `ANSWER_SIGMA`, between `ANSWER_MIN` and `ANSWER_MAX`."""

ANSWER_SIGMA = 0.6
ANSWER_MIN = 12
ANSWER_MAX = 400

GAP_SIGMA = 0.3
"""Unevenness of the gaps between tokens: the standard deviation of their logarithm."""

RETRY_AFTER_S = (1, 2, 3, 5)
"""What a rate-limited caller may be told to wait, in seconds."""


class Fault(StrEnum):
    """What goes wrong with a request."""

    NONE = "none"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    STALL = "stall"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the caller offers; `parameters` is its JSON schema."""

    name: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as both dialects mean it. `prompt` is all of its text, `question` the last thing the user said;
    `max_tokens` is None where the caller set no limit, `must_call` when a tool call is required, `include_usage` when
    a stream shall end with its token counts."""

    model: str
    prompt: str
    question: str
    stream: bool
    max_tokens: int | None = None
    tools: tuple[Tool, ...] = ()
    must_call: bool = False
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
    next, so there is one gap fewer than tokens. `breaks_at` is the number of tokens sent before a stall or a cut.
    With a `call` the tokens are those of its arguments."""

    ttft_s: float
    tokens: tuple[str, ...]
    gaps_s: tuple[float, ...]
    prompt_tokens: int
    finish: FinishReason
    fault: Fault = Fault.NONE
    breaks_at: int = 0
    retry_after_s: int = 0
    call: Call | None = None

    @property
    def completion_tokens(self) -> int:
        """Tokens of the whole answer."""
        return len(self.tokens)

    @property
    def text(self) -> str:
        """The whole answer; empty when it is a tool call."""
        return "" if self.call else "".join(self.tokens)


class Behaviour:
    """A provider's chance. Each request draws from a generator of its own, so that a long answer shifts no other."""

    def __init__(self, provider: SimulatedProvider, seed: int) -> None:
        self._provider = provider
        self._chance = Random(f"{seed}/{provider.name}")

    def script(self, ask: Ask) -> Script:
        """What becomes of the next request."""
        chance = Random(self._chance.getrandbits(64))
        ttft_s = log_normal(chance, self._provider.ttft_median_s, self._provider.ttft_sigma)
        fault = draw_fault(chance, self._provider.faults)
        call = _call(ask, chance)
        tokens, finish = _called(call) if call else _answer(ask, chance)
        gap_s = 1 / self._provider.tokens_per_s
        return Script(
            ttft_s=ttft_s,
            tokens=tokens,
            gaps_s=tuple(log_normal(chance, gap_s, GAP_SIGMA) for _ in tokens[1:]),
            prompt_tokens=len(tokens_of(ask.prompt)),
            finish=finish,
            fault=fault,
            breaks_at=chance.randrange(len(tokens)) if fault in (Fault.STALL, Fault.CUT) else 0,
            retry_after_s=chance.choice(RETRY_AFTER_S) if fault is Fault.RATE_LIMITED else 0,
            call=call,
        )


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


def _call(ask: Ask, chance: Random) -> Call | None:
    """A tool call, when tools are offered and one is required or the question is the classic one."""
    if not ask.tools or not (ask.must_call or "weather" in ask.question.lower()):
        return None
    tool = ask.tools[0]
    return Call(f"call_{chance.getrandbits(64):016x}", tool.name, tool_arguments(tool.parameters, ask.question))


def _called(call: Call) -> tuple[tuple[str, ...], FinishReason]:
    """The tokens of a tool call."""
    return tokens_of(call.arguments), "tool_calls"


def _answer(ask: Ask, chance: Random) -> tuple[tuple[str, ...], FinishReason]:
    """The tokens of a spoken answer, cut short where the caller's limit says so."""
    length = min(max(int(log_normal(chance, ANSWER_MEDIAN, ANSWER_SIGMA)), ANSWER_MIN), ANSWER_MAX)
    tokens = tokens_of(answer(ask.question, length, chance))
    if ask.max_tokens is not None and ask.max_tokens < len(tokens):
        return tokens[: max(ask.max_tokens, 1)], "length"
    return tokens, "stop"
