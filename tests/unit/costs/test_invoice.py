"""Bills of many shapes, held against the receipts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.costs import CostLine
from ai_dashboard.costs.invoice import Billed, day_in, number, read_bill, reconcile


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("date,model,tokens,amount\n2026-11-01,gpt-5,1000,0.50\n", [Billed(2, "2026-11-01", "gpt-5", 1000, 0.5)]),
        (
            "\ufeffUsage Date;Model;Input tokens;Output tokens;Cost (USD)\n01.11.2026;claude;1.000;200;1.234,50 €\n",
            [Billed(2, "2026-11-01", "claude", 1200, 1234.5)],
        ),
        ("date;model;amount\n2026-11-01;m;1.234\n", [Billed(2, "2026-11-01", "m", None, 1.234)]),
        (
            "Timestamp\tSKU description\tTotal\n2026-11-01T10:00:00Z\tgemini-2.5-pro\t$1,234.50\n",
            [Billed(2, "2026-11-01", "gemini-2.5-pro", None, 1234.5)],
        ),
        (
            'day,model,quantity,amount\n\n"Nov 01, 2026","a, b","1,000,000",(3.00)\n11/02/2026,c,,0\n',
            [Billed(3, "2026-11-01", "a, b", 1_000_000, -3.0), Billed(4, "2026-11-02", "c", None, 0.0)],
        ),
    ],
)
def test_bills_as_providers_write_them(text: str, lines: list[Billed]) -> None:
    bill = read_bill(text)
    assert (list(bill.lines), bill.problems) == (lines, ())


def test_a_line_that_cannot_be_read_is_said() -> None:
    bill = read_bill("date,model,amount\nsoon,m,1\n2026-11-01,m,much\n2026-11-01,,1\n2026-11-01,m\n2026-11-01,m,1\n")
    assert [line.line for line in bill.lines] == [6]
    assert bill.problems == (
        "line 2: 'soon' is no date",
        "line 3: 'much' is no number",
        "line 4: it names no model",
        "line 5: it has too few columns",
    )


@pytest.mark.parametrize("text", ["", "a,b,c\n1,2,3\n", "date,model\n2026-11-01,m\n"])
def test_a_file_that_says_too_little_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no column says the"):
        read_bill(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1.0), ("$1,234.50", 1234.5), ("1.234,50 €", 1234.5), ("USD 0.000012", 0.000012), ("-3", -3.0),
        ("(3.00)", -3.0), ("1,234", 1234.0), ("1,5", 1.5), ("1e-05", 1e-05), ("", 0.0), ("1,234,567.8", 1234567.8),
    ],
)  # fmt: skip
def test_numbers(text: str, value: float) -> None:
    assert number(text) == pytest.approx(value)


@given(st.integers(-(10**9), 10**9))
def test_amounts_with_thousands_marks(cents: int) -> None:
    assert number(f"${cents / 100:,.2f}") == pytest.approx(cents / 100)


@given(st.dates())
def test_days(day: object) -> None:
    text = str(day)
    assert day_in(text) == text
    assert day_in(f"{text}T23:59:59+00:00") == text
    assert day_in(text.replace("-", "/")) == text


def line(day: str, model: str, tokens: int, amount: float | None, unknown: int = 0) -> CostLine:
    return CostLine(day, "openai", model, tokens, 0, amount, unknown)


def verdicts(billed: list[Billed], receipts: list[CostLine]) -> list[tuple[str, str, str]]:
    return [(it.day[-2:], it.model, it.verdict) for it in reconcile(billed, receipts)]


def test_each_model_of_each_day_is_compared() -> None:
    billed = [
        Billed(2, "2026-11-01", "gpt-5", 1000, 1.0),
        Billed(3, "2026-11-01", "gpt-5", 500, 0.5),
        Billed(4, "2026-11-01", "gpt-5-mini", 100, 5.0),
        Billed(5, "2026-11-02", "o3", 100, 2.0),
        Billed(6, "2026-11-03", "gpt-5", 100, 2.0),
        Billed(7, "2026-11-03", "gpt-4o", None, 2.0),
    ]
    receipts = [
        line("2026-11-01", "gpt-5", 1500, 1.5049),
        line("2026-11-01", "gpt-5-mini", 100, 4.0),
        line("2026-11-02", "gpt-4o", 10, 1.0),
        line("2026-11-03", "gpt-5", 200, 2.0),
        line("2026-11-03", "gpt-4o", 10_000, 2.0),
        line("2026-11-09", "gpt-5", 10, 1.0),
    ]
    assert verdicts(billed, receipts) == [
        ("01", "gpt-5", "matched"),
        ("01", "gpt-5-mini", "different"),
        ("02", "gpt-4o", "unbilled"),
        ("02", "o3", "missing"),
        ("03", "gpt-4o", "matched"),
        ("03", "gpt-5", "different"),
    ]
    first = reconcile(billed, receipts)[0]
    assert (first.billed, first.receipts, first.billed_tokens, first.receipt_tokens) == (1.5, 1.5049, 1500, 1500)
    assert first.lines == (2, 3)


def test_a_dated_name_is_the_model_of_that_name() -> None:
    billed = [Billed(2, "2026-11-01", "gpt-4o-2024-08-06", 10, 1.0), Billed(3, "2026-11-01", "Claude-3-Haiku", 10, 1.0)]
    receipts = [line("2026-11-01", "openai/gpt-4o", 10, 1.0), line("2026-11-01", "claude-3-haiku-20240307", 10, 1.0)]
    assert [verdict for _, _, verdict in verdicts(billed, receipts)] == ["matched", "matched"]


def test_receipts_of_unknown_price_never_match() -> None:
    billed = [Billed(2, "2026-11-01", "m", 10, 0.0)]
    assert verdicts(billed, [line("2026-11-01", "m", 10, None, unknown=1)]) == [("01", "m", "different")]


def test_without_a_bill_there_is_nothing_to_compare() -> None:
    assert reconcile([], [line("2026-11-01", "m", 10, 1.0)]) == ()
