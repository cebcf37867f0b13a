"""Writes the table of actions for those who may not know the screen (`config/actions.json`): `./dev keys`. Development
only; nothing at run time imports this module.

Which actions share a screen is read from the screens and widgets themselves: the keys of its own that each has, and
those of the app beneath every screen that is not a question.
"""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path

from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen

import ai_dashboard
from ai_dashboard import tui
from ai_dashboard.tui.keys import KEYS, Scope, key_of

FILE = Path(ai_dashboard.__file__).with_name("config") / "actions.json"


def table() -> str:
    """The file's text: the usual keys of every action, and the actions of every screen."""
    keys = {str(binding.id): binding.key for key in KEYS for binding in key.bindings()}
    document = {"keys": keys, "together": dict(sorted(_together()))}
    return json.dumps(document, indent=1) + "\n"


def _together() -> Iterator[tuple[str, list[str]]]:
    """Each place where keys are pressed, and the actions that listen there."""
    beneath = (Scope.APP, Scope.TRAVEL)
    everywhere = [str(binding.id) for key in KEYS if key.scope in beneath for binding in key.bindings()]
    for module in pkgutil.walk_packages(tui.__path__, f"{tui.__name__}."):
        importlib.import_module(module.name)
    for kind in _kinds(DOMNode):
        merged = kind._merged_bindings
        mine = {str(one.id) for _, one in merged if key_of(one) is not None} if merged is not None else set()
        if not mine or not kind.__module__.startswith(tui.__name__) or _has_heirs(kind):
            continue
        if issubclass(kind, Screen) and not issubclass(kind, ModalScreen):
            mine.update(everywhere)
        yield kind.__name__, sorted(mine)


def _kinds(kind: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for heir in kind.__subclasses__():
        yield heir
        yield from _kinds(heir)


def _has_heirs(kind: type[DOMNode]) -> bool:
    """Whether it is only what others have in common."""
    return any(heir.__module__.startswith(tui.__name__) for heir in kind.__subclasses__())


def main(target: Path = FILE) -> None:
    """Write the file."""
    target.write_text(table())


if __name__ == "__main__":
    main()
