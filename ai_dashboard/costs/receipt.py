"""What an attempt costs: before it begins, as a reservation, and afterwards, as a receipt. Pure."""

from collections.abc import Iterator

from ai_dashboard.core.costs import PER_TOKENS, Rates, Receipt
from ai_dashboard.core.events import Usage
from ai_dashboard.costs.pricing import Priced

HOUR_S = 3600

ASSUMED_BUSY_S = 10.0
"""Seconds of a machine that is paid by the hour that are reserved for a call."""


def reservation(
    priced: Priced, prompt_tokens: int, answer_tokens: int, factor: float = 1.0, *, busy_s: float = ASSUMED_BUSY_S
) -> int:
    """Nano-dollars that a call may cost: all of its prompt as text that nobody has in a cache, and as long an answer as
    it may become, at the price that is highest for either."""
    if priced.hourly is not None:
        return hours(priced.hourly, busy_s)
    if priced.tariff is None:
        return 0
    rates = priced.tariff.at(prompt_tokens)
    prompt = max(rates.input or 0, rates.cache_write or 0) * prompt_tokens
    answer = max(rates.output or 0, rates.reasoning or 0) * answer_tokens
    return _charged(prompt + answer, factor)


def receipt(
    priced: Priced,
    usage: Usage,
    *,
    at: float,
    provider: str,
    model: str,
    tenant: str = "",
    key: str = "",
    task: str = "",
    factor: float = 1.0,
    busy_s: float = 0.0,
) -> Receipt:
    """What a call has cost."""
    rates = priced.tariff.at(usage.prompt_tokens) if priced.tariff is not None else None
    if priced.hourly is not None:
        amount: int | None = hours(priced.hourly, busy_s)
    elif rates is not None:
        amount = amount_of(usage, rates, factor)
    else:
        amount = 0 if priced.source == "free" else None
    return Receipt(
        at,
        provider,
        model,
        tenant,
        key,
        task,
        usage,
        priced.source,
        amount,
        rates,
        factor,
        priced.hourly,
        busy_s if priced.hourly is not None else 0.0,
    )


def amount_of(usage: Usage, rates: Rates, factor: float = 1.0) -> int | None:
    """Nano-dollars for a call's tokens; None where there are tokens of a kind that has no price."""
    if rates.input is not None and rates.output is not None and _is_text(usage):
        return _charged(usage.prompt_tokens * rates.input + usage.completion_tokens * rates.output, factor)
    total = 0
    for tokens, rate in _lines(usage, rates):
        if tokens and rate is None:
            return None
        total += tokens * (rate or 0)
    return _charged(total, factor)


def hours(hourly: int, busy_s: float) -> int:
    """Nano-dollars for a machine's time."""
    return round(hourly * busy_s / HOUR_S)


def _is_text(usage: Usage) -> bool:
    """Whether all tokens are of the two usual kinds: those of most calls are."""
    return not (
        usage.cached_tokens
        or usage.cache_write_tokens
        or usage.reasoning_tokens
        or usage.input_audio_tokens
        or usage.input_image_tokens
        or usage.output_audio_tokens
        or usage.output_image_tokens
    )


def _lines(usage: Usage, rates: Rates) -> Iterator[tuple[int, int | None]]:
    """Tokens and their rate, kind by kind. Every token is in one line only: what the provider has in its cache is paid
    as that, whatever it is made of. A provider that counts more parts than there is whole is not paid twice."""
    left, text = usage.prompt_tokens, rates.input
    for tokens, rate in (
        (usage.cached_tokens, rates.cached_input),
        (usage.cache_write_tokens, rates.cache_write),
        (usage.input_audio_tokens, rates.input_audio),
        (usage.input_image_tokens, rates.input_image),
    ):
        part = min(tokens, left)
        left -= part
        yield part, text if rate is None else rate
    yield left, text
    left, text = usage.completion_tokens, rates.output
    for tokens, rate in (
        (usage.reasoning_tokens, rates.reasoning),
        (usage.output_audio_tokens, rates.output_audio),
        (usage.output_image_tokens, rates.output_image),
    ):
        part = min(tokens, left)
        left -= part
        yield part, text if rate is None else rate
    yield left, text


def _charged(thousandths: int, factor: float) -> int:
    """Tokens times their rate as nano-dollars, halves upwards."""
    if factor != 1.0:
        thousandths = round(thousandths * factor)
    return (thousandths + PER_TOKENS // 2) // PER_TOKENS
