"""How fast and how reliable models are, by the answers of all gateways: each tells what its own were like, and goes by
all of them together.

Findings weigh as much as there were answers, of which older ones count half as much every minute. So whoever was
answered most and last has most to say, one that has just started goes by the others, and what a gateway has said that
is gone fades beside what others find. All of it is reckoned when gateways talk; requests read one number as ever.
"""

import math
from collections.abc import Mapping
from dataclasses import field

from ai_dashboard.core.data import dataclass
from ai_dashboard.gateway.shared_notes import Findings, Found
from ai_dashboard.gateway.standing import Standing
from ai_dashboard.gateway.targets import MAX_TARGETS, ProviderState, TargetState

HALVES_S = 60.0
"""In so many seconds answers come to count half as much."""

REMEMBERED_S = 3600.0
"""For how long it is told, and remembered of others, what answers of a model were like that has none any more."""

MAX_TOLD = 64
"""Models of one provider that are told of, those that answered last: a note stays short."""

LEAST = 0.001
"""What weighs less is not told."""

Key = tuple[str, str]
"""A provider and one of its models."""


@dataclass(slots=True)
class _Own:
    """Of one model here: how many values each of its averages had been given at the last look that found more (`at`),
    and how much they weighed then."""

    target: TargetState
    counts: tuple[int, ...] = (0, 0, 0, 0)
    weights: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    at: float = 0.0
    findings: Findings = field(default_factory=lambda: Findings(0.0, ()))

    def look(self, now: float) -> bool:
        """Whether there is something new."""
        averages = self.target.averages.all
        counts = tuple([average.count for average in averages])
        if counts == self.counts:
            return False
        faded = _faded(self.at, now)
        news = zip(self.weights, counts, self.counts, strict=True)
        self.weights = tuple([weight * faded + count - before for weight, count, before in news])
        self.counts, self.at = counts, now
        found = [_found(average.own, weight) for average, weight in zip(averages, self.weights, strict=True)]
        self.findings = Findings(round(now, 2), tuple(found))
        return True


class SharedAverages:
    """What one gateway finds and hears. Times are on Redis' clock."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._own: dict[Key, _Own] = {}
        self._heard: dict[Key, dict[str, Findings]] = {}
        self._news: set[Key] = set()

    def look(self, now: float) -> None:
        """Go by what has been found since the last look, here and elsewhere."""
        for state in self._standing.providers.values():
            for model, target in state.targets.items():
                own = self._own.get((state.name, model))
                if own is None or own.target is not target:
                    own = self._own[state.name, model] = _Own(target)
                    self._news.add((state.name, model))
                if own.look(now):
                    self._news.add((state.name, model))
        if self._news:
            for key in self._news & self._heard.keys():
                self._go_by_all(key, now)
            self._news.clear()
            self._tidy()

    def said(self, provider: str, now: float) -> Mapping[str, Findings]:
        """What answers of a provider's models were like here."""
        state = self._standing.providers[provider]
        known = ((model, self._own.get((provider, model))) for model in state.targets)
        told = [(model, own.findings) for model, own in known if own is not None and own.at > now - REMEMBERED_S]
        if len(told) > MAX_TOLD:
            told = sorted(told, key=lambda it: it[1].at, reverse=True)[:MAX_TOLD]
        return dict(told)

    def hear(self, gateway: str, state: ProviderState, said: Mapping[str, Findings]) -> None:
        """Another gateway has told what answers were like there."""
        for model, findings in said.items():
            key = state.name, model
            if model not in state.targets:
                if len(state.targets) >= MAX_TARGETS:
                    continue
                state.asked_for(model, self._standing.breaker_policy)
                self._standing.routing_version += 1
            heard = self._heard.setdefault(key, {})
            if heard.get(gateway) != findings:
                heard[gateway] = findings
                self._news.add(key)

    def _go_by_all(self, key: Key, now: float) -> None:
        """Each average beside those of the others, by how much they weigh by now."""
        own = self._own.get(key)
        heard = {gateway: it for gateway, it in self._heard[key].items() if it.at > now - REMEMBERED_S}
        self._heard[key] = heard
        if own is None:
            return
        faded = [(it.averages, _faded(it.at, now)) for it in heard.values()]
        own_faded = _faded(own.at, now)
        for place, average in enumerate(own.target.averages.all):
            total = weights = 0.0
            for averages, by in faded:
                found = averages[place] if place < len(averages) else None
                if found is not None:
                    total += found.value * found.weight * by
                    weights += found.weight * by
            here = own.weights[place] * own_faded
            if weights > 0:
                average.beside(total / weights, here / (here + weights))
            else:
                average.beside(None, 1.0)

    def _tidy(self) -> None:
        """Forget models that are not known any more."""
        providers = self._standing.providers
        gone = [
            key for key in {*self._own, *self._heard}
            if key[0] not in providers or key[1] not in providers[key[0]].targets
        ]  # fmt: skip
        for key in gone:
            self._own.pop(key, None)
            self._heard.pop(key, None)


def _faded(at: float, now: float) -> float:
    """How much of what was found then counts still."""
    return math.exp2(min(0.0, at - now) / HALVES_S)


def _found(value: float | None, weight: float) -> Found | None:
    weight = round(weight, 3)
    return None if value is None or weight < LEAST else Found(float(f"{value:.5g}"), weight)
