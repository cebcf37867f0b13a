"""Write what is found on this machine as commented YAML, for you to go on from.

  ai-dashboard config init
  ai-dashboard config init --config-dir ./config

Local servers are asked for their lists; services are taken from the keys in the environment, and the keys stay there.
Schemas for editors are put beside the file, in .schemas/. An existing providers.yaml is never touched.
Exit code 0: it is written, 2: it is there already, or cannot be written.
"""

import argparse
import asyncio
import json
import os
from pathlib import Path

from ai_dashboard.cli.options import add_config_option, add_json_option


def arguments(parser: argparse.ArgumentParser) -> None:
    add_json_option(parser)
    add_config_option(parser)


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.cli.configuring.schema import write_schemas
    from ai_dashboard.config.atomic import replace_file
    from ai_dashboard.config.discover import discover
    from ai_dashboard.config.load import PROVIDERS
    from ai_dashboard.config.locate import usual_folder
    from ai_dashboard.config.starter import starter
    from ai_dashboard.core.errors import ConfigError

    env = dict(os.environ)
    folder = Path(args.config_dir).expanduser() if args.config_dir else usual_folder()
    path = folder / PROVIDERS
    if path.exists():
        raise ConfigError((f"ai-dashboard: {path} is there already (`config check` reads it)",))
    found = asyncio.run(discover(env)).providers
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_schemas(folder)
        replace_file(path, starter(found).encode(), mode=0o600)
    except OSError as error:
        raise ConfigError((f"ai-dashboard: {path} cannot be written: {error.strerror or error}",)) from None
    names = ", ".join(found) or "no provider: the file shows how to add one"
    if args.json:
        print(json.dumps({"written": str(path), "providers": list(found)}, ensure_ascii=False, indent=2))
    else:
        print(f"{path} is written, with {names}")
    return 0
