from dataclasses import replace

import pytest

from ai_dashboard.core.records import RequestRecord, Stage
from ai_dashboard.gateway.probation import Probation, Went, begun

WELL = RequestRecord(0, "", 0.0, "openai", "m", False, Stage.DONE, 200, "a", "m", None, 0.1, 0.0, None, (), None)


def records(outcomes: str, start: int = 1) -> list[RequestRecord]:
    """One letter each: `.` went well, `x` failed, `g` was left by its caller."""
    kinds = {
        ".": WELL,
        "x": replace(WELL, stage=Stage.FAILED, error="upstream_error"),
        "g": replace(WELL, stage=Stage.GONE, error="gone"),
    }
    return [replace(kinds[it], seq=number, id=f"r{number}") for number, it in enumerate(outcomes, start)]


def nobody(_record: RequestRecord) -> frozenset[str]:
    return frozenset()


def to_a(_record: RequestRecord) -> frozenset[str]:
    return frozenset({"a"})


def watch(
    before: str = "....", wanted: int = 4, running: tuple[str, ...] = (), well: str = "", went: Went = nobody
) -> Probation:
    start = records(before)
    probation = begun(start, running, since=len(start), wanted=wanted, limit=0.5, well=frozenset(well), went=went)
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


@pytest.mark.parametrize(("before", "wanted", "well"), [("", 4, ""), ("ggg", 4, ""), ("....", 0, "a"), ("", 0, "a")])
def test_without_a_before_or_a_wish_there_is_no_watch(before: str, wanted: int, well: str) -> None:
    start = records(before)
    assert begun(start, (), since=0, wanted=wanted, limit=0.5, well=frozenset(well), went=to_a) is None


@pytest.mark.parametrize(
    ("well", "went", "after", "worse"),
    [
        ("a", to_a, "xxxx", True),
        ("a", to_a, "xxx.", True),
        ("a", to_a, "xx..", False),
        ("b", to_a, "xxxx", False),
        ("a", nobody, "xxxx", False),
    ],
    ids=["all fail", "most fail", "half fail", "was not well", "would have gone to nobody"],
)
def test_where_nobody_asked_before_it_counts_who_was_well(well: str, went: Went, after: str, worse: bool) -> None:
    probation = watch("", well=well, went=went)
    share = probation.failed(records(after))
    assert share is not None
    assert probation.is_worse(share) is worse


def test_the_reason_says_what_it_was_compared_with() -> None:
    assert watch().reason(1.0, 7) == "100% of 4 requests failed on configuration 7, 0% before it"
    assert (
        watch("", well="a")
        .reason(1.0, 7)
        .endswith("nobody had asked before it, but whom they would have gone to was well")
    )
