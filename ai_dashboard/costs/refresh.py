"""Writes `prices.json` anew from the `genai-prices` package: `./dev prices`. Development only; nothing at run time
imports this module or that package.

Kept are prices by token, with the times at which they hold and the size of prompt from which they change, and the rules
by which the package knows a model. What is paid by the hour, the page or the search is left out: a model that has
nothing else stays unpriced.
"""

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import assert_never

import orjson
from genai_prices.data import providers as service_list
from genai_prices.types import (
    ClauseAnd,
    ClauseContains,
    ClauseEndsWith,
    ClauseEquals,
    ClauseOr,
    ClauseRegex,
    ClauseStartsWith,
    ConditionalPrice,
    MatchLogic,
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

from ai_dashboard.costs.catalogue import PRICES, Json

PACKAGE = "genai-prices"

KINDS = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cached_input",
    "cache_write_mtok": "cache_write",
    "output_reasoning_mtok": "reasoning",
    "input_audio_mtok": "input_audio",
    "output_audio_mtok": "output_audio",
    "input_image_mtok": "input_image",
    "output_image_mtok": "output_image",
}
"""The package's names for prices of a million tokens, and ours."""

DIGITS = 6
"""Of a price in dollars for a million tokens: the smallest that nano-dollars for a thousand can tell apart."""


def main(target: Path = PRICES) -> None:
    """Write the file, and say how much is in it."""
    today = datetime.now(UTC).date()
    target.write_bytes(text_of(f"{PACKAGE} {version(PACKAGE)}", today, service_list))
    count = sum(len(service.models) for service in service_list)
    sys.stderr.write(f"{target}: {count} models of {len(service_list)} services, {today}\n")


def text_of(source: str, today: date, services: Iterable[Provider]) -> bytes:
    """The file: one line for each model, so that a diff shows which prices have changed."""
    head = {"date": today.isoformat(), "source": source, "unit": "US dollars for a million tokens"}
    lines = [f'{{"about":{_json(head)},"services":[']
    blocks = [_service_lines(service) for service in services]
    lines += [",\n".join("\n".join(block) for block in blocks), "]}", ""]
    return "\n".join(lines).encode()


def _service_lines(service: Provider) -> Iterator[str]:
    head: dict[str, Json] = {"name": service.id, "address": service.api_pattern}
    if service.fallback_model_providers:
        head["others"] = list(service.fallback_model_providers)
    yield _json(head)[:-1] + ',"models":['
    yield ",\n".join(_json(model) for model in map(_model, service.models) if model is not None)
    yield "]}"


def _model(model: ModelInfo) -> dict[str, Json] | None:
    """A model that is paid by the token, or for which nothing is paid at all."""
    periods: list[Json] = []
    for period in model.prices if isinstance(model.prices, list) else [ConditionalPrice(prices=model.prices)]:
        prices = _prices(period.prices)
        if prices is None:
            return None
        periods.append({**_when(period), **prices})
    return {"id": model.id, "match": _rule(model.match), "prices": periods}


def _prices(prices: ModelPrice) -> dict[str, Json] | None:
    """By our kinds. None where something is paid, and text is not paid by the token."""
    known = {name: value for name, value in vars(prices).items() if value is not None}
    if not known:
        return {"input": 0, "output": 0}
    if known.get("input_mtok") is None:
        return None
    return {KINDS[name]: _price(value) for name, value in known.items() if name in KINDS}


def _price(value: Decimal | TieredPrices) -> Json:
    """A price, or a price and those that hold for prompts of more than so many tokens."""
    if isinstance(value, TieredPrices):
        return [_number(value.base), *([tier.start, _number(tier.price)] for tier in value.tiers)]
    return _number(value)


def _number(value: Decimal) -> Json:
    rounded = round(value, DIGITS)
    return int(rounded) if rounded == int(rounded) else float(rounded)


def _when(period: ConditionalPrice) -> dict[str, Json]:
    match period.constraint:
        case None:
            return {}
        case StartDateConstraint(start_date=start):
            return {"from": start.isoformat()}
        case TimeOfDateConstraint(start_time=start, end_time=end):
            return {"between": [start.strftime("%H:%M"), end.strftime("%H:%M")]}
        case _:
            assert_never(period.constraint)


def _rule(rule: MatchLogic) -> list[Json]:
    """A rule as a list: its name, then what it compares with."""
    match rule:
        case ClauseEquals(equals=text):
            return ["is", text.lower()]
        case ClauseStartsWith(starts_with=text):
            return ["starts", text.lower()]
        case ClauseEndsWith(ends_with=text):
            return ["ends", text.lower()]
        case ClauseContains(contains=text):
            return ["has", text.lower()]
        case ClauseRegex(regex=pattern):
            return ["fits", pattern]
        case ClauseOr(or_=rules):
            return ["any", *map(_rule, rules)]
        case ClauseAnd(and_=rules):
            return ["all", *map(_rule, rules)]
        case _:
            assert_never(rule)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


if __name__ == "__main__":
    main()
