"""The JSON Schema of a configuration file, for editors that complete and check YAML.

  ai-dashboard config schema providers.yaml
  ai-dashboard config schema --write                      all of them, into .schemas/ beside the files
  ai-dashboard config schema --write --config-dir config

A file whose first line is `# yaml-language-server: $schema=.schemas/providers.json` is then completed and checked by VS
Code (with the YAML extension) and every other editor that uses yaml-language-server, without a network.
Exit code 0: done, 1: it cannot be written, 2: used wrongly.
"""

import argparse
import sys
from pathlib import Path

from ai_dashboard.cli.configuring.folder import file_name
from ai_dashboard.cli.options import add_config_option
from ai_dashboard.core.errors import ConfigError


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", nargs="?", type=file_name, help="such as providers.yaml")
    parser.add_argument("--write", action="store_true", help="write all of them into the folder")
    add_config_option(parser)


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.cli.configuring.folder import folder_of
    from ai_dashboard.config.json_schema import editor_schema_text

    if args.write:
        folder = folder_of(args)
        try:
            write_schemas(folder)
        except OSError as error:
            print(f"ai-dashboard: {folder}: {error.strerror or error}", file=sys.stderr)
            return 1
        print(f"the schemas are in {folder}")
        return 0
    if args.file is None:
        raise ConfigError(("ai-dashboard: say which file, such as providers.yaml, or --write for all of them",))
    print(editor_schema_text(args.file), end="")
    return 0


def write_schemas(folder: Path) -> None:
    """Put the schemas beside the files of a folder. Raises `OSError`."""
    from ai_dashboard.config.atomic import replace_file
    from ai_dashboard.config.json_schema import FOLDER, editor_schema_text, schema_file
    from ai_dashboard.config.load import FILES

    (folder / FOLDER).mkdir(exist_ok=True)
    for name in FILES:
        replace_file(folder / schema_file(name), editor_schema_text(name).encode(), mode=0o644)
