"""Keys of the latency screen."""

from ai_dashboard.tui.keys.key import Key, Scope

KEYS: tuple[Key, ...] = (
    Key(
        "latency.open",
        Scope.LATENCY,
        "enter",
        "⏎",
        "open",
        "Chart",
        "Show the selected model in the chart beside the other one, or take it out",
        5,
    ),
    Key("latency.window", Scope.LATENCY, "w", "w", "window(1)", "Window", "A longer window: 1m, 5m, 1h, 24h", 6),
    Key("latency.window_back", Scope.LATENCY, "W", "W", "window(-1)", "Shorter", "A shorter window"),
    Key(
        "latency.measure",
        Scope.LATENCY,
        "m",
        "m",
        "measure",
        "Measure",
        "First token, whole answer, or tokens per second",
        7,
    ),
    Key("latency.boxes", Scope.LATENCY, "b", "b", "boxes", "Boxes", "How values are spread, or how they went", 8),
)
