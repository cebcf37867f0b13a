"""A provider's bill held against the receipts, model by model and day by day. Pure.

Bills are CSV of many shapes: columns are known by their names, amounts by their digits, whatever separates and adorns
them. A line that cannot be read is said, not skipped.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from ai_dashboard.core.costs import CostLine
from ai_dashboard.core.data import dataclass

Verdict = Literal["matched", "different", "missing", "unbilled"]
"""Both agree; both know of it, and differ; we have no receipt for it; the bill does not mention it."""

CENT = 0.01
TOLERANCE = 0.01
"""One cent, or one part in a hundred of the larger: bills are rounded line by line."""

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "day": ("date", "day", "usagedate", "usagestartdate", "starttime", "starttimeiso", "timestamp", "time", "datum"),
    "model": ("model", "modelname", "modelid", "modelversion", "snapshotid", "sku", "skudescription", "item",
              "description", "product", "modell"),
    "prompt": ("inputtokens", "prompttokens", "tokensin", "ncontexttokenstotal", "contexttokens", "input"),
    "completion": ("outputtokens", "completiontokens", "tokensout", "ngeneratedtokenstotal", "generatedtokens",
                   "output"),
    "tokens": ("tokens", "totaltokens", "usage", "usageamount", "quantity", "units"),
    "amount": ("amount", "cost", "total", "price", "costusd", "amountusd", "amountinusd", "costinusd", "totalcost",
               "amountvalue", "costs", "subtotal", "betrag"),
}  # fmt: skip
"""Names of columns without anything but letters, best first."""

_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%m/%d/%Y", "%d.%m.%Y", "%b %d, %Y", "%d %b %Y")
_VERSION = re.compile(r"[-@](?:20\d{2}-?\d{2}-?\d{2}|latest|\d{3})$")


@dataclass(frozen=True, slots=True)
class Billed:
    """A line of the bill. `line` is its number in the file; tokens are None where the bill does not say."""

    line: int
    day: str
    model: str
    tokens: int | None
    amount: float


@dataclass(frozen=True, slots=True)
class Finding:
    """One model on one day, on both sides: dollars and tokens, None where a side does not know."""

    verdict: Verdict
    day: str
    model: str
    billed: float | None
    receipts: float | None
    billed_tokens: int | None
    receipt_tokens: int | None
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Bill:
    """What could be read, and in words what could not."""

    lines: tuple[Billed, ...]
    problems: tuple[str, ...]


def read_bill(text: str) -> Bill:
    """The lines of a CSV file. Raises `ValueError` when it has no columns that say when, what and how much."""
    delimiter = max(",;\t|", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=delimiter)
    columns = _columns(next(reader, []))
    missing = [name for name in ("day", "model", "amount") if name not in columns]
    if missing:
        raise ValueError(f"no column says the {' or the '.join(missing)}; known are names such as date, model, amount")
    rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    # Where semicolons part the columns, and amounts have commas, a dot parts thousands.
    decimal_comma = delimiter == ";" and any("," in cell for _, row in rows for cell in row[columns["amount"] :][:1])
    lines, problems = [], []
    for place, row in rows:
        try:
            lines.append(_billed(row, columns, place, decimal_comma=decimal_comma))
        except ValueError as error:
            problems.append(f"line {place}: {error}")
    return Bill(tuple(lines), tuple(problems))


def reconcile(billed: Iterable[Billed], receipts: Iterable[CostLine]) -> tuple[Finding, ...]:
    """Every model of every day that either side knows, in their order. Receipts beyond the days of the bill are left
    out; a dated name of a model is the same as its plain one where that is all that differs."""
    by_bill: dict[tuple[str, str], list[Billed]] = {}
    for item in billed:
        by_bill.setdefault((item.day, _plain(item.model)), []).append(item)
    days = {day for day, _ in by_bill}
    by_receipt: dict[tuple[str, str], list[CostLine]] = {}
    for line in receipts:
        if days and min(days) <= line.day <= max(days):
            by_receipt.setdefault((line.day, _plain(line.model)), []).append(line)
    keys = sorted(by_bill.keys() | by_receipt.keys())
    return tuple(_finding(key[0], by_bill.get(key, ()), by_receipt.get(key, ())) for key in keys)


def _finding(day: str, billed: Sequence[Billed], receipts: Sequence[CostLine]) -> Finding:
    counted = [it.tokens for it in billed if it.tokens is not None]
    bill = sum(it.amount for it in billed) if billed else None
    ours = sum(it.amount or 0.0 for it in receipts) if receipts else None
    bill_tokens = sum(counted) if counted else None
    our_tokens = sum(it.prompt_tokens + it.completion_tokens for it in receipts) if receipts else None
    name = billed[0].model if billed else receipts[0].model
    if bill is None or ours is None:
        verdict: Verdict = "missing" if ours is None else "unbilled"
    elif any(it.unknown for it in receipts) or not (_agree(bill, ours) and _same(bill_tokens, our_tokens)):
        verdict = "different"
    else:
        verdict = "matched"
    return Finding(verdict, day, name, bill, ours, bill_tokens, our_tokens, tuple(it.line for it in billed))


def _agree(bill: float, ours: float) -> bool:
    # Half a cent is a rounding, and floats have roundings of their own.
    return abs(bill - ours) <= max(CENT, TOLERANCE * max(abs(bill), abs(ours))) + 1e-9


def _same(bill: int | None, ours: int | None) -> bool:
    return bill is None or ours is None or abs(bill - ours) <= TOLERANCE * max(bill, ours)


def _plain(model: str) -> str:
    """The model without whoever sells it, its date and its case."""
    return _VERSION.sub("", model.lower().rpartition("/")[2])


def _columns(head: Sequence[str]) -> dict[str, int]:
    names = [re.sub(r"[^a-z]", "", name.lower()) for name in head]
    found = {}
    for column, known in _COLUMNS.items():
        place = next((names.index(name) for name in known if name in names), None)
        if place is not None:
            found[column] = place
    return found


def _billed(row: Sequence[str], columns: Mapping[str, int], line: int, *, decimal_comma: bool) -> Billed:
    if len(row) <= max(columns.values()):
        raise ValueError("it has too few columns")
    parts = [row[columns[name]] for name in ("prompt", "completion") if name in columns]
    if not parts and "tokens" in columns:
        parts = [row[columns["tokens"]]]
    counts = [number(part, decimal_comma=decimal_comma) for part in parts]
    tokens = round(sum(counts)) if any(part.strip() for part in parts) else None
    model = row[columns["model"]].strip()
    if not model:
        raise ValueError("it names no model")
    return Billed(
        line, day_in(row[columns["day"]]), model, tokens, number(row[columns["amount"]], decimal_comma=decimal_comma)
    )


def day_in(text: str) -> str:
    """The day in a date or a time, as `2026-11-21`."""
    text = text.strip()
    for shape in _DAYS:
        try:
            return datetime.strptime(text, shape).date().isoformat()  # noqa: DTZ007 - a day, wherever
        except ValueError:
            continue
    try:
        return datetime.fromisoformat(text).date().isoformat()
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no date") from None


def number(text: str, *, decimal_comma: bool = False) -> float:
    """A number with or without a currency, thousands marks and a sign: `$1,234.50`, `1.234,50 €`, `(3.00)`, `1e-05`.
    Which mark is which is seen from the number itself, unless it is known to be the comma."""
    bare = re.sub(r"[^\d.,eE()+-]", "", re.sub(r"(?i)\b(?:usd|eur)\b", "", text)).strip("eE")
    if not any(digit.isdigit() for digit in bare):
        return 0.0 if not text.strip() else _no_number(text)
    negative = bare.startswith("(") and bare.endswith(")")
    bare = bare.strip("()")
    looks_so = bare.rfind(",") > bare.rfind(".") and not re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+", bare)
    if decimal_comma or looks_so:
        bare = bare.replace(".", "").replace(",", ".")
    try:
        value = float(bare.replace(",", ""))
    except ValueError:
        return _no_number(text)
    return -value if negative else value


def _no_number(text: str) -> float:
    raise ValueError(f"{text.strip()[:40]!r} is no number")
