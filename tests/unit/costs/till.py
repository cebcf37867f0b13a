"""A book in memory with a paid provider, one of one's own, a rented machine, and one of unknown price."""

from dataclasses import dataclass

from ai_dashboard.config.schema import Provider
from ai_dashboard.config.schema.budgets import Budgets
from ai_dashboard.costs.book import Book
from ai_dashboard.costs.catalogue import public_prices
from ai_dashboard.costs.journal import MemoryJournal
from ai_dashboard.costs.ledger import MemoryLedger
from ai_dashboard.costs.pricing import Prices

NOON = 1_795_262_400.0
"""2026-11-21, noon, UTC: a Saturday."""

PROVIDERS = {
    provider.name: provider
    for provider in (
        Provider.model_validate(
            {"name": "openai", "type": "openai", "cost_per_1k_tokens": {"cents": {"input": 10, "output": 20}}}
        ),
        Provider.model_validate({"name": "ollama", "type": "ollama"}),
        Provider.model_validate(
            {"name": "rented", "type": "vllm", "base_url": "http://127.0.0.1:8001", "hourly_cost": 3600}
        ),
    )
}
"""`cents` at openai takes a cent for a token of the prompt, two for one of the answer; `rented` a dollar a second."""

PUBLIC = public_prices()


@dataclass(slots=True)
class TurnedClock:
    """Stands still until it is turned."""

    at: float = NOON

    def wall(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at


def prices() -> Prices:
    return Prices(PROVIDERS, PUBLIC, lambda name, _model: name == "ollama")


def book(clock: TurnedClock | None = None, /, **budgets: object) -> Book:
    """Budgets as they are written in `gateway.yaml`."""
    ledger = MemoryLedger(MemoryJournal(), lease_s=600)
    return Book(ledger, clock or TurnedClock(), prices(), Budgets.model_validate(budgets))
