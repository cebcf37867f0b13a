"""Sub-commands with their options and words, as argparse knows them: completion cannot be behind the commands."""

import argparse
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from ai_dashboard.core.data import dataclass

FOLDERS = frozenset({"DIR"})
FILES = frozenset({"FILE", "NEWTEXT"})


class Value(StrEnum):
    """What follows an option, or stands where a word may."""

    NONE = "none"
    ANY = "any"
    FILE = "file"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Option:
    """An option by all of its names. `words` are all that may follow, where that is known."""

    names: tuple[str, ...]
    about: str
    value: Value
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """A command: `path` are the words that name it, none for the program itself. `words` may stand behind it, and
    `value` says what else may."""

    path: tuple[str, ...]
    about: str
    options: tuple[Option, ...] = ()
    words: tuple[str, ...] = ()
    value: Value = Value.NONE
    children: tuple["Node", ...] = ()

    def all(self) -> Iterator["Node"]:
        """This and everything below it."""
        yield self
        for child in self.children:
            yield from child.all()


def node_of(path: tuple[str, ...], parser: argparse.ArgumentParser) -> Node:
    """What a parser takes."""
    options: list[Option] = []
    words: list[str] = []
    children: list[Node] = []
    value = Value.NONE
    for action in parser._actions:
        if action.help == argparse.SUPPRESS:
            continue
        if isinstance(action, argparse._SubParsersAction):
            children = [node_of((*path, name), child) for name, child in action.choices.items()]
        elif action.option_strings:
            names = tuple(action.option_strings)
            options.append(Option(names, _plain(action.help), _value(action), _words(action)))
        else:
            words += _words(action)
            value = _value(action) if value is Value.NONE else value
    about = (parser.description or "").partition("\n")[0]
    return Node(path, about, tuple(options), tuple(words), value, tuple(children))


def _value(action: argparse.Action) -> Value:
    if action.nargs == 0:
        return Value.NONE
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    if metavar in FOLDERS:
        return Value.FOLDER
    return Value.FILE if metavar in FILES or action.type is Path else Value.ANY


def _words(action: argparse.Action) -> tuple[str, ...]:
    return tuple(str(choice) for choice in action.choices or ())


def _plain(text: str | None) -> str:
    """A help text as it is printed."""
    return (text or "").replace("%%", "%")
