"""Explain where a request for a model would go, and why, without sending it.

  ai-dashboard route qwen2.5-coder:7b
  ai-dashboard route code --tokens 9000 --json
  ai-dashboard route gpt-5 --tenant acme --header x-residency=eu --strategy cost_optimized

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
from ai_dashboard.cli.story import plan_lines
from ai_dashboard.core.errors import ConfigError
from ai_dashboard.core.plan import Plan, RouteFacts

FEATURES = ("embeddings", "json", "thinking", "tools", "vision")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="the model as a client would name it")
    parser.add_argument("--tokens", type=_count, default=0, metavar="N", help="tokens of the prompt")
    parser.add_argument("--max-tokens", type=_count, default=0, metavar="N", help="tokens reserved for the answer")
    parser.add_argument("--capability", metavar="NAME", help="the capability asked for, such as code or vision")
    parser.add_argument("--tenant", default="", metavar="NAME", help="who asks")
    parser.add_argument(
        "--need", action="append", choices=FEATURES, default=[], help="a feature that the request uses; may be repeated"
    )
    parser.add_argument(
        "--header",
        action="append",
        type=_header,
        default=[],
        metavar="NAME=VALUE",
        help="a header of the request, such as x-priority=high or x-requirements=max_cost=0.01; may be repeated",
    )
    parser.add_argument("--strategy", metavar="NAME", help="how to choose among several, instead of what is configured")
    parser.add_argument("--stream", action="store_true", help="as a stream is asked for")
    parser.add_argument("--offline", action="store_true", help="read the configuration, ask no gateway")
    parser.add_argument("--json", action="store_true", help="for programs")
    add_url_option(parser)
    add_config_option(parser)


def run(args: argparse.Namespace) -> int:
    plan, source = _plan(facts_from(args), args)
    print(_as_json(plan) if args.json else "\n".join(plan_lines(plan, source)))
    return 0 if plan.attempts else 1


def facts_from(args: argparse.Namespace) -> RouteFacts:
    """What the request that is asked about would be known by. Raises `CallerError` as its headers would."""
    facts = RouteFacts(
        model=args.model,
        capability=args.capability,
        prompt_tokens=args.tokens,
        max_tokens=args.max_tokens,
        stream=args.stream,
        needs=frozenset(args.need),
        tenant=args.tenant,
        strategy=args.strategy,
    )
    if not args.header:
        return facts
    from ai_dashboard.routing.wishes import with_headers

    return with_headers(facts, dict(args.header))


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
    import time
    from random import Random

    from ai_dashboard.config.load import load
    from ai_dashboard.config.locate import find_folder
    from ai_dashboard.core.diagnostics import Severity
    from ai_dashboard.costs.catalogue import public_prices
    from ai_dashboard.costs.pricing import completed
    from ai_dashboard.routing.plan import plan
    from ai_dashboard.routing.table import compile_table
    from ai_dashboard.routing.turns import Turns

    env = dict(os.environ)
    loaded = load(find_folder(config_dir, env, Path.cwd()), env)
    if loaded.config is None:
        raise ConfigError(tuple(str(it) for it in loaded.diagnostics if it.severity is Severity.ERROR))
    table = compile_table(completed(loaded.config, public_prices(), time.time()))
    made = plan(facts, table, {}, now=0.0, turns=Turns(), chance=Random(0))
    return made, f"{loaded.config.origin}; no gateway was asked"


def _as_json(plan: Plan) -> str:
    return json.dumps(
        {
            "model": plan.asked,
            "rule": plan.rule,
            "strategy": plan.strategy,
            "attempts": [dataclasses.asdict(it) | {"facts": dict(it.facts)} for it in plan.attempts],
            "excluded": [dataclasses.asdict(it) for it in plan.excluded],
            "notes": list(plan.notes),
        },
        ensure_ascii=False,
        indent=2,
    )


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of tokens")
    return int(text)


def _header(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is no header; write name=value, such as x-priority=high")
    return name.strip().lower(), value.strip()
