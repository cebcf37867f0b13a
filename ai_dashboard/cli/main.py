"""`ai-dashboard`: finds the sub-command, imports it alone, and turns what people can mend into one clear line."""

import gc
import importlib
import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING

from ai_dashboard import __version__
from ai_dashboard.cli import commands, streams

if TYPE_CHECKING:
    import argparse

    from ai_dashboard.cli.completing.tree import Node

USAGE_EXIT = 2
APP = "app"
"""The sub-command that needs no name: the control centre itself."""


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 well, 1 a problem was found, 2 used wrongly."""
    streams.prepare()
    try:
        try:
            return _run(sys.argv[1:] if argv is None else argv)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has enough (`| head`). Nothing more can be said to them.
        streams.give_up()
        return 0
    except OSError as error:
        if not streams.is_full(error):
            raise
        streams.give_up()
        print(f"ai-dashboard: this could not be written: {error.strerror}", file=sys.stderr)
        return 1


def _run(arguments: list[str]) -> int:
    if arguments == ["--version"]:
        print(f"ai-dashboard {__version__}")
        return 0
    named = sub_commands()
    name = arguments[0] if arguments and arguments[0] in named else APP
    if name == APP and _asks_for_help(arguments):
        _overview(named).print_help()
        return 0
    if name == APP and arguments and not arguments[0].startswith("-"):
        return _unknown(arguments[0], named)
    command = _load(name)
    parser = _parser(name, command)
    args = parser.parse_args(arguments[1:] if arguments[:1] == [name] else arguments)
    try:
        return int(command.run(args))
    except KeyboardInterrupt:
        return 130
    except _what_people_can_mend() as problem:
        return _told(problem)


def sub_commands() -> list[str]:
    """Their names, in the order of the alphabet."""
    with os.scandir(commands.__path__[0]) as files:  # `pkgutil` would import half of the standard library for it
        names = [file.name[:-3] for file in files if file.name.endswith(".py") and not file.name.startswith("_")]
    return sorted(name for name in names if name != APP)


def tree() -> "Node":
    """All that may be said, for a shell that completes it."""
    from dataclasses import replace

    from ai_dashboard.cli.completing.tree import node_of

    root = node_of((), parser_of(APP))
    return replace(root, children=tuple(node_of((name,), parser_of(name)) for name in sub_commands()))


def parser_of(name: str) -> "argparse.ArgumentParser":
    """What a sub-command takes."""
    return _parser(name, _load(name))


def _load(name: str) -> ModuleType:
    # What is imported stays. The garbage collector would look through it again and again, for a quarter of the time.
    gc.disable()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # else it looks for some in every installed package
    try:
        return importlib.import_module(f"{commands.__name__}.{name}")
    finally:
        gc.freeze()
        gc.enable()


def _parser(name: str, command: ModuleType) -> "argparse.ArgumentParser":
    import argparse

    prog = "ai-dashboard" if name == APP else f"ai-dashboard {name}"
    parser = argparse.ArgumentParser(
        prog, description=command.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    command.arguments(parser)
    return parser


def _overview(names: list[str]) -> "argparse.ArgumentParser":
    """The help of the whole: the control centre's own options, then every sub-command with its first line."""
    parser = parser_of(APP)
    width = max(len(name) for name in names)
    lines = [f"  {name:<{width}}  {(_load(name).__doc__ or '').splitlines()[0]}" for name in names]
    parser.epilog = "\n".join(["sub-commands (each has its own --help):", *lines])
    return parser


def _asks_for_help(arguments: list[str]) -> bool:
    return any(argument in {"-h", "--help"} for argument in arguments)


def _unknown(word: str, names: list[str]) -> int:
    import difflib

    near = difflib.get_close_matches(word, names, n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(names)}"
    print(f"ai-dashboard: there is no sub-command {word!r}; {hint}", file=sys.stderr)
    return USAGE_EXIT


def _what_people_can_mend() -> tuple[type[Exception], ...]:
    """Looked up when something has gone wrong: what defines these takes half the time of a short command to import."""
    from ai_dashboard.core.control import PortClosed
    from ai_dashboard.core.errors import ConfigError, GatewayError

    return ConfigError, PortClosed, GatewayError


def _told(problem: Exception) -> int:
    """Say it in one line, or in those that a configuration needs; the exit code."""
    from ai_dashboard.core.errors import ConfigError, GatewayError

    match problem:
        case GatewayError(message=message, hint=hint):
            said = f"ai-dashboard: {message}{f' ({hint})' if hint else ''}"
        case ConfigError(lines=lines):
            said = "\n".join(lines)
        case _:
            said = f"ai-dashboard: {problem}"
    print(said, file=sys.stderr)
    return USAGE_EXIT if isinstance(problem, ConfigError) else 1
