import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.config.rates import read_rate
from ai_dashboard.core.tenancy import Rate


@pytest.mark.parametrize(
    ("text", "counts", "rate"),
    [
        ("1000/hour", "requests", Rate(1000, 3600, 1000)),
        ("10/second", "requests", Rate(10, 1, 10)),
        ("10/second burst 20", "requests", Rate(10, 1, 20)),
        (" 60_000 tokens/minute ", "tokens", Rate(60_000, 60, 60_000)),
        ("5 requests per 15 minutes", "requests", Rate(5, 900, 5)),
        ("1 Request/D", "requests", Rate(1, 86400, 1)),
    ],
)
def test_limits_as_people_write_them(text: str, counts: str, rate: Rate) -> None:
    assert read_rate(text) == (counts, rate)


@pytest.mark.parametrize(
    "text",
    ["", "1000", "/hour", "0/s", "1/fortnight", "1/ms", "-1/s", "1.5/s", "1/s burst 0", "1/0 s", "9" * 20 + "/s"],
)
def test_what_is_no_limit(text: str) -> None:
    assert read_rate(text) is None


@given(st.text(max_size=60))
def test_any_text_is_a_limit_or_none(text: str) -> None:
    read = read_rate(text)
    assert read is None or read.rate.interval_s > 0
