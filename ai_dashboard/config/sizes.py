"""Ranges of model sizes as people write them: `< 8B`, `<= 8B`, `> 13B`, `>= 13B`, `8B - 13B`, `8B`."""

import re

from ai_dashboard.config.schema.providers import parameters_of
from ai_dashboard.core.data import dataclass

_RANGE = re.compile(r"\s*(?P<sign><=|>=|<|>)?\s*(?P<first>[^<>-]+?)\s*(?:(?:-|–|to)\s*(?P<last>[^<>-]+?))?\s*")


@dataclass(frozen=True, slots=True)
class SizeRange:
    """Numbers of parameters from `least` to `most`, each included unless it is `open`."""

    least: float = 0.0
    most: float = float("inf")
    least_open: bool = False
    most_open: bool = False

    def __contains__(self, parameters: float) -> bool:
        above = parameters > self.least if self.least_open else parameters >= self.least
        below = parameters < self.most if self.most_open else parameters <= self.most
        return above and below


def size_range(text: str) -> SizeRange | None:
    """What a range means, or None when it is none."""
    found = _RANGE.fullmatch(text)
    if found is None:
        return None
    sign, first = found["sign"], parameters_of(found["first"])
    last = parameters_of(found["last"]) if found["last"] is not None else first
    if first is None or last is None or first > last or (sign and found["last"] is not None):
        return None
    match sign:
        case "<" | "<=":
            return SizeRange(most=first, most_open=sign == "<")
        case ">" | ">=":
            return SizeRange(least=first, least_open=sign == ">")
        case _:
            return SizeRange(first, last)
