"""Which arm of an experiment a request belongs to.

Who has a key stays on one arm, in every process and after every restart, and changes of weights move as few as they can
(weighted rendezvous hashing: every arm draws a lot for the key, the luckiest has it). Who has none is drawn each time.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from types import MappingProxyType
from typing import Literal

from ai_dashboard.config.schema import Experiment
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.plan import Plan, RouteFacts

Figure = Literal["requests", "errors", "ttft_s", "total_s", "cost_usd", "feedback"]
"""What arms are compared by."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to answer: `model` is asked for instead, `weight` its share."""

    name: str
    model: str
    weight: float


@dataclass(frozen=True, slots=True)
class Split:
    """An experiment: arms with a weight, and what stays on one of them."""

    name: str
    arms: tuple[Arm, ...]
    sticky: Literal["user", "conversation", "request"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """The arm that a request belongs to."""

    experiment: str
    arm: str
    model: str

    @property
    def note(self) -> str:
        """For the plan."""
        return f"experiment {self.experiment}: arm {self.arm} ({self.model})"

    def figure(self, what: Figure) -> str:
        """The name under which a figure of this arm is kept: `experiments.small-or-large.small.ttft_s`."""
        return f"experiments.{self.experiment}.{self.arm}.{what}"

    def facts(self, facts: RouteFacts) -> RouteFacts:
        """The request as the arm asks it."""
        return replace(facts, model=self.model)

    def noted(self, made: Plan, asked: str) -> Plan:
        """The arm's plan under the name that the caller used, with a note of the arm."""
        return replace(made, asked=asked, notes=(*made.notes, self.note))


Splits = Mapping[str, Split]
"""Experiments by the model whose requests take part."""


def compile_experiments(experiments: Mapping[str, Experiment]) -> Splits:
    """The experiments that run."""
    splits: dict[str, Split] = {}
    for name, written in experiments.items():
        arms = tuple(Arm(arm, settings.model, settings.weight) for arm, settings in written.arms.items())
        split = Split(name, tuple(arm for arm in arms if arm.weight > 0), written.sticky)
        if written.enabled and split.arms:
            splits.update(dict.fromkeys(written.models, split))
    return MappingProxyType(splits)


def assign(splits: Splits, facts: RouteFacts, draw: Callable[[], float]) -> Assignment | None:
    """The arm of a request, None when its model takes part in nothing. `draw` gives a number from [0, 1)."""
    split = splits.get(facts.model)
    if split is None:
        return None
    key = _key(split, facts)
    arm = chosen(split.arms, f"{split.name}\0{key}") if key else drawn(split.arms, draw())
    return Assignment(split.name, arm.name, arm.model)


def chosen(arms: Sequence[Arm], key: str) -> Arm:
    """The arm of a key: always the same one, by weight among many keys."""
    return max(arms, key=lambda arm: arm.weight / -math.log(_lot(arm.name, key)))


def drawn(arms: Sequence[Arm], draw: float) -> Arm:
    """The arm that a draw from [0, 1) falls on."""
    left = draw * sum(arm.weight for arm in arms)
    for arm in arms:
        left -= arm.weight
        if left < 0:
            return arm
    return arms[-1]


def _key(split: Split, facts: RouteFacts) -> str:
    """What stays together; tenants have users of their own."""
    match split.sticky:
        case "user":
            key = facts.user or facts.prefix
        case "conversation":
            key = facts.prefix or facts.user
        case "request":
            key = ""
    return f"{facts.tenant}\0{key}" if key else ""


def _lot(arm: str, key: str) -> float:
    """A number above 0 and below 1 that only the key and the arm decide."""
    number = int.from_bytes(blake2b(f"{key}\0{arm}".encode("utf-8", "surrogatepass"), digest_size=8).digest())
    return ((number >> 12) + 0.5) / (1 << 52)
