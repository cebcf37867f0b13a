"""Keys of the request list, the inspector, one request, two beside each other, and the filter."""

from ai_dashboard.tui.keys.key import Key, Scope

KEYS: tuple[Key, ...] = (
    Key("requests.open", Scope.LIST, "enter", "⏎", "open", "Inspect", "Inspect the selected request", 6),
    Key(
        "requests.filter", Scope.LIST, "slash", "/", "filter", "Filter", "Filter the requests, by fields or any text", 7
    ),
    Key(
        "requests.copy",
        Scope.LIST,
        "y",
        "y",
        "copy",
        "Copy curl",
        "Copy the selected request as a curl command",
        10,
    ),
    Key("requests.follow", Scope.LIST, "f", "f", "follow", "Follow", "Follow the newest request, or stay", 11),
    Key(
        "inspector.sort",
        Scope.INSPECTOR,
        "s",
        "s",
        "sort",
        "Sort",
        "Sort by time, duration, first token, tokens, cost, status, tries",
        9,
    ),
    Key("inspector.compare", Scope.INSPECTOR, "m", "m", "compare", "Mark", "Mark a request, then compare another", 9),
    Key("inspector.export", Scope.INSPECTOR, "e", "e", "export", "Export", "Export the list as HAR or JSON lines", 10),
    Key("inspector.python", Scope.INSPECTOR, "Y", "Y", "copy_python", "Python", "Copy the request as Python", 12),
    Key("inspector.plan", Scope.INSPECTOR, "w", "w", "plan", "Plan", "Where the request would go now", 12),
    Key(
        "inspector.back",
        Scope.INSPECTOR,
        "escape",
        "esc",
        "back",
        "Back",
        "Back: drop the mark, then the filter, then leave",
    ),
    Key("inspector.replay", Scope.INSPECTOR, "R", "R", "replay", "Replay", "Ask the request again, of any model", 11),
    Key("request.back", Scope.REQUEST, "escape", "esc", "app.pop_screen", "Back", "Back to the list", 6),
    Key("request.copy", Scope.REQUEST, "y", "y", "copy", "Copy curl", "Copy this request as a curl command", 7),
    Key("request.python", Scope.REQUEST, "Y", "Y", "copy_python", "Python", "Copy this request as Python", 8),
    Key("request.replay", Scope.REQUEST, "R", "R", "replay", "Replay", "Ask this request again, of any model", 10),
    Key("request.plan", Scope.REQUEST, "w", "w", "plan", "Plan", "Where this request would go now", 9),
    Key("compare.back", Scope.COMPARE, "escape", "esc", "app.pop_screen", "Back", "Back to the list", 6),
    Key(
        "filter.apply",
        Scope.FILTER,
        "enter",
        "⏎",
        "screen.keep_filter",
        "Keep",
        "Keep the filter and go to the list",
        1,
    ),
    Key("filter.drop", Scope.FILTER, "escape", "esc", "screen.drop_filter", "Drop", "Drop the filter", 2),
    Key(
        "filter.complete", Scope.FILTER, "tab", "tab", "screen.complete_filter", "Complete", "Take the first choice", 3
    ),
)
