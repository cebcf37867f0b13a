"""Keys of the providers, and of one provider."""

from ai_dashboard.tui.keys.key import Key, Scope

KEYS: tuple[Key, ...] = (
    Key("list.open", Scope.PROVIDERS, "enter", "⏎", "open", "Details", "Details of the selected provider", 5),
    Key(
        "list.sort",
        Scope.PROVIDERS,
        "s",
        "s",
        "sort",
        "Sort",
        "Sort by state, name, p95, traffic, errors",
        9,
    ),
    Key("provider.enable", Scope.OPERATE, "a", "a", "operate('enable')", "Ask again", "Ask this provider again", 6),
    Key("provider.drain", Scope.OPERATE, "d", "d", "operate('drain')", "Drain", "Drain: give it nothing new", 6),
    Key(
        "provider.disable",
        Scope.OPERATE,
        "x",
        "x",
        "operate('disable')",
        "Disable",
        "Disable: leave this provider out, whatever its checks say",
        7,
    ),
    Key(
        "provider.reset",
        Scope.OPERATE,
        "b",
        "b",
        "operate('reset')",
        "Reset",
        "Reset: forget its breakers, cooldown and failures",
        8,
    ),
    Key("provider.back", Scope.PROVIDER, "escape", "esc", "app.pop_screen", "Back", "Back to the providers", 5),
    Key(
        "provider.measure",
        Scope.PROVIDER,
        "m",
        "m",
        "measure",
        "Measure",
        "Histogram of the first token, or of the whole answer",
        11,
    ),
    Key("service.start", Scope.PROVIDER, "S", "S", "service('start')", "Start", "Start its systemd unit", 9),
    Key("service.stop", Scope.PROVIDER, "X", "X", "service('stop')", "Stop", "Stop its systemd unit", 9),
    Key("service.restart", Scope.PROVIDER, "R", "R", "service('restart')", "Restart", "Restart its systemd unit", 9),
)
