"""Keys of questions, of help, and of leaving."""

from ai_dashboard.tui.keys.key import Key, Scope

KEYS: tuple[Key, ...] = (
    Key("line.take", Scope.LINE, "enter", "⏎", "screen.take", "Take", "Take this answer", 1),
    Key("line.leave", Scope.LINE, "escape", "esc", "screen.leave", "Leave", "Do nothing", 2),
    Key("confirm.yes", Scope.CONFIRM, "y", "y", "answer(True)", "Yes", "Do it", 1),
    Key("confirm.no", Scope.CONFIRM, "n,escape", "n", "answer(False)", "No", "Leave it as it is", 2),
    Key("help.close", Scope.HELP, "escape,question_mark,q", "esc", "dismiss", "Close", "Close the help", 1),
    Key("quit.yes", Scope.QUIT, "y", "y", "answer('quit')", "Quit anyway", "Quit; requests in flight are cut", 1),
    Key(
        "quit.leave",
        Scope.QUIT,
        "l",
        "l",
        "answer('leave')",
        "Leave running",
        "Leave the gateway running; no request is cut",
        2,
    ),
    Key("quit.no", Scope.QUIT, "n,escape", "n", "answer('stay')", "Stay", "Stay", 3),
)
