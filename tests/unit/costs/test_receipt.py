"""What a call costs, kind by kind of token."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.costs import DOLLAR, Rates
from ai_dashboard.core.events import Usage
from ai_dashboard.costs.catalogue import Tariff
from ai_dashboard.costs.pricing import FREE, UNKNOWN, Priced
from ai_dashboard.costs.receipt import amount_of, hours, receipt, reservation

GPT = Rates(2_500_000, 10_000_000, cached_input=1_250_000)
"""$2.50, $10 and $1.25 for a million tokens."""

COUNTS = st.integers(0, 10_000)
USAGES = st.builds(Usage, *(COUNTS,) * 4, st.booleans(), *(COUNTS,) * 5)
RATES = st.builds(Rates, *(st.integers(0, 10**8),) * 2, *(st.none() | st.integers(0, 10**8),) * 7)


def by_the_token(rates: Rates, *steps: tuple[int, Rates]) -> Priced:
    return Priced("file", Tariff(((-1, rates), *steps)))


@pytest.mark.parametrize(
    ("usage", "rates", "amount"),
    [
        (Usage(1_000_000, 1_000_000), GPT, 12.5),
        (Usage(1_000_000, 0, cached_tokens=400_000), GPT, 0.6 * 2.5 + 0.4 * 1.25),
        (Usage(1000, 100, cache_write_tokens=1000), Rates(3_000_000, 15_000_000, None, 3_750_000), 0.00375 + 0.0015),
        (Usage(0, 1000, reasoning_tokens=600), Rates(1_000_000, 2_000_000, reasoning=5_000_000), 0.0008 + 0.003),
        (Usage(0, 1000, reasoning_tokens=600), Rates(1_000_000, 2_000_000), 0.002),
        (Usage(1000, 0, input_audio_tokens=300), Rates(300_000, 0, input_audio=1_000_000), 0.00021 + 0.0003),
        (Usage(0, 1300, output_image_tokens=1290), Rates(300_000, 2_500_000, output_image=30_000_000), 0.038725),
        (Usage(0, 10, output_audio_tokens=10), Rates(0, 0, output_audio=20_000_000), 0.0002),
        (Usage(258, 0, input_image_tokens=258), Rates(300_000, 0, input_image=500_000), 0.000129),
    ],
)
def test_each_kind_of_token_has_its_price(usage: Usage, rates: Rates, amount: float) -> None:
    assert amount_of(usage, rates) == round(amount * DOLLAR)


def test_tokens_of_a_kind_without_a_price_make_the_amount_unknown() -> None:
    embedding = Rates(20_000, None)
    assert amount_of(Usage(1000, 0), embedding) == 20_000
    assert amount_of(Usage(1000, 1), embedding) is None


def test_the_price_level_of_a_region_multiplies() -> None:
    assert amount_of(Usage(1000, 0), Rates(1_000_000, 0), 1.1) == 1_100_000


@given(USAGES, RATES)
def test_an_amount_is_never_negative_and_no_token_is_paid_twice(usage: Usage, rates: Rates) -> None:
    known = [rate for rate in (rates.input, rates.cached_input, rates.cache_write, rates.input_audio,
                               rates.input_image, rates.output, rates.reasoning, rates.output_audio,
                               rates.output_image) if rate is not None]  # fmt: skip
    amount = amount_of(usage, rates)
    assert amount is not None
    assert 0 <= amount <= (usage.prompt_tokens + usage.completion_tokens) * max(known) // 1000 + 1


@given(COUNTS, COUNTS, RATES)
def test_a_reservation_covers_what_such_a_call_can_cost(prompt: int, completion: int, rates: Rates) -> None:
    priced = by_the_token(rates)
    plain = receipt(priced, Usage(prompt, completion), at=0, provider="p", model="m").amount
    assert plain is not None
    assert plain <= reservation(priced, prompt, completion)


def test_long_prompts_are_dearer_as_a_whole() -> None:
    priced = by_the_token(Rates(1_000_000, 2_000_000), (200_000, Rates(3_000_000, 4_000_000)))
    short = receipt(priced, Usage(200_000, 10), at=0, provider="p", model="m")
    long = receipt(priced, Usage(200_001, 10), at=0, provider="p", model="m")
    assert short.amount == 200_000 * 1000 + 10 * 2000
    assert long.amount == 200_001 * 3000 + 10 * 4000
    assert long.rates == Rates(3_000_000, 4_000_000)


def test_a_receipt_says_where_its_price_is_from() -> None:
    usage = Usage(1000, 100, estimated=True)
    free = receipt(FREE, usage, at=5, provider="ollama", model="m", tenant="a", key="k", task="t")
    assert (free.source, free.amount, free.usage.estimated) == ("free", 0, True)
    assert (free.tenant, free.key, free.task, free.at) == ("a", "k", "t", 5)
    unknown = receipt(UNKNOWN, usage, at=0, provider="p", model="m")
    assert (unknown.source, unknown.amount) == ("unknown", None)


def test_a_machine_is_paid_for_its_time() -> None:
    rented = Priced("hourly", hourly=2 * DOLLAR)
    made = receipt(rented, Usage(1000, 100), at=0, provider="vllm", model="m", busy_s=90)
    assert (made.amount, made.busy_s, made.hourly) == (DOLLAR // 20, 90, 2 * DOLLAR)
    assert reservation(rented, 10**6, 10**6) == hours(2 * DOLLAR, 10)


def test_nothing_is_reserved_where_nobody_knows_the_price() -> None:
    assert reservation(UNKNOWN, 1000, 1000) == 0
