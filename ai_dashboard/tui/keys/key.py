"""What a key is, and where it works."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import StrEnum

from textual.binding import Binding
from textual.keys import key_to_character

from ai_dashboard.core.data import dataclass

EACH = "{key}"
"""In an action: one binding for each of the keys, which becomes the argument."""


_SHORT = {
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "enter": "⏎",
    "escape": "esc",
    "backspace": "⌫",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "delete": "del",
}


def display_of(keys: Iterable[str]) -> str:
    """Keys as the footer writes them: `^y`, `⇧tab`, `f5`, `?`."""
    return " ".join(map(_display, keys))


def _display(key: str) -> str:
    *modifiers, name = key.split("+")
    typed = key_to_character(name) or ""
    short = _SHORT.get(name) or (typed if typed.isprintable() and not typed.isspace() else "") or name
    marks = {"ctrl": "^", "shift": "⇧"}
    return "".join(marks.get(modifier, f"{modifier}+") for modifier in modifiers) + short


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
    CACHE = "cache and queue"
    COSTS = "costs"
    LOGS = "logs and alerts"
    ALERTS = "alerts"
    PLAYGROUND = "playground"
    PROMPT = "question to models"
    SETUP = "models to ask"
    TRAVEL = "time travel"


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

    def moved_to(self, keys: Sequence[str]) -> "Key":
        """The same action on other keys."""
        return replace(self, keys=",".join(keys), display=display_of(keys))

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
