"""Limits as people write them: `1000/hour`, `10/second burst 20`, `60000 tokens/minute`."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ai_dashboard.core.tenancy import Counted, Rate

EXAMPLES = "`1000/hour`, `10/second burst 20` or `60000 tokens/minute`"
MAX_AMOUNT = 10**12

_SECONDS = {("s", "sec", "secs", "second", "seconds"): 1, ("m", "min", "mins", "minute", "minutes"): 60,
            ("h", "hour", "hours"): 3600, ("d", "day", "days"): 86400}  # fmt: skip
_UNITS: Mapping[str, float] = MappingProxyType({word: seconds for words, seconds in _SECONDS.items() for word in words})
_RATE = re.compile(
    r"\s*(?P<amount>\d[\d_]{0,15})\s*(?P<counts>requests?|tokens?)?\s*(?:/|\bper\b)\s*"
    r"(?P<times>\d{1,6})?\s*(?P<unit>[a-z]{1,10})\s*(?:\bburst\s+(?P<burst>\d[\d_]{0,15}))?\s*",
    re.IGNORECASE,
)


class Limited(NamedTuple):
    """What is limited, and how."""

    counts: Counted
    rate: Rate


def read_rate(text: str) -> Limited | None:
    """What a limit means, None when it is none. Without `burst` the whole amount may come at once."""
    found = _RATE.fullmatch(text)
    if found is None:
        return None
    amount = int(found["amount"].replace("_", ""))
    seconds = _UNITS.get(found["unit"].lower(), 0.0) * int(found["times"] or 1)
    burst = int(found["burst"].replace("_", "")) if found["burst"] else amount
    if not (0 < amount <= MAX_AMOUNT and seconds and 0 < burst <= MAX_AMOUNT):
        return None
    counts: Counted = "tokens" if (found["counts"] or "").lower().startswith("token") else "requests"
    return Limited(counts, Rate(amount, seconds, burst))
