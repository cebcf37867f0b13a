"""The JSON Schema of a configuration file, for editors that complete and check YAML."""

import argparse
import json


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help="such as providers.yaml")


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.config.json_schema import json_schema
    from ai_dashboard.config.load import SECTIONS
    from ai_dashboard.core.errors import ConfigError

    section = SECTIONS.get(args.file)
    if section is None:
        raise ConfigError((f"ai-dashboard: {args.file!r} is none of {', '.join(SECTIONS)}",))
    print(json.dumps(json_schema(section), ensure_ascii=False, indent=2))
    return 0
