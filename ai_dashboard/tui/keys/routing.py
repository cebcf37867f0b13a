"""Keys of the routing screen, and of the line that asks it."""

from ai_dashboard.tui.keys.key import Key, Scope

KEYS: tuple[Key, ...] = (
    Key("routing.open", Scope.ROUTING, "enter", "⏎", "open", "Plan", "Go to the plan of the selected route", 6),
    Key(
        "routing.ask",
        Scope.ROUTING,
        "a,slash",
        "a",
        "ask",
        "Ask",
        "Ask with facts: model, tokens, tenant, headers …",
        7,
    ),
    Key("routing.back", Scope.ROUTING, "escape", "esc", "back", "Back", "Back: drop what was asked, then leave", 8),
    Key("ask.keep", Scope.ASK, "enter", "⏎", "screen.keep_asked", "Plan", "Plan this, and go to the plan", 1),
    Key("ask.drop", Scope.ASK, "escape", "esc", "screen.drop_asked", "Drop", "Drop what was asked", 2),
    Key("ask.complete", Scope.ASK, "tab", "tab", "screen.complete_asked", "Complete", "Take the first choice", 3),
)
