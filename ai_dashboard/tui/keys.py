"""Every key of the screen, once. Bindings, footer, help and palette are all made from `KEYS`.

A key is an action with an id. `ctrl+a` and `ctrl+b` stay free: they are the prefixes of tmux and screen.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import ActiveBinding, Binding, BindingType

EACH = "{key}"
"""In an action: one binding for each of the keys, which becomes the argument."""


class Scope(StrEnum):
    """Where a key works."""

    APP = "everywhere"
    OVERVIEW = "overview"
    REQUEST = "request"
    CONFIG = "config"
    SCROLL = "moving"
    HELP = "help"
    QUIT = "quit"
    FILTER = "filter"


@dataclass(frozen=True, slots=True)
class Key:
    """`label` is for the footer, `help` the sentence for help and palette. `footer` says how soon the footer makes room
    for it: 1 first, 0 never."""

    id: str
    scope: Scope
    keys: str
    display: str
    action: str
    label: str
    help: str
    footer: int = 0

    def bindings(self) -> Iterable[Binding]:
        """What Textual is told."""
        if EACH not in self.action:
            yield self._binding(self.id, self.keys, self.action, self.help)
            return
        for key in self.keys.split(","):
            yield self._binding(f"{self.id}.{key}", key, self.action.replace(EACH, key), f"{self.help} {key}")

    def _binding(self, binding_id: str, keys: str, action: str, tooltip: str) -> Binding:
        return Binding(
            keys, action, self.label, show=bool(self.footer), key_display=self.display, id=binding_id, tooltip=tooltip
        )


KEYS: tuple[Key, ...] = (
    Key("app.quit", Scope.APP, "q", "q", "app.quit", "Quit", "Quit; asks while real requests are in flight", 1),
    Key(
        "app.refresh",
        Scope.APP,
        "r",
        "r",
        "app.refresh_now",
        "Refresh",
        "Refresh: probe every provider and look now",
        2,
    ),
    Key(
        "app.config",
        Scope.APP,
        "c",
        "c",
        "app.show_config",
        "Config",
        "Config: show the files and what was found in them",
        3,
    ),
    Key("app.help", Scope.APP, "question_mark", "?", "app.show_help", "Help", "Help: show the keys of this screen", 4),
    Key(
        "app.palette",
        Scope.APP,
        "colon,ctrl+p",
        ": ^p",
        "app.command_palette",
        "Palette",
        "Palette: find any action by name",
        5,
    ),
    Key("app.theme", Scope.APP, "t", "t", "app.next_theme", "Theme", "Theme: switch between dark and light", 13),
    Key("requests.open", Scope.OVERVIEW, "enter", "⏎", "open", "Inspect", "Inspect the selected request", 6),
    Key("requests.filter", Scope.OVERVIEW, "slash", "/", "filter", "Filter", "Filter the requests by a substring", 7),
    Key("view.pause", Scope.OVERVIEW, "space", "space", "app.toggle_pause", "Pause", "Pause the picture, or go on", 8),
    Key("view.zoom", Scope.OVERVIEW, "z", "z", "zoom", "Zoom", "Zoom the focused panel, or undo", 9),
    Key(
        "requests.copy",
        Scope.OVERVIEW,
        "y",
        "y",
        "copy",
        "Copy curl",
        "Copy the selected request as a curl command",
        10,
    ),
    Key("requests.follow", Scope.OVERVIEW, "f", "f", "follow", "Follow", "Follow the newest request, or stay", 11),
    Key("view.next", Scope.OVERVIEW, "tab", "tab", "app.focus_next", "Panel", "Focus the next panel", 12),
    Key("view.previous", Scope.OVERVIEW, "shift+tab", "⇧tab", "app.focus_previous", "Back", "Focus the previous panel"),
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
    Key("view.back", Scope.OVERVIEW, "escape", "esc", "back", "Back", "Back: leave the zoom, then drop the filter"),
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
    Key("request.back", Scope.REQUEST, "escape", "esc", "app.pop_screen", "Back", "Back to the overview", 6),
    Key("request.copy", Scope.REQUEST, "y", "y", "copy", "Copy curl", "Copy this request as a curl command", 7),
    Key("config.back", Scope.CONFIG, "escape", "esc", "app.pop_screen", "Back", "Back to the overview", 6),
    Key("config.next", Scope.CONFIG, "tab", "tab", "turn(1)", "Next file", "Show the next file", 7),
    Key("config.previous", Scope.CONFIG, "shift+tab", "⇧tab", "turn(-1)", "Previous", "Show the previous file"),
    Key("config.file", Scope.CONFIG, "1,2,3,4,5,6,7,8,9", "1-9", "file({key})", "File", "Show file"),
    Key(
        "config.findings", Scope.CONFIG, "d", "d", "findings", "Findings", "Go to the findings, or back to the text", 8
    ),
    Key("config.jump", Scope.CONFIG, "enter", "⏎", "jump", "Jump", "Jump to the line of the selected finding", 9),
    Key("move.up", Scope.SCROLL, "up,k", "↑ k", "move(-1)", "Up", "One line up"),
    Key("move.down", Scope.SCROLL, "down,j", "↓ j", "move(1)", "Down", "One line down"),
    Key("move.page_up", Scope.SCROLL, "pageup", "pgup", "page(-1)", "Page up", "One page up"),
    Key("move.page_down", Scope.SCROLL, "pagedown", "pgdn", "page(1)", "Page down", "One page down"),
    Key("move.home", Scope.SCROLL, "home,g", "home g", "end(-1)", "Top", "To the top"),
    Key("move.end", Scope.SCROLL, "end,G", "end G", "end(1)", "Bottom", "To the bottom"),
    Key("help.close", Scope.HELP, "escape,question_mark,q", "esc", "dismiss", "Close", "Close the help", 1),
    Key("quit.yes", Scope.QUIT, "y", "y", "answer(True)", "Quit anyway", "Quit; requests in flight are cut", 1),
    Key("quit.no", Scope.QUIT, "n,escape", "n", "answer(False)", "Stay", "Stay", 2),
)

_BY_ID = {key.id: key for key in KEYS}


def bindings(*scopes: Scope) -> list[BindingType]:
    """The bindings of some scopes, for a class's `BINDINGS`."""
    return [binding for key in KEYS if key.scope in scopes for binding in key.bindings()]


def key_of(binding: Binding) -> Key | None:
    """The key that a binding was made from; None for one that is Textual's own."""
    if binding.id is None:
        return None
    return _BY_ID.get(binding.id) or _BY_ID.get(binding.id.rpartition(".")[0])


def active_keys(active: Iterable[ActiveBinding]) -> list[Key]:
    """The keys that do something here and now, each once, in the order of the table."""
    found = {key.id for binding in active if binding.enabled and (key := key_of(binding.binding))}
    return [key for key in KEYS if key.id in found]
