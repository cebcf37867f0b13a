"""Findings that go by the date."""

import orjson
import pytest

from ai_dashboard.cli.doctoring.calendar import DAY_S, OLD_DAYS, check_clock, check_prices
from ai_dashboard.cli.doctoring.finding import Level
from ai_dashboard.costs.catalogue import Catalogue

PUBLIC = Catalogue(orjson.dumps({"about": {"date": "2026-01-01", "source": "a test"}, "services": []}))
NEW_YEAR = 1_767_225_600.0


@pytest.mark.parametrize(
    ("days", "level"), [(0, Level.OK), (OLD_DAYS, Level.OK), (OLD_DAYS + 1, Level.WARNING), (-3, Level.OK)]
)
def test_prices_grow_old(days: int, level: Level) -> None:
    (found,) = check_prices(PUBLIC, NEW_YEAR + days * DAY_S)
    assert (found.level, bool(found.fix)) == (level, level is Level.WARNING)


@pytest.mark.parametrize(
    ("days", "synchronised", "level"),
    [
        (-2, "yes", Level.PROBLEM),
        (-0.5, "", Level.OK),
        (5, "no", Level.WARNING),
        (5, "yes", Level.OK),
        (5, "", Level.OK),
    ],
)
def test_a_clock_before_the_program_was_made_is_wrong(days: float, synchronised: str, level: Level) -> None:
    (found,) = check_clock(PUBLIC, NEW_YEAR + days * DAY_S, lambda: synchronised)
    assert (found.level, bool(found.fix)) == (level, level is not Level.OK)


def test_this_machines_clock_is_asked() -> None:
    assert len(list(check_clock(PUBLIC, NEW_YEAR + DAY_S))) == 1
