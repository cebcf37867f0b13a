"""Keys of the screen of costs."""

from ai_dashboard.tui.keys.key import Key, Scope

KEYS: tuple[Key, ...] = (
    Key("costs.open", Scope.COSTS, "enter", "⏎", "open", "Requests", "The requests behind the selected row", 5),
    Key("costs.by", Scope.COSTS, "b", "b", "by(1)", "By", "Add up by model, provider, tenant, key, task or day", 6),
    Key("costs.since", Scope.COSTS, "w", "w", "since(1)", "Since", "Since: this month, today, 7 or 30 days", 7),
    Key("costs.since_back", Scope.COSTS, "W", "W", "since(-1)", "Since", "The time before in the cycle"),
    Key("costs.budget", Scope.COSTS, "B", "B", "budget", "Budget", "Set what all together may spend in a month", 8),
)
