"""Keys of the screen of logs and alerts, and of alerts wherever they are listed."""

from ai_dashboard.tui.keys.key import Key, Scope

KEYS: tuple[Key, ...] = (
    Key("logs.open", Scope.LOGS, "enter", "⏎", "open", "Request", "The request or provider that an event is about", 5),
    Key("logs.filter", Scope.LOGS, "slash", "/", "filter", "Filter", "Filter events by any text; - leaves out", 6),
    Key("logs.level", Scope.LOGS, "l", "l", "level", "Level", "Show more, or only what matters more", 7),
    Key("logs.follow", Scope.LOGS, "f", "f", "follow", "Follow", "Follow the newest event, or stay", 8),
    Key("alerts.cause", Scope.ALERTS, "enter", "⏎", "cause", "Cause", "Go to what caused the selected alert", 5),
    Key(
        "alerts.ack", Scope.ALERTS, "a", "a", "ack", "Note", "Take note of an alert until it ends, or open it again", 6
    ),
    Key("alerts.silence", Scope.ALERTS, "S", "S", "silence", "Silence", "Silence an alert for some minutes", 7),
)
