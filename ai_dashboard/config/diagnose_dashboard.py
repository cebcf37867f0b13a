"""The keys of `dashboard.yaml` held against the actions that there are: what of them is in force.

What is wrong with a key is a warning, and leaves the action its usual ones: nobody shall be without a gateway because a
later version has an action on a key that was free.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from ai_dashboard.config.actions import Actions, actions
from ai_dashboard.config.key_names import normal
from ai_dashboard.config.schema.dashboard import DashboardSettings
from ai_dashboard.config.validate import Source
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.diagnostics import Diagnostic, Severity
from ai_dashboard.core.screen import ScreenSettings

PREFIXES = {"ctrl+a": "screen", "ctrl+b": "tmux"}
"""Keys that never arrive where people work in tmux or screen."""

KEPT = "its usual key stays"


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is wrong with one entry of `keys`, and what to do about it."""

    action: str
    message: str
    fix: str = ""


def screen_settings(
    settings: DashboardSettings, source: Source, found: list[Diagnostic], known: Actions | None = None
) -> ScreenSettings:
    """What of a file is in force; `found` hears of the rest."""
    if not settings.keymap:
        return ScreenSettings(settings.theme, settings.refresh_s, settings.compact)
    keys, doubts = keys_in_force(settings.keymap, known or actions())
    section = next(name for name in DashboardSettings.names("keymap") if source.has((name,)))
    for doubt in doubts:
        path = (section, doubt.action)
        found.append(source.say(Severity.WARNING, path, f"{doubt.message}; {KEPT}", doubt.fix, at_key=True))
    chosen = tuple((action, ",".join(mine)) for action, mine in keys.items())
    return ScreenSettings(settings.theme, settings.refresh_s, settings.compact, chosen)


def keys_in_force(
    written: Mapping[str, tuple[str, ...]], known: Actions
) -> tuple[dict[str, tuple[str, ...]], tuple[Doubt, ...]]:
    """The keys that actions listen to instead of their usual ones, and what speaks against the others."""
    keys: dict[str, tuple[str, ...]] = {}
    doubts: list[Doubt] = []
    for action, words in written.items():
        read = _read(action, words, known)
        if isinstance(read, Doubt):
            doubts.append(read)
        else:
            keys[action] = read
    while (clash := next(_clashes(keys, known), None)) is not None:
        doubts.append(clash)
        del keys[clash.action]
    return keys, tuple(doubts)


def _read(action: str, words: tuple[str, ...], known: Actions) -> tuple[str, ...] | Doubt:
    """The keys of one entry by itself."""
    if action not in known.keys:
        near = get_close_matches(action.lower(), known.keys, n=1)
        fix = f"did you mean `{near[0]}`?" if near else "`?` in the app lists the actions with their ids"
        return Doubt(action, f"there is no action `{action}`", fix)
    # A comma between keys is Textual's way to write them; a comma by itself is the key.
    texts = [text for word in words for text in ([word] if word.strip() == "," else word.split(","))]
    if not texts:
        return Doubt(action, "no key is named", "name one, or delete the entry")
    keys: list[str] = []
    for text in texts:
        key = normal(text)
        if key is None:
            return Doubt(action, f"there is no key `{text.strip()}`", "write it as in `ctrl+y`, `f5`, `?` or `escape`")
        if key in PREFIXES:
            return Doubt(action, f"`{key}` is {PREFIXES[key]}'s own prefix and would not arrive", "choose another key")
        if key not in keys:
            keys.append(key)
    return tuple(keys)


def _clashes(keys: Mapping[str, tuple[str, ...]], known: Actions) -> Iterator[Doubt]:
    """Entries whose key means something else on a screen of theirs. What shares a key by default is meant to."""
    for place, members in known.together.items():
        for action in (member for member in reversed(tuple(keys)) if member in members):
            for other in members:
                if other == action:
                    continue
                shared = set(keys[action]) & set(keys.get(other, known.keys[other]))
                shared -= set(known.keys[action]) & set(known.keys[other])
                if shared:
                    message = f"`{min(shared)}` is the key of `{other}` on the same screen ({place})"
                    yield Doubt(action, message, f"choose another key, or give `{other}` another one, too")
