"""Keys of the screen of GPUs and host."""

from ai_dashboard.tui.keys.key import Key, Scope

KEYS: tuple[Key, ...] = (
    Key("host.fit", Scope.HOST, "f", "f", "fit", "Will it fit", "Estimate whether a model fits into VRAM", 5),
    Key("fit.done", Scope.FIT, "enter,escape", "⏎", "screen.done", "Done", "Back to the panels", 1),
)
