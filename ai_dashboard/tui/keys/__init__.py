"""Every key of the screens, once. Bindings, footer, help and palette are all made from `KEYS`.

A key is an action with an id; each screen has a file of them. `ctrl+a` and `ctrl+b` stay free: they are the prefixes of
tmux and screen.
"""

from collections.abc import Iterable

from textual.binding import ActiveBinding, Binding, BindingType

from ai_dashboard.tui.keys import editor, everywhere, host, latency, overview, providers, questions, requests, routing
from ai_dashboard.tui.keys.key import Key, Scope

__all__ = ["KEYS", "Key", "Scope", "active_keys", "bindings", "key_of"]

KEYS: tuple[Key, ...] = (
    *everywhere.KEYS,
    *overview.KEYS,
    *requests.KEYS,
    *routing.KEYS,
    *providers.KEYS,
    *latency.KEYS,
    *host.KEYS,
    *editor.KEYS,
    *questions.KEYS,
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
