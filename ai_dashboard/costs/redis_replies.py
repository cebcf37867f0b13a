"""What is said to Redis and what it says, as the ledger of several gateways needs it. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import orjson

from ai_dashboard.core.costs import Allowance
from ai_dashboard.costs.account import Spent
from ai_dashboard.costs.journal import Charge, Counts, Line
from ai_dashboard.costs.ledger import Hold
from ai_dashboard.costs.redis_scripts import KEEP_DAYS_S, PREFIX
from ai_dashboard.costs.windows import Moment
from ai_dashboard.state.link import Reply

SEPARATOR = "\x1f"
"""Between the parts of a line's name."""

DAY_S = 86_400
NOTHING = Counts()


class Item(NamedTuple):
    """Something to be settled: a call with its charge; without one, a reservation to be let go if there is one."""

    hold: Hold
    charge: Charge | None


def limits_of(allowance: Allowance) -> tuple[str | int, str | int, str | int]:
    """By the day, by the month and in all, `""` for no limit."""
    daily, monthly, total = allowance.daily, allowance.monthly, allowance.total
    return "" if daily is None else daily, "" if monthly is None else monthly, "" if total is None else total


def work_of(items: Iterable[Item], first_key: int) -> tuple[list[str], bytes]:
    """A batch: the keys of the days that it is about, of which the first is number `first_key`, and what to do. Whole
    numbers go as text, since Lua's numbers are not exact."""
    calls: list[list[object]] = []
    days: dict[str, int] = {}
    lines: dict[Line, Counts] = {}
    for hold, charge in items:
        amount = charge[1].amount if charge is not None else 0
        names = [name for name, _ in hold.shares]
        calls.append([hold.id, str(amount), hold.moment.day, hold.moment.month, names])
        if charge is not None:
            line, counts = charge
            days.setdefault(line.hour[:10], first_key + len(days))
            lines[line] = lines.get(line, NOTHING).plus(counts)
    added = [
        [days[line.hour[:10]], f"{_name(line)}{SEPARATOR}{place}", str(count)]
        for line, counts in lines.items()
        for place, count in enumerate(counts)
        if count
    ]
    return [f"{PREFIX}day:{day}" for day in days], orjson.dumps({"calls": calls, "lines": added})


def day_keys(since: str, wall: float) -> Iterator[str]:
    """The keys of all days since one of them, as far as days are kept; wherever it is, tomorrow has begun nowhere."""
    last = datetime.fromtimestamp(wall, UTC).date() + timedelta(days=1)
    day = max(date.fromisoformat(since[:10]), last - timedelta(days=KEEP_DAYS_S // DAY_S))
    while day <= last:
        yield f"{PREFIX}day:{day.isoformat()}"
        day += timedelta(days=1)


def line_charges(fields: Mapping[str, str]) -> Iterator[Charge]:
    """The lines of a day."""
    figures: dict[Line, list[int]] = {}
    for name, value in fields.items():
        *parts, place = name.split(SEPARATOR)
        figures.setdefault(Line(*parts), list(NOTHING))[int(place)] = int(value)
    return ((line, Counts(*counts)) for line, counts in figures.items())


def figures_in(figures: Sequence[Reply]) -> tuple[Moment, Spent, int]:
    """How an account stands: its day and month, what was spent in them and in all, and what is reserved."""
    day, month, in_day, in_month, in_all, reserved = map(text, figures)
    return Moment("", day, month), Spent(int(in_day), int(in_month), int(in_all)), int(reserved)


def many(reply: Reply) -> Sequence[Reply]:
    """A list."""
    if isinstance(reply, (list, tuple)):
        return reply
    raise TypeError(f"a list was expected, not {type(reply).__name__}")


def mapped(reply: Reply) -> dict[str, str]:
    """A hash."""
    if isinstance(reply, dict):
        return {text(name): text(value) for name, value in reply.items()}
    raise TypeError(f"a hash was expected, not {type(reply).__name__}")


def text(reply: Reply) -> str:
    """A string; numbers are written."""
    if isinstance(reply, bytes):
        return reply.decode()
    if isinstance(reply, (str, int)):
        return str(reply)
    raise TypeError(f"text was expected, not {type(reply).__name__}")


def integer(reply: Reply) -> int:
    """A whole number."""
    return int(text(reply))


def _name(line: Line) -> str:
    return SEPARATOR.join(part.replace(SEPARATOR, " ") for part in line)
