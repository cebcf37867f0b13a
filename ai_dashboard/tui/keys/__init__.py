"""Every key of the screens, once. Bindings, footer, help and palette are all made from `KEYS`.

A key is an action with an id; each screen has a file of them. `ctrl+a` and `ctrl+b` stay free: they are the prefixes of
tmux and screen.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from textual.binding import ActiveBinding, Binding, BindingType

from ai_dashboard.tui.keys import (
    cache,
    costs,
    editor,
    everywhere,
    host,
    latency,
    logs,
    overview,
    playground,
    providers,
    questions,
    requests,
    routing,
)
from ai_dashboard.tui.keys.key import Key, Scope, display_of

__all__ = [
    "KEYS",
    "Hint",
    "Key",
    "Scope",
    "active_keys",
    "bindings",
    "hints",
    "is_moved",
    "key_of",
    "shown_by_id",
    "usual",
]

KEYS: tuple[Key, ...] = (
    *everywhere.KEYS,
    *overview.KEYS,
    *requests.KEYS,
    *routing.KEYS,
    *providers.KEYS,
    *latency.KEYS,
    *cache.KEYS,
    *host.KEYS,
    *costs.KEYS,
    *playground.KEYS,
    *logs.KEYS,
    *editor.KEYS,
    *questions.KEYS,
)

_BY_ID = {key.id: key for key in KEYS}
_USUAL = {binding.id: binding for key in KEYS for binding in key.bindings()}

Hint = tuple[str, str]
"""Ids of actions with spaces between them, and what they do in a word."""


def bindings(*scopes: Scope) -> list[BindingType]:
    """The bindings of some scopes, for a class's `BINDINGS`."""
    return [binding for key in KEYS if key.scope in scopes for binding in key.bindings()]


def usual(name: str) -> Binding:
    """The usual binding of an action, by its id; one of many faces is written as its own key."""
    binding = _USUAL[name]
    return binding if name in _BY_ID else replace(binding, key_display=display_of([binding.key]))


def hints(said: Iterable[Hint], pressed: Callable[[str], str]) -> str:
    """What keys do, for the border of a panel: `b by · w since`; `pressed` says how an action is called now."""
    return " · ".join(f"{' '.join(map(pressed, ids.split()))} {word}".rstrip() for ids, word in said)


def key_of(binding: Binding) -> Key | None:
    """The key that a binding was made from; None for one that is Textual's own."""
    if binding.id is None:
        return None
    return _BY_ID.get(binding.id) or _BY_ID.get(binding.id.rpartition(".")[0])


def is_moved(binding: Binding) -> bool:
    """Whether somebody has put it on another key: what Textual's keymap replaces loses the sign that it is shown by."""
    return binding.key_display is None


def active_keys(active: Iterable[ActiveBinding]) -> list[Key]:
    """The keys that do something here and now, each once, in the order of the table, as they are to be pressed."""
    found: dict[str, list[Binding]] = {}
    for one in active:
        if one.enabled and (key := key_of(one.binding)):
            found.setdefault(key.id, []).append(one.binding)
    return [_as_pressed(key, found[key.id]) for key in KEYS if key.id in found]


def shown_by_id(bound: Iterable[Binding]) -> dict[str, str]:
    """How the keys of each binding are written, by its id; one of many faces has a key of its own."""
    found: dict[str, list[Binding]] = {}
    for binding in bound:
        if binding.id is not None:
            found.setdefault(binding.id, []).append(binding)
    return {name: _written(name, pressed) for name, pressed in found.items()}


def _written(name: str, pressed: Sequence[Binding]) -> str:
    key = _BY_ID.get(name)
    if key is not None and not any(map(is_moved, pressed)):
        return key.display
    return display_of(dict.fromkeys(binding.key for binding in pressed))


def _as_pressed(key: Key, pressed: Sequence[Binding]) -> Key:
    if not any(map(is_moved, pressed)):
        return key
    return key.moved_to(tuple(dict.fromkeys(binding.key for binding in pressed)))
