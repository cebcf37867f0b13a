from dataclasses import replace

import pytest

from ai_dashboard.core.records import RequestRecord, Stage
from ai_dashboard.gateway.probation import Probation, begun

WELL = RequestRecord(0, "", 0.0, "openai", "m", False, Stage.DONE, 200, "a", "m", None, 0.1, 0.0, None, (), None)


def records(outcomes: str, start: int = 1) -> list[RequestRecord]:
    """One letter each: `.` went well, `x` failed, `g` was left by its caller."""
    kinds = {
        ".": WELL,
        "x": replace(WELL, stage=Stage.FAILED, error="upstream_error"),
        "g": replace(WELL, stage=Stage.GONE, error="gone"),
    }
    return [replace(kinds[it], seq=number, id=f"r{number}") for number, it in enumerate(outcomes, start)]


def watch(before: str = "....", wanted: int = 4, running: tuple[str, ...] = ()) -> Probation:
    probation = begun(records(before), running, since=len(before), wanted=wanted, limit=0.5)
    assert probation is not None
    return probation


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        ("....", "xxxx", True),
        ("....", "xxx.", True),
        ("....", "xx..", False),
        ("....", "....", False),
        ("xx..", "xxxx", True),
        ("xxx.", "xxxx", False),
        ("xxxx....", "xxxx", True),
    ],
)
def test_it_is_worse_where_most_fail_that_did_not_before(before: str, after: str, worse: bool) -> None:
    probation = watch(before)
    share = probation.failed(records(after, start=len(before) + 1))
    assert share is not None
    assert probation.is_worse(share) is worse


def test_nothing_is_said_before_there_are_enough() -> None:
    assert watch().failed(records("xxx", start=5)) is None
    assert watch().failed(records("xxxgg", start=5)) is None
    assert watch().failed(records("xxxggx", start=5)) == 1.0


def test_only_the_first_ones_count() -> None:
    assert watch().failed(records("....xxxxxxxx", start=5)) == 0.0


def test_requests_that_began_before_do_not_count() -> None:
    assert watch(running=("r5", "r6")).failed(records("xx....", start=5)) == 0.0
    assert watch().failed(records("xxxx....")) == 0.0


@pytest.mark.parametrize(("before", "wanted"), [("", 4), ("ggg", 4), ("....", 0)])
def test_without_a_before_or_a_wish_there_is_no_watch(before: str, wanted: int) -> None:
    assert begun(records(before), (), since=len(before), wanted=wanted, limit=0.5) is None
