"""Public prices, from our own list (`prices.json`, see `refresh.py`): by the service's address and the model's name.

A service is known by its address, and where the address says nothing (a proxy of one's own), by the provider's kind. A
model is known by the rules that came with the list. Prices may begin on a date, hold for hours of the day (UTC), and
change for long prompts; then all tokens of the request cost what the longer prompt costs.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from ai_dashboard.core.costs import Rates
from ai_dashboard.core.data import dataclass

PRICES = Path(__file__).with_name("prices.json")

MICRO = 1_000_000
"""Dollars for a million tokens, times this, are nano-dollars for a thousand."""

MAX_NAME = 200
"""Characters of a model's name that is worth comparing: names come from callers."""

Json: TypeAlias = "str | int | float | list[Json] | dict[str, Json]"

_COMPACT_DATE = re.compile(r"-(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")
_KINDS = tuple(field.name for field in fields(Rates))


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices by the size of the prompt: the last of the steps that is below it holds. The first begins at -1."""

    steps: tuple[tuple[int, Rates], ...]

    def at(self, prompt_tokens: int) -> Rates:
        """What holds for such a prompt."""
        steps = self.steps
        if len(steps) == 1:  # as nearly always
            return steps[0][1]
        return next(rates for start, rates in reversed(steps) if prompt_tokens > start)


@dataclass(frozen=True, slots=True)
class Period:
    """When a tariff holds: from a day on, between two times of the day, or always."""

    tariff: Tariff
    begins: date | None = None
    between: tuple[time, time] | None = None

    def holds(self, moment: datetime) -> bool:
        """Whether it does at this moment (UTC)."""
        if self.begins is not None and moment.date() < self.begins:
            return False
        if self.between is None:
            return True
        start, end = self.between
        now = moment.time()
        return start <= now < end if start <= end else now >= start or now < end


@dataclass(frozen=True, slots=True)
class Listing:
    """A model in the list. Of the periods that hold the last one counts."""

    id: str
    periods: tuple[Period, ...]

    def at(self, wall: float) -> Tariff:
        """What it costs at a moment, in Unix time."""
        if len(self.periods) == 1:
            return self.periods[0].tariff
        moment = datetime.fromtimestamp(wall, UTC)
        held = (period.tariff for period in reversed(self.periods) if period.holds(moment))
        return next(held, self.periods[0].tariff)


@dataclass(frozen=True, slots=True)
class _Service:
    """A service as it is written. Its models stay JSON until somebody asks for them: a tenth of the memory."""

    address: str
    others: tuple[str, ...]
    models: bytes

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> "_Service":
        return cls(entry["address"], tuple(entry.get("others", ())), orjson.dumps(entry["models"]))


_Model: TypeAlias = "tuple[Callable[[str], bool], Listing]"


class Catalogue:
    """The list. `date` is the day on which it was made, `source` what it was made from. A service's rules are compiled
    when it is first asked for: of dozens, few are."""

    def __init__(self, text: bytes) -> None:
        read = orjson.loads(text)
        self.date: str = read["about"]["date"]
        self.source: str = read["about"]["source"]
        self._written = {entry["name"]: _Service.of(entry) for entry in read["services"]}
        self._models: dict[str, tuple[_Model, ...]] = {}
        self._named: dict[str, str | None] = {}

    def find(self, kind: str, address: str, model: str) -> Listing | None:
        """The model of that name at a provider, None when nobody knows what it costs there."""
        service = self._at(address) or (kind if kind in self._written else None)
        if service is None or len(model) > MAX_NAME:
            return None
        name = model.lower().removeprefix("models/")
        dashed = _COMPACT_DATE.sub(r"-\1-\2-\3", name)
        spellings = (name, dashed) if dashed != name else (name,)
        # A service that passes on another's models takes the other's prices where it has none of its own.
        sellers = (service, *self._written[service].others)
        found = (self._listing(seller, spelling) for spelling in spellings for seller in sellers)
        return next((listing for listing in found if listing is not None), None)

    def _at(self, address: str) -> str | None:
        """The service at an address. Addresses come from the configuration: there are few, and they stay."""
        if address not in self._named:
            named = (name for name, it in self._written.items() if re.match(it.address, address))
            self._named[address] = next(named, None)
        return self._named[address]

    def _listing(self, service: str, model: str) -> Listing | None:
        if service not in self._models:
            entries = orjson.loads(self._written[service].models)
            self._models[service] = tuple((_matcher(it["match"]), _listing(it)) for it in entries)
        return next((listing for matches, listing in self._models[service] if matches(model)), None)


def public_prices() -> Catalogue:
    """The list that is part of this package."""
    return Catalogue(PRICES.read_bytes())


def _listing(model: Mapping[str, Json]) -> Listing:
    periods = model["prices"]
    if not isinstance(periods, list):
        raise TypeError("a model has a list of prices")
    return Listing(str(model["id"]), tuple(_period(it) for it in periods if isinstance(it, dict)))


def _period(entry: Mapping[str, Json]) -> Period:
    tariff = _tariff({kind: entry[kind] for kind in _KINDS if kind in entry})
    match entry:
        case {"from": str(day)}:
            return Period(tariff, begins=date.fromisoformat(day))
        case {"between": [str(start), str(end)]}:
            return Period(tariff, between=(time.fromisoformat(start), time.fromisoformat(end)))
        case _:
            return Period(tariff)


def _tariff(prices: Mapping[str, Json]) -> Tariff:
    steps = {kind: _steps(price) for kind, price in prices.items()}
    starts = sorted({start for of_kind in steps.values() for start, _ in of_kind})
    return Tariff(tuple((start, _rates(steps, start)) for start in starts))


def _steps(price: Json) -> list[tuple[int, int]]:
    match price:
        case int() | float():
            return [(-1, round(price * MICRO))]
        case [int() | float() as base, *tiers]:
            return [(-1, round(base * MICRO)), *(_step(tier) for tier in tiers)]
        case _:
            raise TypeError("a price is a number, or a list that begins with one")


def _step(tier: Json) -> tuple[int, int]:
    match tier:
        case [int(start), int() | float() as price]:
            return start, round(price * MICRO)
        case _:
            raise TypeError("a step of a price is a number of tokens and a price")


def _rates(steps: Mapping[str, Sequence[tuple[int, int]]], start: int) -> Rates:
    """What holds from `start` on."""
    at = {kind: next(price for begins, price in reversed(it) if begins <= start) for kind, it in steps.items()}
    return Rates(**{"input": None, "output": None, **at})


def _matcher(rule: Json) -> Callable[[str], bool]:
    match rule:
        case ["is", str(text)]:
            return text.__eq__
        case ["starts", str(text)]:
            return lambda name: name.startswith(text)
        case ["ends", str(text)]:
            return lambda name: name.endswith(text)
        case ["has", str(text)]:
            return lambda name: text in name
        case ["fits", str(text)]:
            pattern = re.compile(text)
            return lambda name: pattern.search(name) is not None
        case ["any", *rules]:
            some = [_matcher(it) for it in rules]
            return lambda name: any(matches(name) for matches in some)
        case ["all", *rules]:
            every = [_matcher(it) for it in rules]
            return lambda name: all(matches(name) for matches in every)
        case _:
            raise TypeError("a rule is a list that begins with its name")
