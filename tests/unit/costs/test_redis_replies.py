"""What is said to Redis, and what it says."""

import orjson
import pytest

from ai_dashboard.core.costs import UNLIMITED, Allowance
from ai_dashboard.costs.journal import Counts, Line
from ai_dashboard.costs.ledger import Hold, Share
from ai_dashboard.costs.redis_replies import (
    Item,
    day_keys,
    figures_in,
    integer,
    limits_of,
    line_charges,
    many,
    mapped,
    text,
    work_of,
)
from ai_dashboard.costs.windows import Calendar

NOON = 1_795_262_400.0
NOW = Calendar().at(NOON)


def hold(name: str) -> Hold:
    return Hold(name, (Share("total", UNLIMITED), Share("tenant:a", UNLIMITED)), 9, NOW)


def line(provider: str, hour: str = NOW.hour) -> Line:
    return Line(hour, provider, "m", "a", "", "")


def test_a_batch_adds_up_what_is_alike_and_writes_numbers_as_text() -> None:
    huge = 10**18
    items = (
        Item(hold("g:1"), (line("p"), Counts(huge, 1))),
        Item(hold("g:2"), (line("p"), Counts(1, 1, prompt_tokens=5))),
        Item(hold("g:3"), (line("q", "2026-11-20T23"), Counts(0, 1, unknown=1))),
        Item(hold("g:4"), None),
    )
    days, work = work_of(items, first_key=7)
    assert days == ["aid:{costs}:day:2026-11-21", "aid:{costs}:day:2026-11-20"]
    said = orjson.loads(work)
    accounts = ["total", "tenant:a"]
    assert said["calls"] == [
        ["g:1", str(huge), "2026-11-21", "2026-11", accounts],
        ["g:2", "1", "2026-11-21", "2026-11", accounts],
        ["g:3", "0", "2026-11-21", "2026-11", accounts],
        ["g:4", "0", "2026-11-21", "2026-11", accounts],
    ]
    fields = {field: (key, value) for key, field, value in said["lines"]}
    assert {value for key, value in fields.values() if key == 7} == {str(huge + 1), "2", "5"}
    read = dict(line_charges({field: value for field, (key, value) in fields.items() if key == 8}))
    assert read == {line("q", "2026-11-20T23"): Counts(0, 1, unknown=1)}


def test_a_name_with_a_separator_in_it_is_read_back_as_one_name() -> None:
    odd = Line(NOW.hour, "p", "m\x1fodd", "", "", "")
    _, work = work_of([Item(hold("g:1"), (odd, Counts(1, 1)))], first_key=7)
    fields = {field: value for _, field, value in orjson.loads(work)["lines"]}
    assert dict(line_charges(fields)) == {odd._replace(model="m odd"): Counts(1, 1)}


def test_days_since_one_up_to_tomorrow_as_far_as_they_are_kept() -> None:
    assert list(day_keys("2026-11-20", NOON)) == [f"aid:{{costs}}:day:2026-11-{day}" for day in (20, 21, 22)]
    assert len(list(day_keys("2001-01-01", NOON))) == 401


def test_limits_and_figures() -> None:
    assert limits_of(Allowance(daily=0, total=5)) == (0, "", 5)
    assert figures_in([b"2026-11-21", b"2026-11", b"1", b"2", b"3", b"4"]) == (
        ("", "2026-11-21", "2026-11"),
        (1, 2, 3),
        4,
    )


def test_what_is_not_what_was_expected_is_said() -> None:
    assert (integer(b"5"), integer(5), text("a"), many([1]), mapped({b"a": b"1"})) == (5, 5, "a", [1], {"a": "1"})
    with pytest.raises(TypeError, match="a list was expected"):
        many(b"x")
    with pytest.raises(TypeError, match="a hash was expected"):
        mapped([])
    with pytest.raises(TypeError, match="text was expected"):
        text(None)
