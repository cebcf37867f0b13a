"""Explain where a request for a model would go, and why, without sending it.

  ai-dashboard route qwen2.5-coder:7b
  ai-dashboard route code --tokens 9000 --json

Asks the running gateway, which knows what is healthy; without one, the configuration alone is read.
"""

import argparse
import asyncio
import dataclasses
import json
import os
from pathlib import Path

from ai_dashboard.cli.neighbour import is_ours, token_for
from ai_dashboard.cli.options import add_config_option, add_url_option
from ai_dashboard.core.errors import ConfigError
from ai_dashboard.core.plan import Plan, RouteFacts


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="the model as a client would name it")
    parser.add_argument("--tokens", type=_count, default=0, metavar="N", help="tokens of the prompt")
    parser.add_argument("--max-tokens", type=_count, default=0, metavar="N", help="tokens reserved for the answer")
    parser.add_argument("--capability", metavar="NAME", help="the capability asked for, such as code or vision")
    parser.add_argument("--offline", action="store_true", help="read the configuration, ask no gateway")
    parser.add_argument("--json", action="store_true", help="for programs")
    add_url_option(parser)
    add_config_option(parser)


def run(args: argparse.Namespace) -> int:
    facts = RouteFacts(
        model=args.model, capability=args.capability, prompt_tokens=args.tokens, max_tokens=args.max_tokens
    )
    plan, source = _plan(facts, args)
    print(_as_json(plan) if args.json else "\n".join(lines(plan, source)))
    return 0 if plan.attempts else 1


def _plan(facts: RouteFacts, args: argparse.Namespace) -> tuple[Plan, str]:
    if not args.offline and args.config_dir is None and is_ours(args.url):
        return asyncio.run(_ask(args.url, facts)), f"the gateway at {args.url}"
    return _read(facts, args.config_dir)


async def _ask(url: str, facts: RouteFacts) -> Plan:
    from ai_dashboard.control.remote import RemotePort

    port = RemotePort(url, token_for(url))
    try:
        return await port.explain(facts)
    finally:
        await port.close()


def _read(facts: RouteFacts, config_dir: str | None) -> tuple[Plan, str]:
    """The plan of the files alone. Raises `ConfigError` when they have errors."""
    from ai_dashboard.config.load import load
    from ai_dashboard.config.locate import find_folder
    from ai_dashboard.core.diagnostics import Severity
    from ai_dashboard.routing.plan import plan
    from ai_dashboard.routing.table import compile_table

    env = dict(os.environ)
    loaded = load(find_folder(config_dir, env, Path.cwd()), env)
    if loaded.config is None:
        raise ConfigError(tuple(str(it) for it in loaded.diagnostics if it.severity is Severity.ERROR))
    return plan(facts, compile_table(loaded.config), {}), f"{loaded.config.origin}; no gateway was asked"


def lines(plan: Plan, source: str) -> list[str]:
    """The rule, the attempts in order, and what was left out."""
    rows = [(f"{place}", f"{it.provider}/{it.model}", it.why) for place, it in enumerate(plan.attempts, start=1)]
    rows += [("✗", f"{it.provider}/{it.model}", it.reason) for it in plan.excluded]
    width = max((len(name) for _, name, _ in rows), default=0)
    text = [f"{plan.asked}  by {plan.rule}  ({source})"]
    text += [f"  {mark:>2}  {name:<{width}}  {why}" for mark, name, why in rows]
    if not plan.attempts:
        text.append("  nobody can answer: every candidate was left out")
    return text


def _as_json(plan: Plan) -> str:
    return json.dumps(
        {
            "model": plan.asked,
            "rule": plan.rule,
            "attempts": [dataclasses.asdict(it) for it in plan.attempts],
            "excluded": [dataclasses.asdict(it) for it in plan.excluded],
        },
        ensure_ascii=False,
        indent=2,
    )


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of tokens")
    return int(text)
