"""Put a load on a running gateway, and show what it bears: throughput, latency, and what fails.

  ai-dashboard bench                                     a model that costs nothing, 8 askers, 10 seconds
  ai-dashboard bench --model llama3.1:8b --concurrency 64 --duration 60
  ai-dashboard bench --model gpt-5-mini --provider openai --max-tokens 8 --yes
  ai-dashboard bench --json > before.json

Each asker has one request at a time, a stream of up to --max-tokens, past the cache. The requests are real: they are
routed, paid for and on record like any other. Where somebody may be paid it is refused without --yes.

Exit code 0: all were answered, 1: not all of them, or nobody was asked, 2: used wrongly.
"""

import argparse
import asyncio
import json
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from ai_dashboard.cli.neighbour import token_for
from ai_dashboard.cli.options import add_json_option, add_url_option

if TYPE_CHECKING:
    from ai_dashboard.cli.benching.load import Answer, Load
    from ai_dashboard.cli.benching.target import Payee

MOST_ASKERS = 4096
MOST_S = 3600.0
MOST_TOKENS = 100_000


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="NAME", help="what is asked for (default: one that costs nothing)")
    parser.add_argument("--provider", metavar="NAME", help="who is to answer (default: whom the gateway chooses)")
    parser.add_argument(
        "--concurrency", type=_count(MOST_ASKERS), default=8, metavar="N", help="requests at one time (default: 8)"
    )
    parser.add_argument("--duration", type=_seconds, default=10.0, metavar="S", help="seconds (default: 10)")
    parser.add_argument(
        "--max-tokens",
        type=_count(MOST_TOKENS),
        default=32,
        metavar="N",
        help="longest answer, in tokens (default: 32)",
    )
    parser.add_argument("--yes", action="store_true", help="spend money where answers cost some")
    add_json_option(parser)
    add_url_option(parser)


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.gateway.thread import new_loop

    with asyncio.Runner(loop_factory=new_loop) as runner:
        load, paid = runner.run(_prepared(args))
        if paid and not args.yes:
            print(f"ai-dashboard: {refusal(load.model, paid)}", file=sys.stderr)
            return 1
        answers = runner.run(_measured(load))
    return _told(args, load, answers)


async def _prepared(args: argparse.Namespace) -> tuple["Load", tuple["Payee", ...]]:
    """What will be asked, and who might be paid for it."""
    from ai_dashboard.cli.benching.load import PROMPT_TOKENS, Load
    from ai_dashboard.cli.benching.target import chosen, payees
    from ai_dashboard.control.remote import RemotePort
    from ai_dashboard.core.plan import RouteFacts

    token = token_for(args.url)
    port = RemotePort(args.url, token)
    try:
        snapshot, models = await port.snapshot(), await port.models()
        model = chosen(args.model, args.provider, models, snapshot)
        asked = model if args.provider is None else f"{args.provider}/{model}"
        plan = await port.explain(RouteFacts(asked, prompt_tokens=PROMPT_TOKENS, max_tokens=args.max_tokens))
    finally:
        await port.close()
    load = Load(args.url, token, model, args.provider, args.concurrency, args.duration, args.max_tokens)
    return load, payees(plan, models, snapshot, (PROMPT_TOKENS, args.max_tokens))


async def _measured(load: "Load") -> list["Answer"]:
    from ai_dashboard.cli.benching.load import Askers

    watched = sys.stderr.isatty()
    shown = -1

    def tell(seconds: float, answered: int) -> None:
        nonlocal shown
        if watched and int(seconds) > shown:
            shown = int(seconds)
            print(f"\r{shown} of {load.duration_s:g} s, {answered:,} requests ", end="", file=sys.stderr, flush=True)

    try:
        return await Askers(load, tell, time.perf_counter).run()
    finally:
        if watched:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _told(args: argparse.Namespace, load: "Load", answers: list["Answer"]) -> int:
    from ai_dashboard.cli.benching.figures import figures

    made = figures(answers)
    if args.json:
        asked = asdict(load)
        del asked["token"]
        print(json.dumps({"load": asked} | asdict(made), ensure_ascii=False, indent=2))
    else:
        from ai_dashboard.cli.benching.report import lines

        print("\n".join(lines(load, made, shutil.get_terminal_size().columns)))
    return 0 if made.requests and made.answered == made.requests else 1


def refusal(model: str, paid: "tuple[Payee, ...]") -> str:
    """Why nothing was asked."""
    names = ", ".join(map(str, paid))
    return f"an answer to {model} may cost money: {names}; say --yes to spend it, or name a model that costs nothing"


def _count(most: int) -> Callable[[str], int]:
    def count(text: str) -> int:
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {most}")
        return int(text)

    return count


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= MOST_S:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds up to {MOST_S:g}")
    return value
