"""What an operator should know about money: budgets that run out, and costs that nobody knows."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from ai_dashboard.core.costs import Allowance, money
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import Alert, AlertLevel
from ai_dashboard.costs.account import Limit
from ai_dashboard.costs.budgets import used_up, whose
from ai_dashboard.costs.ledger import Ledger
from ai_dashboard.costs.windows import Moment

WARN_AT = 0.75
CRITICAL_AT = 0.90

SHOWN_MODELS = 3
"""Models of a provider that are named; the rest is counted."""


@dataclass(slots=True)
class CostAlerts:
    """Remembers since when each thing has been so."""

    _since: dict[tuple[str, AlertLevel], float] = field(default_factory=dict)

    def now(
        self,
        ledger: Ledger,
        owners: Mapping[str, Allowance],
        unpriced: Iterable[tuple[str, str]],
        moment: Moment,
        wall: float,
    ) -> tuple[Alert, ...]:
        """All that is to be said at this moment."""
        found = [*budget_alerts(ledger, owners, moment), *unpriced_alerts(unpriced)]
        self._since = {(alert.key, alert.level): self._since.get((alert.key, alert.level), wall) for alert in found}
        return tuple(
            Alert(it.key, it.level, self._since[it.key, it.level], it.text, it.hint, it.provider) for it in found
        )


def budget_alerts(ledger: Ledger, owners: Mapping[str, Allowance], moment: Moment) -> Iterator[Alert]:
    """Each limit of which three quarters are spent."""
    for name, allowance in owners.items():
        if allowance.limited:
            account = ledger.account(name)
            account.roll(moment)
            for limit in account.limits(allowance):
                if (level := level_of(limit)) is not None:
                    provider = name.removeprefix("provider:") if name.startswith("provider:") else None
                    text, hint = _in_words(name, limit)
                    yield Alert(f"budget:{name}:{limit.window}", level, 0.0, text, hint, provider)


def level_of(limit: Limit) -> AlertLevel | None:
    """How bad it is."""
    if limit.spent >= limit.limit * CRITICAL_AT:
        return AlertLevel.CRITICAL
    return AlertLevel.WARNING if limit.spent >= limit.limit * WARN_AT else None


def unpriced_alerts(unpriced: Iterable[tuple[str, str]]) -> Iterator[Alert]:
    """One for each provider that was asked for models whose price nobody knows."""
    by_provider: dict[str, list[str]] = {}
    for provider, model in sorted(unpriced):
        by_provider.setdefault(provider, []).append(model)
    for provider, models in by_provider.items():
        more = f" and {len(models) - SHOWN_MODELS} more" if len(models) > SHOWN_MODELS else ""
        yield Alert(
            f"unpriced:{provider}",
            AlertLevel.WARNING,
            0.0,
            f"nobody knows what {', '.join(models[:SHOWN_MODELS])}{more} costs at {provider}: no budget counts it",
            "set `cost_per_1k_tokens` (or `hourly_cost`, or `location: local`) for it in providers.yaml",
            provider,
        )


def _in_words(account: str, limit: Limit) -> tuple[str, str]:
    if limit.left <= 0:
        return used_up(account, limit), "models that cost nothing go on; `ai-dashboard budget` shows all"
    kind = "budget" if limit.window == "total" else f"{limit.window} budget"
    percent = 100 * limit.spent // limit.limit
    text = f"{percent} % of the {kind} of {whose(account)} is spent ({money(limit.spent)} of {money(limit.limit)})"
    return text, "`ai-dashboard costs --by model` shows what takes it"
