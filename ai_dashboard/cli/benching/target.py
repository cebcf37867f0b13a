"""What is asked, and whether that costs money. Pure: a gateway's own words are arguments."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import ModelNotFound, ProviderNotFound
from ai_dashboard.core.models import ModelList, ModelView
from ai_dashboard.core.plan import Plan
from ai_dashboard.core.snapshot import Health, Snapshot

MILLION = 1e6


class Named(Protocol):
    """A candidate of a plan, or one that was left out."""

    @property
    def provider(self) -> str: ...
    @property
    def model(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Payee:
    """A candidate that takes money, or may. `usd` is for a thousand requests, None where nobody knows."""

    provider: str
    model: str
    usd: float | None

    def __str__(self) -> str:
        if self.usd is None:
            return f"{self.provider}/{self.model} (its price is not known)"
        return f"{self.provider}/{self.model} (about ${self.usd:.4g} for a thousand requests)"


def chosen(model: str | None, provider: str | None, models: ModelList, snapshot: Snapshot) -> str:
    """The name to ask for. Without a model it is the first that costs nothing, at a provider that is up; else the first
    of all. Raises `ProviderNotFound`, and `ModelNotFound` where there is none to choose."""
    known = [view.name for view in snapshot.providers]
    if provider is not None and provider not in known:
        raise ProviderNotFound(f"there is no provider {provider!r}", hint=f"there are {', '.join(known) or 'none'}")
    if model is None:
        up = {view.name for view in snapshot.providers if view.health in (Health.ACTIVE, Health.DEGRADED)}
        there = [it for it in models.models if provider in (None, it.provider)]
        there.sort(key=lambda it: (it.provider not in up, costs(it)))
        if not there:
            where = f"at {provider}" if provider is not None else "at any provider"
            raise ModelNotFound(f"no model is known {where}", hint="name one with --model")
        model = there[0].name
    return model


def costs(view: ModelView) -> bool:
    """Whether an answer of it costs money, or may: what runs on a machine of one's own costs none that it names."""
    if view.input_usd is None and view.output_usd is None:
        return not view.local
    return bool(view.input_usd or view.output_usd)


def payees(plan: Plan, models: ModelList, snapshot: Snapshot, tokens: tuple[int, int]) -> tuple[Payee, ...]:
    """Everybody who may be asked and takes money: also those that are left out now, and may be there in a moment.
    `tokens` are those of one prompt and of the longest answer."""
    if snapshot.gateway.simulated:
        return ()
    off = {view.name for view in snapshot.providers if view.health is Health.DISABLED}
    waiting = [it for it in plan.excluded if it.provider not in off]
    return tuple(_paid((*plan.attempts, *waiting), models, tokens))


def _paid(named: Sequence[Named], models: ModelList, tokens: tuple[int, int]) -> Iterable[Payee]:
    views = {(it.provider, it.name): it for it in models.models}
    for provider, model in dict.fromkeys((it.provider, it.model) for it in named):
        view = views.get((provider, model))
        if view is None:
            yield Payee(provider, model, None)
        elif costs(view):
            prices = (view.input_usd, view.output_usd)
            known = [price * count / MILLION for price, count in zip(prices, tokens, strict=True) if price is not None]
            yield Payee(provider, model, 1000 * sum(known) if len(known) == len(prices) else None)
