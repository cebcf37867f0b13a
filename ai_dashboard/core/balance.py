"""What is left of all that is limited, at a glance: as the admin API and the command line show it."""

from typing import Literal

from ai_dashboard.core.costs import BudgetView
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.history import LimitView


@dataclass(frozen=True, slots=True)
class LimitLeft:
    """One limit of a tenant or a key: `remaining` of `limit` `what` (`requests a minute`, `tokens a month`, `places`),
    all of it again in `reset_s` seconds. A key is named by its id."""

    scope: Literal["tenant", "key"]
    name: str
    what: str
    limit: int
    remaining: int
    reset_s: float


@dataclass(frozen=True, slots=True)
class ProviderLeft:
    """What a provider's own limits leave: those that its replies tell, and those of the configuration."""

    name: str
    limits: tuple[LimitView, ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """All of it. Limits are as this gateway knows them: beside others on one Redis, as they stood when it asked last.
    Providers that tell of no limit are left out."""

    timezone: str
    budgets: tuple[BudgetView, ...]
    limits: tuple[LimitLeft, ...]
    providers: tuple[ProviderLeft, ...]
