"""Where the cause of an alert is to be seen: the requests that led to it, a provider, or the configuration. Pure."""

from collections.abc import Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.records import RequestRecord
from ai_dashboard.core.snapshot import Alert
from ai_dashboard.tui.query import Query, parse, quoted

BUDGET = "budget:"
ACCOUNTS = ("tenant", "key", "provider")
"""Accounts that a budget may be for, and fields of the filter that have the same name. Any other is that of all."""

SPENT = "cost:>0"


@dataclass(frozen=True, slots=True)
class Requests:
    """The requests that such a filter lets pass."""

    filter: str


@dataclass(frozen=True, slots=True)
class ProviderPage:
    """Everything about one provider."""

    name: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """The files."""


Cause = Requests | ProviderPage | Configuration


def cause(alert: Alert, records: Sequence[RequestRecord]) -> Cause | None:
    """Where to look; None for what is nowhere on the screens. A provider that no remembered request has found failing
    was found so by its checks: its own page tells of them."""
    if alert.key.startswith(BUDGET):
        return Requests(_paid_by(alert.key.removeprefix(BUDGET).rpartition(":")[0]))
    if alert.provider is not None:
        # Of those whose price nobody knows all are meant; of any other those that it has failed.
        field = "tried" if alert.key.startswith("unpriced:") else "failed"
        text = f"{field}:{quoted(alert.provider)}"
        return Requests(text) if _finds(text, records) else ProviderPage(alert.provider)
    return Configuration() if alert.key.startswith("config:") else None


def _paid_by(account: str) -> str:
    """The requests that an account has paid for."""
    field, _, name = account.partition(":")
    return f"{field}:{quoted(name)} {SPENT}" if field in ACCOUNTS and name else SPENT


def _finds(text: str, records: Sequence[RequestRecord]) -> bool:
    query = parse(text)
    return isinstance(query, Query) and any(map(query.matches, records))
