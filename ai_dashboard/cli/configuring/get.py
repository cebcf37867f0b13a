"""The value in force at one place, whoever said so.

  ai-dashboard config get gateway.yaml listen.port
  ai-dashboard config get providers.yaml providers.ollama.base_url --origin
  ai-dashboard config get providers.yaml providers.ollama

A single value is printed as it is, several as JSON; secrets are masked. Exit code 0: here it is, 1: there is nothing,
2: used wrongly.
"""

import argparse
import json
import sys
from typing import TYPE_CHECKING

from ai_dashboard.cli.configuring.folder import file_name
from ai_dashboard.cli.options import add_config_option, add_json_option

if TYPE_CHECKING:
    from ai_dashboard.config.yaml_tree import Data


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=file_name, help="such as gateway.yaml")
    parser.add_argument("path", metavar="PATH", help="such as listen.port; quotes keep dots in a key")
    parser.add_argument("--origin", action="store_true", help="and where it comes from")
    add_json_option(parser)
    add_config_option(parser)


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.cli.configuring.show import as_text, dotted, in_force, refused
    from ai_dashboard.config.paths import PathProblem, resolve

    everything = in_force(args)
    if everything.loaded.config is None:
        return refused(everything)
    settings = [it for it in everything.settings if it.file == args.file]
    nested: dict[str, Data] = {}
    for setting in settings:
        _put(nested, setting.path, setting.value)
    try:
        path = tuple(map(str, resolve(nested, args.path)))
    except PathProblem as problem:
        print(f"ai-dashboard: {args.file}: {problem}", file=sys.stderr)
        return 1
    found = [it for it in settings if tuple(map(str, it.path[: len(path)])) == path]
    if args.origin and args.json:
        said = [{"path": dotted(it.path), "value": it.value, "origin": str(it.origin)} for it in found]
        print(json.dumps(said, ensure_ascii=False, indent=2))
    elif args.origin:
        for setting in found:
            print(f"{dotted(setting.path)}  {as_text(setting.value)}  {setting.origin}")
    else:
        value = _at(nested, path)
        whole = args.json or isinstance(value, dict | list)
        print(json.dumps(value, ensure_ascii=False, indent=2) if whole else as_text(value))
    return 0


def _put(nested: "dict[str, Data]", path: tuple[str | int, ...], value: "Data") -> None:
    """Items of lists are kept by their number, as keys."""
    for part in path[:-1]:
        below = nested.setdefault(str(part), {})
        if not isinstance(below, dict):
            return
        nested = below
    nested[str(path[-1])] = value


def _at(nested: "Data", path: tuple[str, ...]) -> "Data":
    for part in path:
        nested = nested[part] if isinstance(nested, dict) else nested[int(part)] if isinstance(nested, list) else None
    return nested
