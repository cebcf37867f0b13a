"""Where models lead: what was asked for, with the plan that it would get now and the traffic that it had. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.plan import Plan
from ai_dashboard.core.records import RequestRecord
from ai_dashboard.core.snapshot import BreakerState, Health, ProviderView, TargetView
from ai_dashboard.tui.format import span
from ai_dashboard.tui.gist import is_running
from ai_dashboard.tui.requesting import EMBEDDINGS

COUNTED = 1_000
"""Requests whose traffic is counted: the latest. What was an hour ago is no news of a route."""

MAX_ROUTES = 40
"""Models that are shown: those that were asked for most, then others that somebody has."""

Target = tuple[str, str]
"""A provider and a model of it."""

Said = Plan | str
"""The plan for a model, or in words why there is none."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Of one asked name: how many requests, whether for embeddings, and who answered how many of them."""

    requests: int = 0
    answered: tuple[tuple[Target, int], ...] = ()
    embeds: bool = False


@dataclass(frozen=True, slots=True)
class Branch:
    """One candidate of a route. `place` is its number among the attempts, 0 for one that is left out or no longer
    planned; `share` of the route's requests were answered by it. `health` is its provider's, `breaker` says in words
    what keeps requests away from the model."""

    place: int
    provider: str
    model: str
    note: str
    share: float | None = None
    health: Health | None = None
    breaker: str = ""
    ttft_s: float | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """A name that can be asked for. `share` of all requests asked for it; `problem` says why it leads nowhere."""

    asked: str
    rule: str
    strategy: str
    share: float | None
    branches: tuple[Branch, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""


def traffic(newest_first: Sequence[RequestRecord]) -> dict[str, Traffic]:
    """What finished requests asked for, the most frequent first."""
    asked: Counter[str] = Counter()
    embeds: set[str] = set()
    answered: dict[str, Counter[Target]] = {}
    for record in newest_first[:COUNTED]:
        if is_running(record) or not record.asked:
            continue
        asked[record.asked] += 1
        if record.facts is not None and EMBEDDINGS in record.facts.needs:
            embeds.add(record.asked)
        if record.provider:
            answered.setdefault(record.asked, Counter())[record.provider, record.model] += 1
    return {
        name: Traffic(requests, tuple(answered.get(name, Counter()).most_common()), name in embeds)
        for name, requests in asked.most_common()
    }


def names(asked: Iterable[str], providers: Iterable[ProviderView]) -> list[str]:
    """The names to show: what was asked for in the order given, then the models that providers have."""
    had = sorted({model for provider in providers for model in provider.models})
    return list(dict.fromkeys((*asked, *had)))[:MAX_ROUTES]


def routes(
    plans: Mapping[str, Said], asked: Mapping[str, Traffic], providers: Sequence[ProviderView]
) -> tuple[Route, ...]:
    """A route for each plan, in the order given."""
    views = {provider.name: provider for provider in providers}
    total = sum(it.requests for it in asked.values())
    return tuple(_route(name, said, asked.get(name, Traffic()), total, views) for name, said in plans.items())


def _route(name: str, said: Said, had: Traffic, total: int, views: Mapping[str, ProviderView]) -> Route:
    share = had.requests / total if total else None
    if isinstance(said, str):
        return Route(name, "", "", share, problem=said)
    shares = {target: count / had.requests for target, count in had.answered}
    branches = [
        _branch(number, it.provider, it.model, it.why, shares, views, it.score)
        for number, it in enumerate(said.attempts, 1)
    ]
    branches += [_branch(0, it.provider, it.model, it.reason, shares, views) for it in said.excluded]
    planned = {(it.provider, it.model) for it in branches}
    gone = [target for target, _ in had.answered if target not in planned]
    branches += [_branch(0, provider, model, "", shares, views) for provider, model in gone]
    return Route(name, said.rule, said.strategy, share, tuple(branches), said.notes)


def _branch(
    place: int,
    provider: str,
    model: str,
    note: str,
    shares: Mapping[Target, float],
    views: Mapping[str, ProviderView],
    score: float | None = None,
) -> Branch:
    view = views.get(provider)
    target = next((it for it in view.targets if it.model == model), None) if view is not None else None
    return Branch(
        place,
        provider,
        model,
        note,
        share=shares.get((provider, model), 0.0) if shares else None,
        health=view.health if view is not None else None,
        breaker=_breaker(target),
        ttft_s=target.ewma_ttft_s if target is not None else None,
        score=score,
    )


def _breaker(target: TargetView | None) -> str:
    if target is None:
        return ""
    match target.breaker:
        case BreakerState.CLOSED:
            return ""
        case BreakerState.OPEN:
            return f"breaker open, {span(target.retry_in_s)} left"
        case BreakerState.PROBING:
            return "breaker lets one through"
        case BreakerState.RAMPING:
            return f"breaker lets {target.share:.0%} through"
