"""The same as a configuration of LiteLLM's, for people who also run LiteLLM.

  ai-dashboard config export-litellm                 writes litellm-unified.yaml into the folder
  ai-dashboard config export-litellm -o - | less
  ai-dashboard config export-litellm --check         for CI: is the file up to date?

Keys are only named (os.environ/VAR). What LiteLLM has no word for is noted in the head of the file and on standard
error. LiteLLM does not start without a key for its callers: LITELLM_MASTER_KEY, unless gateway.yaml names another.
Exit code 0: written, or up to date, 1: the folder is refused, or --check found it out of date, 2: used wrongly.
"""

import argparse
import os
import sys
from pathlib import Path

from ai_dashboard.cli.options import add_config_option
from ai_dashboard.core.errors import ConfigError


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="where to (default: in the folder); `-` is standard output"
    )
    parser.add_argument("--check", action="store_true", help="write nothing, say whether the file is up to date")
    parser.add_argument("--force", action="store_true", help="also over a file that somebody else has written")
    add_config_option(parser)


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.cli.configuring.folder import folder_of
    from ai_dashboard.config.export_litellm import EXPORTED, export
    from ai_dashboard.config.load import SERVING, load
    from ai_dashboard.config.stale import exported_text
    from ai_dashboard.core.diagnostics import Severity

    folder = folder_of(args)
    sources = {name: (folder / name).read_bytes() for name in SERVING if (folder / name).is_file()}
    loaded = load(folder, dict(os.environ), sources)
    if loaded.config is None:
        for finding in loaded.diagnostics:
            if finding.severity is Severity.ERROR:
                print(finding, file=sys.stderr)
        return 1
    made = export(loaded.config, sources)
    path = Path(args.output or folder / EXPORTED)
    if args.check:
        return _checked(path, exported_text(path), made.text)
    for note in made.notes:
        print(f"not in it: {note}", file=sys.stderr)
    if args.output == "-":
        print(made.text, end="")
    else:
        _write(path, made.text, force=args.force)
        print(f"{path} is written: `litellm --config {path}`, with the keys that it names in the environment")
    return 0


def _checked(path: Path, there: str | None, wanted: str) -> int:
    if there == wanted:
        print(f"{path} is up to date")
        return 0
    print(f"{path} {'is not there' if there is None else 'is out of date'}: run `ai-dashboard config export-litellm`")
    return 1


def _write(path: Path, text: str, *, force: bool) -> None:
    """Put the file in place. Raises `ConfigError` where it is somebody else's, or cannot be written."""
    from ai_dashboard.config.atomic import replace_file
    from ai_dashboard.config.export_litellm import GENERATED
    from ai_dashboard.config.stale import exported_text

    there = exported_text(path)
    if there is not None and not there.startswith(GENERATED) and not force:
        raise ConfigError((f"ai-dashboard: {path} was not made by this program; --force replaces it all the same",))
    try:
        replace_file(path, text.encode(), mode=0o644)
    except OSError as error:
        raise ConfigError((f"ai-dashboard: {path} cannot be written: {error.strerror or error}",)) from None
