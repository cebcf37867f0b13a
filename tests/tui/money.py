"""What a gateway with a scripted picture has spent."""

from ai_dashboard.core.costs import (
    NOBODY,
    BudgetView,
    BudgetViews,
    CostRow,
    CostsView,
    CostTable,
    DayCost,
    Dimension,
    Forecast,
    Forecasts,
    Savings,
    TenantForecast,
)
from ai_dashboard.core.snapshot import Snapshot

SINCE = {"month": "2026-09-01", "1d": "2026-09-21", "7d": "2026-09-15", "30d": "2026-08-23"}


def cost_row(name: str, amount: float | None, calls: int = 40, unknown: int = 0) -> CostRow:
    """A row whose tokens go with its calls."""
    return CostRow(name, amount, calls, unknown, calls // 10, calls * 812, calls * 240, calls * 100, calls * 20)


def outlook(limit: float | None, days_left: float | None, scale: float = 1.0) -> Forecast:
    """Goes on as it has."""
    return Forecast("linear", 0.31 * scale, 4.31 * scale, 8.9 * scale, 43.1 * scale, 131.0 * scale, limit, days_left)


def budget(scope: str, name: str, used: float, window: str = "monthly", resets_at: float | None = None) -> BudgetView:
    """A budget of 100 dollars of which so much (0 to 1) is spent."""
    spent_ = 100 * used
    left = max(100 - spent_, 0.0)
    return BudgetView(scope, name, window, 100.0, spent_, 0.12, left, spent_, resets_at)  # type: ignore[arg-type]


def spent(picture: Snapshot, by: Dimension, since: str) -> CostsView:
    """Money of a picture: names in it are those of its providers, so that what is hostile stays so."""
    names = {
        "model": [name for one in picture.providers[:1] for name in one.models],
        "provider": [one.name for one in picture.providers],
        "tenant": ["acme", "other", NOBODY],
        "key": ["key-1", NOBODY],
        "task": ["code"],
        "day": ["2026-09-20", "2026-09-21"],
    }[by]
    busy = bool(picture.providers)
    rows = tuple(cost_row(name, 30.0 / 2**place) for place, name in enumerate(names))
    if not busy:
        rows = ()
    elif by == "model":
        rows = (*rows, cost_row("gpt-99", None, 5, 5))
    total = cost_row("total", sum(row.amount or 0 for row in rows), sum(row.calls for row in rows), 5 if rows else 0)
    at = picture.at
    months = (budget("total", "", 0.431, resets_at=at + 9 * 86_400), budget("total", "", 0.8, "daily", at + 3_700))
    tenants = (budget("tenant", "acme", 0.93), budget("provider", names[0] if names else "x", 1.2, "total"))
    return CostsView(
        at=at,
        table=CostTable(by, SINCE[since], "UTC", rows, total),
        days=tuple(DayCost(f"2026-09-{day:02}", (day % 5) * 1.1 if busy else 0.0) for day in range(1, 22)),
        forecasts=Forecasts(
            outlook(100.0 if busy else None, 5.6 if busy else None),
            (TenantForecast("acme", outlook(20.0, None, 0.1), outlook(5.0, 0.0, 0.5)),) if busy else (),
        ),
        budgets=BudgetViews(
            "UTC",
            (*months, *tenants) if busy else (),
            "genai-prices 1.2, 2026-09-01",
            tuple(f"{one.name}/gpt-99" for one in picture.providers[:1]),
        ),
        saved=Savings(812, 1.12, 850.0, 40, 42_000, 3.4) if busy else Savings(0, 0.0, 0.0, 0, 0, None),
        reserved=0.12,
    )
