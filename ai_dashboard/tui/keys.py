"""Every key of the screen, once. Bindings, footer, help and palette are all made from `KEYS`.

A key is an action with an id. `ctrl+a` and `ctrl+b` stay free: they are the prefixes of tmux and screen.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import ActiveBinding, Binding, BindingType

from ai_dashboard.tui.tabs import TABS

EACH = "{key}"
"""In an action: one binding for each of the keys, which becomes the argument."""


class Scope(StrEnum):
    """Where a key works."""

    APP = "everywhere"
    OVERVIEW = "overview"
    LIST = "request list"
    INSPECTOR = "requests"
    COMPARE = "comparison"
    LINE = "answer"
    ROUTING = "routing"
    ASK = "asking"
    VIEW = "view"
    AWAY = "screen"
    PROVIDERS = "providers"
    PROVIDER = "provider"
    OPERATE = "provider at hand"
    LATENCY = "latency"
    HOST = "GPU and host"
    FIT = "model to fit"
    REQUEST = "request"
    CONFIG = "config"
    TEXT = "text"
    COMPLETE = "completion"
    DIFF = "differences"
    CONFLICT = "conflict"
    LEAVE = "leaving"
    CONFIRM = "question"
    SCROLL = "moving"
    HELP = "help"
    QUIT = "quit"
    FILTER = "filter"


@dataclass(frozen=True, slots=True)
class Key:
    """`label` is for the footer, `help` the sentence for help and palette. `footer` says how soon the footer makes room
    for it: 1 first, 0 never. `faces` says in the palette what each of the keys means, where they mean different things
    and their names do not tell."""

    id: str
    scope: Scope
    keys: str
    display: str
    action: str
    label: str
    help: str
    footer: int = 0
    faces: tuple[str, ...] = ()

    def bindings(self) -> Iterable[Binding]:
        """What Textual is told."""
        if EACH not in self.action:
            yield self._binding(self.id, self.keys, self.action, self.help)
            return
        keys = self.keys.split(",")
        for key, face in zip(keys, self.faces or keys, strict=True):
            yield self._binding(f"{self.id}.{key}", key, self.action.replace(EACH, key), f"{self.help} {face}")

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
        "Config: edit the files, with what is found in them",
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
    Key(
        "app.screen",
        Scope.APP,
        ",".join(str(tab.number) for tab in TABS),
        "1-9",
        "app.show_screen({key})",
        "Screens",
        "Show the screen",
        5,
        tuple(tab.name for tab in TABS),
    ),
    Key("app.theme", Scope.APP, "t", "t", "app.next_theme", "Theme", "Theme: switch between dark and light", 13),
    Key("requests.open", Scope.LIST, "enter", "⏎", "open", "Inspect", "Inspect the selected request", 6),
    Key(
        "requests.filter", Scope.LIST, "slash", "/", "filter", "Filter", "Filter the requests, by fields or any text", 7
    ),
    Key("view.pause", Scope.VIEW, "space", "space", "app.toggle_pause", "Pause", "Pause the picture, or go on", 8),
    Key("view.zoom", Scope.OVERVIEW, "z", "z", "zoom", "Zoom", "Zoom the focused panel, or undo", 9),
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
    Key("view.next", Scope.VIEW, "tab", "tab", "app.focus_next", "Panel", "Focus the next panel", 12),
    Key("view.previous", Scope.VIEW, "shift+tab", "⇧tab", "app.focus_previous", "Back", "Focus the previous panel"),
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
    Key(
        "filter.complete", Scope.FILTER, "tab", "tab", "screen.complete_filter", "Complete", "Take the first choice", 3
    ),
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
    Key("request.back", Scope.REQUEST, "escape", "esc", "app.pop_screen", "Back", "Back to the list", 6),
    Key("request.copy", Scope.REQUEST, "y", "y", "copy", "Copy curl", "Copy this request as a curl command", 7),
    Key("request.python", Scope.REQUEST, "Y", "Y", "copy_python", "Python", "Copy this request as Python", 8),
    Key("compare.back", Scope.COMPARE, "escape", "esc", "app.pop_screen", "Back", "Back to the list", 6),
    Key("line.take", Scope.LINE, "enter", "⏎", "screen.take", "Take", "Take this answer", 1),
    Key("line.leave", Scope.LINE, "escape", "esc", "screen.leave", "Leave", "Do nothing", 2),
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
    Key("inspector.replay", Scope.INSPECTOR, "R", "R", "replay", "Replay", "Ask the request again, of any model", 11),
    Key("request.replay", Scope.REQUEST, "R", "R", "replay", "Replay", "Ask this request again, of any model", 10),
    Key("request.plan", Scope.REQUEST, "w", "w", "plan", "Plan", "Where this request would go now", 9),
    Key("view.home", Scope.AWAY, "escape", "esc", "app.show_screen(1)", "Overview", "Back to the overview", 14),
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
    Key("host.fit", Scope.HOST, "f", "f", "fit", "Will it fit", "Estimate whether a model fits into VRAM", 5),
    Key("fit.done", Scope.FIT, "enter,escape", "⏎", "screen.done", "Done", "Back to the panels", 1),
    Key("text.leave", Scope.TEXT, "escape", "esc", "screen.leave_text", "Panes", "From the text to the panes", 1),
    Key("text.suggest", Scope.TEXT, "ctrl+space,ctrl+@", "^space", "suggest", "Complete", "What may stand here", 2),
    Key("text.indent", Scope.TEXT, "tab", "tab", "indent", "Indent", "Two spaces deeper, or complete a word"),
    Key("text.outdent", Scope.TEXT, "shift+tab", "⇧tab", "outdent", "Outdent", "Two spaces back"),
    Key("text.undo", Scope.TEXT, "ctrl+z", "^z", "undo", "Undo", "Undo the last change of this file", 2),
    Key("text.redo", Scope.TEXT, "ctrl+y", "^y", "redo", "Redo", "Make it again"),
    Key(
        "config.decide", Scope.CONFIG, "ctrl+o", "^o", "decide", "Decide", "The file changed on disk: mine or theirs", 1
    ),
    Key(
        "config.save",
        Scope.CONFIG,
        "ctrl+s",
        "^s",
        "save",
        "Save",
        "Save: check it, back up the file, put it in force",
        1,
    ),
    Key("config.edit", Scope.CONFIG, "e", "e", "edit", "Edit", "Edit: to the text, where letters type", 1),
    Key(
        "config.back",
        Scope.CONFIG,
        "escape",
        "esc",
        "leave",
        "Back",
        "Back; asks before edits are lost",
        1,
    ),
    Key(
        "config.open",
        Scope.CONFIG,
        "enter",
        "⏎",
        "open",
        "Open",
        "Go to the problem, or show what a backup differs in",
        2,
    ),
    Key("config.rollback", Scope.CONFIG, "b", "b", "rollback", "Roll back", "Put the selected backup back", 2),
    Key(
        "config.pane",
        Scope.CONFIG,
        "tab",
        "tab",
        "pane(1)",
        "Pane",
        "Next pane: problems, changes, what-if, backups",
        2,
    ),
    Key("config.pane_back", Scope.CONFIG, "shift+tab", "⇧tab", "pane(-1)", "Back", "The pane before"),
    Key("config.problem", Scope.CONFIG, "f8,n", "f8", "problem(1)", "Problem", "To the next problem in this file", 2),
    Key("config.problem_back", Scope.CONFIG, "shift+f8,N", "⇧f8", "problem(-1)", "Back", "To the problem before"),
    Key("config.file", Scope.CONFIG, "1,2,3,4,5,6,7,8,9", "1-9", "file({key})", "File", "Show file"),
    Key(
        "config.next",
        Scope.CONFIG,
        "ctrl+pagedown,right",
        "^pgdn",
        "turn(1)",
        "Next file",
        "The next file; → as well, where letters do not type",
        3,
    ),
    Key(
        "config.previous",
        Scope.CONFIG,
        "ctrl+pageup,left",
        "^pgup",
        "turn(-1)",
        "Previous",
        "The file before; ← as well",
    ),
    Key(
        "config.reveal", Scope.CONFIG, "ctrl+r", "^r", "reveal", "Secrets", "Show secrets in the text, or hide them", 3
    ),
    Key("config.outside", Scope.CONFIG, "ctrl+e", "^e", "outside", "$EDITOR", "Edit the text in $EDITOR", 3),
    Key("complete.up", Scope.COMPLETE, "up", "↑", "move(-1)", "Up", "The choice before"),
    Key("complete.down", Scope.COMPLETE, "down", "↓", "move(1)", "Down", "The next choice"),
    Key("complete.page_up", Scope.COMPLETE, "pageup", "pgup", "page(-1)", "Page up", "Choices further up"),
    Key("complete.page_down", Scope.COMPLETE, "pagedown", "pgdn", "page(1)", "Page down", "Choices further down"),
    Key("complete.take", Scope.COMPLETE, "enter,tab", "⏎", "take", "Take", "Take the choice", 1),
    Key("complete.close", Scope.COMPLETE, "escape,left,right", "esc", "close", "Close", "Go on typing", 2),
    Key("complete.erase", Scope.COMPLETE, "backspace", "⌫", "erase", "Erase", "Erase a letter"),
    Key("diff.close", Scope.DIFF, "escape,q", "esc", "dismiss", "Back", "Back to the editor", 1),
    Key("diff.turn", Scope.DIFF, "tab", "tab", "turn", "Compare", "Compare with another text", 2),
    Key("conflict.diff", Scope.CONFLICT, "d", "d", "answer('diff')", "Differences", "See the differences first", 1),
    Key(
        "conflict.mine",
        Scope.CONFLICT,
        "k",
        "k",
        "answer('mine')",
        "Keep mine",
        "Keep my text; saving replaces theirs",
        2,
    ),
    Key(
        "conflict.theirs",
        Scope.CONFLICT,
        "t",
        "t",
        "answer('theirs')",
        "Take theirs",
        "Take their text; undo has mine",
        3,
    ),
    Key("conflict.later", Scope.CONFLICT, "escape", "esc", "answer('later')", "Later", "Decide later", 4),
    Key("leave.save", Scope.LEAVE, "s", "s", "answer('save')", "Save", "Save, and leave", 1),
    Key("leave.discard", Scope.LEAVE, "x", "x", "answer('discard')", "Throw away", "Throw the edits away and leave", 2),
    Key("leave.stay", Scope.LEAVE, "n,escape", "esc", "answer('stay')", "Stay", "Stay", 3),
    Key("confirm.yes", Scope.CONFIRM, "y", "y", "answer(True)", "Yes", "Do it", 1),
    Key("confirm.no", Scope.CONFIRM, "n,escape", "n", "answer(False)", "No", "Leave it as it is", 2),
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
