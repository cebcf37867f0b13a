"""List the providers of a running gateway, or take one out of use and back.

  ai-dashboard providers                  how each of them stands
  ai-dashboard providers drain ollama     give it nothing new; what it has begun it may end
  ai-dashboard providers disable ollama   leave it out, whatever health checks say
  ai-dashboard providers enable ollama    ask it again
  ai-dashboard providers reset ollama     forget its failures: breakers, cooldown, unavailability

It holds until the gateway starts again, also when its configuration is reloaded. With `--workers`, the worker that
takes the connection is told, and no other.
"""

import argparse
import asyncio
import json
from collections.abc import Sequence
from typing import get_args

from ai_dashboard.cli.neighbour import token_for
from ai_dashboard.cli.options import add_url_option
from ai_dashboard.cli.story import plain
from ai_dashboard.core.control import ControlPort, ProviderAction
from ai_dashboard.core.plan import Excluded
from ai_dashboard.core.reasons import in_words
from ai_dashboard.core.snapshot import Health, ProviderView
from ai_dashboard.tui.format import duration, plural

LIST = "list"
ACTIONS: tuple[ProviderAction, ...] = get_args(ProviderAction)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=(LIST, *ACTIONS), default=LIST, metavar="ACTION")
    parser.add_argument("name", nargs="?", metavar="NAME", help="the provider, as providers.yaml names it")
    parser.add_argument("--json", action="store_true", help="for programs")
    add_url_option(parser)
    parser.set_defaults(refuse=parser.error)


def run(args: argparse.Namespace) -> int:
    if (args.action == LIST) != (args.name is None):
        args.refuse(f"`{args.action}` {'needs the name of a provider' if args.name is None else 'takes no name'}")
    views = asyncio.run(_ask(args.url, args.action, args.name))
    print(_as_json(views) if args.json else "\n".join(lines(views)))
    return 0


async def _ask(url: str, action: str, name: str | None) -> tuple[ProviderView, ...]:
    from ai_dashboard.control.remote import RemotePort

    port = RemotePort(url, token_for(url))
    try:
        return await _done(port, action, name)
    finally:
        await port.close()


async def _done(port: ControlPort, action: str, name: str | None) -> tuple[ProviderView, ...]:
    wanted = next((known for known in ACTIONS if known == action), None)
    if wanted is None or name is None:
        return (await port.snapshot()).providers
    return (await port.operate(name, wanted),)


def lines(views: Sequence[ProviderView]) -> list[str]:
    """A line for each: its state, how it does, and why where that is not plain."""
    if not views:
        return ["no providers: start one of your own, set a key, or try `ai-dashboard --demo`"]
    width = max(len(view.name) for view in views)
    return [_line(view, width) for view in views]


def _line(view: ProviderView, width: int) -> str:
    figures = (
        f"{plural(len(view.models), 'model'):>10}  {view.in_flight:>3} in flight  {view.per_minute:>5.0f}/min"
        f"  p95 {duration(view.total.p95):>5}"
    )
    off = view.health is Health.DISABLED and view.wish is None
    reason = in_words(Excluded(view.name, "", view.reason)) if off else view.reason
    return plain(f"{view.name:<{width}}  {view.health:<11}  {figures}  {reason}".rstrip())


def _as_json(views: Sequence[ProviderView]) -> str:
    from pydantic import TypeAdapter

    plain = TypeAdapter(tuple[ProviderView, ...]).dump_python(tuple(views), mode="json")
    return json.dumps(plain, ensure_ascii=False, indent=2)
