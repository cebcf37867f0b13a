"""Tell what became of one request, and why: the candidates, each attempt, and what was sent back.

  ai-dashboard why 9f3a

The id is the reply's `x-request-id`, and the first column of the request list; its beginning will do. The gateway
remembers its last few thousand requests; of several `--workers`, the one that is asked knows only its own.
"""

import argparse
import asyncio
import json

from ai_dashboard.cli.neighbour import token_for
from ai_dashboard.cli.options import add_url_option
from ai_dashboard.cli.story import record_lines
from ai_dashboard.core.records import RequestRecord


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", type=_id, metavar="ID", help="the request's id, or the beginning of it")
    parser.add_argument("--json", action="store_true", help="the whole record as JSON")
    add_url_option(parser)


def run(args: argparse.Namespace) -> int:
    record = asyncio.run(_ask(args.url, args.id))
    print(_as_json(record) if args.json else "\n".join(record_lines(record)))
    return 0


async def _ask(url: str, id_prefix: str) -> RequestRecord:
    from ai_dashboard.control.remote import RemotePort

    port = RemotePort(url, token_for(url))
    try:
        return await port.record(id_prefix)
    finally:
        await port.close()


def _as_json(record: RequestRecord) -> str:
    from pydantic import TypeAdapter

    plain = TypeAdapter(RequestRecord).dump_python(record, mode="json")
    return json.dumps(plain, ensure_ascii=False, indent=2)


def _id(text: str) -> str:
    if not (wanted := text.strip()):
        raise argparse.ArgumentTypeError("an id is not empty; replies carry it as x-request-id")
    return wanted
