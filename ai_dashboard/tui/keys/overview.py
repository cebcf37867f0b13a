"""Keys of the overview."""

from ai_dashboard.tui.keys.key import Key, Scope

KEYS: tuple[Key, ...] = (
    Key(
        "welcome.demo",
        Scope.OVERVIEW,
        "D",
        "D",
        "app.demo",
        "Demo",
        "Start the demo instead: simulated providers, with traffic",
        6,
    ),
    Key(
        "providers.sort",
        Scope.OVERVIEW,
        "s",
        "s",
        "sort",
        "Sort",
        "Sort providers by state, name, p95, traffic, errors",
        14,
    ),
    Key(
        "latency.metric",
        Scope.OVERVIEW,
        "m",
        "m",
        "metric",
        "Metric",
        "Metric of the latency: first token or whole answer",
        15,
    ),
    Key(
        "view.back",
        Scope.OVERVIEW,
        "escape",
        "esc",
        "back",
        "Back",
        "Back: leave the zoom, hide the welcome, drop the filter",
    ),
)
