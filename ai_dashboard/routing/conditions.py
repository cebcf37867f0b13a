"""Conditions, compiled once, held against a request and the present.

| name | what it is |
|---|---|
| `header.x-…` | the caller's header, empty when it was not sent |
| `metadata.…` | a field of the request's `metadata`, empty when it is not there |
| `stream` | the answer is streamed |
| `batch_size`, `batch_mode` | requests in the batch that this one belongs to, 1 without a batch; more than one |
| `request_count` | requests in flight at all providers together, now |
| `local_saturated` | there are servers of your own, and none of them has room: see `saturated` |
| `complexity` | how hard the request looks, `low`, `medium` or `high`: see `routing/complexity.py` |
| `quality_tier` | the least quality that the caller requires, `medium` when it does not say |
| `length` | characters of the prompt, roughly: 4 for each of `prompt_tokens` |
| `prompt_tokens` | tokens of the prompt, estimated |
| `max_tokens` | tokens reserved for the answer, 0 when the caller does not say |
| `priority` | the header `x-priority`, else `metadata.priority`, in small letters; `normal` when neither is there |
| `tenant`, `user`, `model` | who asks, and for which model; empty when it is not known |
| `has_images`, `has_tools` | the request has images, or tools that the model may call |
| `task` | what the request is for, empty when it does not say |
"""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import assert_never

from ai_dashboard.config.conditions import (
    HEADER,
    LEVELS,
    METADATA,
    And,
    Compare,
    Comparison,
    Constant,
    Expression,
    Kind,
    Name,
    Not,
    Or,
    names_in,
    parse,
    show,
)  # fmt: skip
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.dialects.openai.read import CHARS_PER_TOKEN
from ai_dashboard.routing.complexity import complexity_of
from ai_dashboard.routing.finer import USUAL
from ai_dashboard.routing.live import Health, Live, ProviderLive

SATURATION = 0.8
"""The share of its capacity from which a server counts as full, where the configuration does not say otherwise."""

CHANGING = frozenset({"request_count", "local_saturated"})
"""Names that rest on the present, not on the request."""

_NO = frozenset({"", "0", "false", "no"})
_DOWN = frozenset({Health.UNAVAILABLE, Health.AUTH_FAILED, Health.COOLDOWN, Health.DRAINING, Health.DISABLED})
_MEDIUM = "medium"


@dataclass(frozen=True, slots=True)
class Scene:
    """What a condition is held against. `capacities` are those that the configuration says of servers of your own, by
    name: those that may be asked at all. `steps` are the tokens from which a request is of `medium` and of `high`
    complexity."""

    facts: RouteFacts
    live: Live
    capacities: Mapping[str, int | None]
    saturation: float = SATURATION
    steps: tuple[int, int] = USUAL.steps


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition, ready to be asked. `text` is how people read it."""

    text: str
    names: frozenset[str]
    holds: Callable[[Scene], bool] = field(compare=False, repr=False)


def condition(text: str) -> Condition:
    """Compile a condition. Raises `ConditionError` for what is none."""
    expression = parse(text)
    return Condition(show(expression), frozenset(names_in(expression)), _test(expression))


def saturated(scene: Scene) -> bool:
    """Whether servers of your own are full: each of them is down, cooling down, draining, out of its rate limit, or
    bears its share of what it can. One whose capacity nobody knows is never full. Without any there is nothing to fill.
    """
    return bool(scene.capacities) and all(
        _is_full(scene.live.get(name), capacity, scene.saturation) for name, capacity in scene.capacities.items()
    )


def _is_full(server: ProviderLive | None, capacity: int | None, saturation: float) -> bool:
    if server is None:
        return False
    if server.health in _DOWN or server.draining or server.cooldown_s > 0 or server.headroom == 0:
        return True
    most = server.capacity or capacity
    return most is not None and server.in_flight >= most * saturation


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────────

Value = str | float | bool
_Reading = Callable[[Scene], Value]


def _priority(scene: Scene) -> str:
    said = _of(scene.facts.headers, "x-priority") or _of(scene.facts.metadata, "priority")
    return said.strip().lower() or "normal"


def _quality_tier(scene: Scene) -> str:
    required = scene.facts.requirements
    return (required.min_quality if required is not None else None) or _MEDIUM


def _request_count(scene: Scene) -> int:
    return sum(provider.in_flight for provider in scene.live.values())


_READINGS: Mapping[str, _Reading] = {
    "stream": lambda scene: scene.facts.stream,
    "batch_size": lambda scene: scene.facts.batch_size,
    "batch_mode": lambda scene: scene.facts.batch_size > 1,
    "request_count": _request_count,
    "local_saturated": saturated,
    "complexity": lambda scene: complexity_of(scene.facts, scene.steps),
    "quality_tier": _quality_tier,
    "length": lambda scene: scene.facts.prompt_tokens * CHARS_PER_TOKEN,
    "prompt_tokens": lambda scene: scene.facts.prompt_tokens,
    "max_tokens": lambda scene: scene.facts.max_tokens,
    "priority": _priority,
    "tenant": lambda scene: scene.facts.tenant,
    "model": lambda scene: scene.facts.model,
    "user": lambda scene: scene.facts.user,
    "has_images": lambda scene: "vision" in scene.facts.needs,
    "has_tools": lambda scene: "tools" in scene.facts.needs,
    "task": lambda scene: scene.facts.task or "",
}


def _reading(value: Name | Constant) -> _Reading:
    """Where a value comes from."""
    if isinstance(value, Constant):
        constant = value.value
        return lambda _: constant
    name = value.name
    if name.startswith(HEADER):
        header = name.removeprefix(HEADER)
        return lambda scene: _of(scene.facts.headers, header)
    if name.startswith(METADATA):
        field = name.removeprefix(METADATA)
        return lambda scene: _of(scene.facts.metadata, field)
    return _READINGS[name]


def _of(pairs: tuple[tuple[str, str], ...], wanted: str) -> str:
    return next((value for name, value in pairs if name == wanted), "")


# ── tests ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_Test = Callable[[Scene], bool]
_SIGNS: Mapping[Comparison, Callable[[Value, Value], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _test(expression: Expression) -> _Test:
    match expression:
        case Name() | Constant():
            read = _reading(expression)
            return lambda scene: _truth(read(scene))
        case Compare():
            return _comparison(expression)
        case Not(part):
            opposite = _test(part)
            return lambda scene: not opposite(scene)
        case And(parts):
            every = tuple(_test(part) for part in parts)
            return lambda scene: all(test(scene) for test in every)
        case Or(parts):
            some = tuple(_test(part) for part in parts)
            return lambda scene: any(test(scene) for test in some)
        case _:
            assert_never(expression)


def _comparison(compare: Compare) -> _Test:
    left, right, sign = _reading(compare.left), _reading(compare.right), _SIGNS[compare.sign]
    read_as = _common(compare.left, compare.right)
    unlike = compare.sign == "!="

    def test(scene: Scene) -> bool:
        one, other = read_as(left(scene)), read_as(right(scene))
        # A word that is no number is unlike every number, and neither above nor below it.
        return unlike if one is None or other is None else sign(one, other)

    return test


def _common(left: Name | Constant, right: Name | Constant) -> Callable[[Value], Value | None]:
    """As what two values are compared. Where only one of them has a kind of its own, the other is read as that."""
    kinds = {side.kind for side in (left, right) if isinstance(side, Name)}
    values = [side.value for side in (left, right) if isinstance(side, Constant)]
    if Kind.LEVEL in kinds:
        return _level
    if Kind.TRUTH in kinds or any(isinstance(value, bool) for value in values):
        return _truth
    if Kind.NUMBER in kinds or any(isinstance(value, float) for value in values):
        return _number
    return str


def _truth(value: Value) -> bool:
    return value.strip().lower() not in _NO if isinstance(value, str) else bool(value)


def _number(value: Value) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _level(value: Value) -> int | None:
    word = str(value).strip().lower()
    return LEVELS.index(word) if word in LEVELS else None
