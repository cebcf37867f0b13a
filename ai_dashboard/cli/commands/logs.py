"""Show what a gateway tells of itself: what failed, what was switched, what changed.

ai-dashboard logs                                 the last events of the running gateway, else of the files
ai-dashboard logs --follow --level warning        and those to come, until ctrl+c
ai-dashboard logs --event 'llm_*' --since 1h
ai-dashboard logs --file --json | jq .            the files of the state folder, one JSON object a line

A gateway remembers its last 2000 events. Under the screen, and with `logging.file: always`, they are kept in files of
the state folder (`logs/`), too; `logging.level` in gateway.yaml says how much is told (docs/logs.md).
"""

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from urllib.parse import urlencode

from ai_dashboard.cli.options import DEFAULT_URL, add_url_option
from ai_dashboard.core.control import PortClosed
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.logs import LogEvent, LogLevel

SHOWN = 50
PAGE = 5000
FOLLOW_S = 0.5


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: from a level on, of names like a pattern, from a moment on."""

    level: LogLevel
    event: str
    since: float

    def holds(self, event: LogEvent) -> bool:
        """Whether it is one of them."""
        return event.level.rank >= self.level.rank and event.at >= self.since and fnmatchcase(event.event, self.event)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--level", choices=[str(it) for it in LogLevel], default="debug", help="the least that is shown"
    )
    parser.add_argument("--event", metavar="NAME", default="*", help="only these; * stands for anything")
    parser.add_argument("--since", metavar="WHEN", help="such as 1h, 7d, 2026-11-21 or 2026-11-21T13:00 (UTC)")
    parser.add_argument("-n", type=_count, default=SHOWN, metavar="N", help=f"without --since (default: {SHOWN})")
    parser.add_argument("--follow", "-f", action="store_true", help="go on with those to come")
    parser.add_argument("--file", action="store_true", help="read the files of the state folder, ask no gateway")
    parser.add_argument("--json", action="store_true", help="one JSON object a line, as in the files")
    add_url_option(parser)


def run(args: argparse.Namespace) -> int:
    wanted = _wanted(args)
    source: _Running | _Kept = _Kept() if args.file else _Running(args.url)
    try:
        events = list(filter(wanted.holds, source.all()))
    except PortClosed as closed:
        if args.file or args.url != DEFAULT_URL:
            raise
        source = _Kept(f"{closed}, and ")
        events = list(filter(wanted.holds, source.all()))
        print(f"ai-dashboard: {closed}; this is from {source.folder}", file=sys.stderr)
    _print(events if args.since else events[-args.n :], as_json=args.json)
    while args.follow:
        time.sleep(FOLLOW_S)
        _print(filter(wanted.holds, source.more()), as_json=args.json)
    return 0


class _Running:
    """The events that a running gateway remembers."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._next = 0

    def all(self) -> Iterator[LogEvent]:
        """Those that there are."""
        return self.more()

    def more(self) -> Iterator[LogEvent]:
        """Those that have come since. Raises `PortClosed`."""
        from pydantic import TypeAdapter, ValidationError

        from ai_dashboard.cli.asking import ask
        from ai_dashboard.core.logs import LogEvents

        query = urlencode({"after": self._next, "limit": PAGE})
        try:
            page = TypeAdapter(LogEvents).validate_python(ask(self._url, "GET", f"logs?{query}"))
        except ValidationError:
            raise PortClosed(f"what answers at {self._url} is no gateway of this version") from None
        if self._next and page.lost:
            print(f"ai-dashboard: {page.lost} events passed unseen", file=sys.stderr)
        self._next = page.next
        yield from page.events


class _Kept:
    """The files of the state folder. `before` is what is said first where there are none."""

    def __init__(self, before: str = "") -> None:
        from ai_dashboard.gateway.state import log_folder
        from ai_dashboard.telemetry.log_files import LogFiles

        self.folder = str(log_folder(dict(os.environ)))
        self._files = LogFiles(log_folder(dict(os.environ)))
        self._before = before

    def all(self) -> Iterator[LogEvent]:
        """Those that there are. Raises `PortClosed` where there never were any."""
        if not self._files.there:
            raise PortClosed(
                f"{self._before}there are no files of events in {self.folder}; start a gateway, or set `logging.file: "
                "always` in gateway.yaml"
            )
        return self._files.all()

    def more(self) -> Iterator[LogEvent]:
        """Those that were added since."""
        return self._files.more()


def _wanted(args: argparse.Namespace) -> Wanted:
    since = 0.0
    if args.since is not None:
        from ai_dashboard.telemetry.request_filter import since as moment

        since = moment(args.since, time.time())
    return Wanted(LogLevel(args.level), args.event, since)


def _print(events: Iterable[LogEvent], *, as_json: bool) -> None:
    from ai_dashboard.telemetry import log_lines

    for event in events:
        if as_json:
            sys.stdout.write(log_lines.as_json(event).decode())
        else:
            print(log_lines.as_text(event))
    sys.stdout.flush()


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= PAGE):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of events; it can be 1 to {PAGE}")
    return int(text)
