"""Change one value of a file, and nothing else in it: comments, order and quotes stay as they are.

  ai-dashboard config set providers.yaml providers.ollama.status disabled
  ai-dashboard config set gateway.yaml listen.port 4100 --why "4000 is taken"
  ai-dashboard config set providers.yaml providers.home.models '[llama3.1:8b, qwen3:14b]'
  ai-dashboard config set model-mappings.yaml 'exact_matches."gpt-4.1".provider' openai --dry-run

VALUE is one word as YAML reads it (a number, true, null, a text), or `[…]`, `{…}` or a text in quotes. A key that is
not there is added. The change is checked and backed up as any other, by the running gateway that holds the folder, else
in the folder. Exit code 0: done, or nothing to do, 1: it was refused, 2: used wrongly.
"""

import argparse
import sys

from ai_dashboard.cli.configuring.changing import add_gateway_option
from ai_dashboard.cli.configuring.folder import file_name
from ai_dashboard.cli.options import add_config_option, add_json_option
from ai_dashboard.core.errors import ConfigError


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=file_name, help="such as providers.yaml")
    parser.add_argument("path", metavar="PATH", help="such as providers.ollama.status; quotes keep dots in a key")
    parser.add_argument("value", metavar="VALUE", help="the new value")
    parser.add_argument("--text", action="store_true", help="VALUE is a text, also where it looks like something else")
    parser.add_argument("--dry-run", action="store_true", help="say what it would mean, and change nothing")
    parser.add_argument("--why", default="", metavar="TEXT", help="for the index of backups")
    add_json_option(parser)
    add_gateway_option(parser)
    add_config_option(parser)


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.cli.configuring.changing import desk_of, print_json, show
    from ai_dashboard.config.yaml_edit import EditRefused

    desk = desk_of(args)
    before = desk.text(args.file)
    try:
        text = edited(before.text, args)
    except EditRefused as refused:
        print(f"ai-dashboard: {args.file} is as it was: {refused}", file=sys.stderr)
        return 1
    if text == before.text:
        said = f"{args.file}: it says so already"
        print_json(None, said) if args.json else print(said)
        return 0
    proposal = desk.propose(args.file, text, before.hash)
    if not args.json:
        show(proposal)
    if proposal.refused:
        if args.json:
            print_json(proposal, "")
        print(f"ai-dashboard: {args.file} is as it was: it would not load", file=sys.stderr)
        return 1
    done = "" if args.dry_run else desk.commit(args.file, text, before.hash, args.why)
    if args.json:
        print_json(proposal, done)
    elif done:
        print(done)
    return 0


def edited(text: str, args: argparse.Namespace) -> str:
    """The text with the value in it. Raises `ConfigError` for a path or value that is none, and `EditRefused`."""
    from ai_dashboard.config.paths import PathProblem, find
    from ai_dashboard.config.yaml_edit import EditRefused, new_value, set_value
    from ai_dashboard.config.yaml_read import YamlProblem, decode, parse
    from ai_dashboard.config.yaml_tree import plain

    raw = text.encode()
    try:
        value = new_value(args.value, as_text=args.text)
    except YamlProblem as problem:
        raise ConfigError((f"ai-dashboard: {args.value}: {problem.message}",)) from None
    try:
        return set_value(raw, find(plain(parse(decode(raw))), args.path), value).decode()
    except YamlProblem as problem:
        place = f"line {problem.mark.line}, column {problem.mark.column}"
        raise EditRefused(f"{place}: {problem.message}; `config edit` opens the file") from None
    except PathProblem as problem:
        raise ConfigError((f"ai-dashboard: {problem}",)) from None
