"""Every value in force: of flags, the environment, the files and the defaults, the strongest first.

  ai-dashboard config show
  ai-dashboard config show --origin gateway.yaml
  ai-dashboard config show --origin --port 4100 --json

`--origin` says where each value comes from: a flag, a variable, `file:line`, or the default. `--host` and `--port` show
what `serve` would make of them. Secrets are masked.
Exit code 0: here they are, 1: the folder is refused, 2: used wrongly.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ai_dashboard.cli.configuring.folder import file_name
from ai_dashboard.cli.options import add_config_option, port
from ai_dashboard.core.data import dataclass

if TYPE_CHECKING:
    from ai_dashboard.config.origin import Effective, Setting
    from ai_dashboard.config.yaml_tree import Data


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable that is set. `effect` says what for; secrets are masked."""

    name: str
    value: str
    effect: str


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", nargs="?", type=file_name, help="of one file only, such as gateway.yaml"
    )
    parser.add_argument("--origin", action="store_true", help="where each value comes from")
    parser.add_argument("--json", action="store_true", help="for programs, always with origins")
    parser.add_argument("--host", help="as `serve --host`")
    parser.add_argument("--port", type=port, help="as `serve --port`")
    add_config_option(parser)


def run(args: argparse.Namespace) -> int:
    found = in_force(args)
    if found.loaded.config is None:
        return refused(found)
    settings = [it for it in found.settings if args.file in (None, it.file)]
    set_variables = list(variables(dict(os.environ), found)) if args.file is None else []
    where = folder_words(found.loaded.folder, args.config_dir)
    if args.json:
        print(as_json(where, settings, set_variables))
    else:
        print("\n".join(lines(where, settings, set_variables, origins=args.origin)))
    return 0


def in_force(args: argparse.Namespace) -> "Effective":
    """What counts; no settings where the folder is refused."""
    from ai_dashboard.config.locate import find_folder
    from ai_dashboard.config.origin import effective

    env = dict(os.environ)
    flags: dict[tuple[str, ...], tuple[str, Data]] = {}
    if getattr(args, "host", None) is not None:
        flags["listen", "host"] = "--host", args.host
    if getattr(args, "port", None) is not None:
        flags["listen", "port"] = "--port", args.port
    return effective(find_folder(args.config_dir, env, Path.cwd()), env, flags)


def refused(found: "Effective") -> int:
    """Say why nothing is in force; the exit code."""
    from ai_dashboard.core.diagnostics import Severity

    for finding in found.loaded.diagnostics:
        if finding.severity is Severity.ERROR:
            print(finding, file=sys.stderr)
    print("ai-dashboard: nothing is in force, since the folder is refused", file=sys.stderr)
    return 1


def folder_words(folder: Path | None, flag: str | None) -> tuple[str, str]:
    """The folder, and who named it."""
    from ai_dashboard.config.locate import FOLDER_VARIABLE

    if folder is None:
        return "none", "nobody named one, and there is none in the usual places"
    if flag:
        return str(folder), "--config-dir"
    return str(folder), FOLDER_VARIABLE if os.environ.get(FOLDER_VARIABLE) else "usual place"


def variables(env: Mapping[str, str], found: "Effective") -> Iterator[Variable]:
    """The variables that are set and that this program knows, and what each is for."""
    from ai_dashboard.cli.configuring.variables import effects
    from ai_dashboard.config.redact import redact
    from ai_dashboard.core.secrets import mask

    config = found.loaded.config
    for name, effect in effects(config.providers if config else {}).items():
        if (value := env.get(name, "").strip()) or (name == "NO_COLOR" and name in env):
            yield Variable(name, mask(value) if effect.secret else redact(value), effect.words)


def lines(
    where: tuple[str, str], settings: Sequence["Setting"], set_variables: Sequence[Variable], *, origins: bool
) -> Iterator[str]:
    """For people, file by file."""
    yield f"folder  {where[0]}" + (f"  ({where[1]})" if origins else "")
    for file in dict.fromkeys(setting.file for setting in settings):
        rows = [
            (dotted(it.path), as_text(it.value), str(it.origin) if origins else "")
            for it in settings
            if it.file == file
        ]
        yield from ("", file, *_table(rows))
    if set_variables:
        yield from ("", "environment", *_table([(it.name, it.value, it.effect) for it in set_variables]))


def as_json(where: tuple[str, str], settings: Sequence["Setting"], set_variables: Sequence[Variable]) -> str:
    """For programs."""
    import dataclasses

    document = {
        "folder": {"path": where[0], "origin": where[1]},
        "settings": [
            {"file": it.file, "path": dotted(it.path), "value": it.value, "origin": dataclasses.asdict(it.origin)}
            for it in settings
        ],
        "environment": [dataclasses.asdict(it) for it in set_variables],
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def dotted(path: Sequence[str | int]) -> str:
    """A path that `config get` and `config set` read: keys with dots stand in quotes."""
    return ".".join(f'"{part}"' if "." in str(part) else str(part) for part in path)


def as_text(value: "Data") -> str:
    """A value as it would be written in a file."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _table(rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    width = max(len(row[0]) for row in rows)
    second = min(40, max(len(row[1]) for row in rows))
    for name, value, more in rows:
        yield f"  {name:<{width}}  {value:<{second}}  {more}".rstrip()
