"""Providers that a tenant would rather be answered by."""

from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.plan import Candidate, Plan
from ai_dashboard.routing.preferred import preferring


def plan(*providers: str) -> Plan:
    attempts = tuple(Candidate(name, "m", "listed", 1 - place / 10) for place, name in enumerate(providers))
    return Plan("m", "listing", attempts, ())


def test_they_come_first_in_their_own_order_and_the_rest_as_before() -> None:
    made = preferring(plan("a", "b", "c", "d"), ("d", "c"), "acme")
    assert [it.provider for it in made.attempts] == ["d", "c", "a", "b"]
    assert made.notes == ("acme would rather be answered by d, c",)


def test_a_plan_that_is_that_way_already_stays_as_it_is() -> None:
    made = plan("a", "b")
    assert preferring(made, ("a",), "acme") is made
    assert preferring(made, ("nobody",), "acme") is made


@given(st.permutations(["a", "b", "c", "d"]), st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), unique=True))
def test_nobody_is_lost_and_scores_never_rise(providers: list[str], preferred: list[str]) -> None:
    before = plan(*providers)
    after = preferring(before, tuple(preferred), "acme")
    assert sorted(it.provider for it in after.attempts) == sorted(providers)
    scores = [it.score for it in after.attempts]
    assert scores == sorted(scores, reverse=True)
