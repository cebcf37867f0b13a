"""`ai-dashboard`: finds the sub-command, imports it alone, and turns what people can mend into one clear line."""

import argparse
import gc
import importlib
import pkgutil
import sys
from types import ModuleType

from ai_dashboard.cli import commands
from ai_dashboard.core.control import PortClosed
from ai_dashboard.core.errors import ConfigError, GatewayError

USAGE_EXIT = 2
APP = "app"
"""The sub-command that needs no name: the control centre itself."""


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 well, 1 a problem was found, 2 used wrongly."""
    arguments = sys.argv[1:] if argv is None else argv
    names = [module.name for module in pkgutil.iter_modules(commands.__path__)]
    named = [name for name in names if name != APP]
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
    except (ConfigError, PortClosed, GatewayError) as problem:
        print(_in_words(problem), file=sys.stderr)
        return 2 if isinstance(problem, ConfigError) else 1
    except BrokenPipeError:
        # Whoever read our output has enough (`| head`). Nothing more can be said to them.
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130


def _load(name: str) -> ModuleType:
    # What is imported stays. The garbage collector would look through it again and again, for a quarter of the time.
    gc.disable()
    try:
        return importlib.import_module(f"{commands.__name__}.{name}")
    finally:
        gc.enable()


def _parser(name: str, command: ModuleType) -> argparse.ArgumentParser:
    prog = "ai-dashboard" if name == APP else f"ai-dashboard {name}"
    parser = argparse.ArgumentParser(
        prog, description=command.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    command.arguments(parser)
    return parser


def _overview(names: list[str]) -> argparse.ArgumentParser:
    """The help of the whole: the control centre's own options, then every sub-command with its first line."""
    parser = _parser(APP, _load(APP))
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


def _in_words(problem: ConfigError | PortClosed | GatewayError) -> str:
    match problem:
        case GatewayError(message=message, hint=hint):
            return f"ai-dashboard: {message}{f' ({hint})' if hint else ''}"
        case ConfigError(lines=lines):
            return "\n".join(lines)
        case _:
            return f"ai-dashboard: {problem}"
