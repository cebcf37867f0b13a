"""What is counted under which name, and that there is an end to names."""

from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.errors import UpstreamError, UpstreamTimeout
from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import Candidate, Plan
from ai_dashboard.core.records import Stage
from ai_dashboard.gateway.caching import Hit
from ai_dashboard.gateway.metering import FAILURES, MAX_NAMES, Meter, Names
from ai_dashboard.gateway.trip import Trip

LISTED = MappingProxyType({"p": frozenset({"m", "n"}), "q": frozenset({"m"})})


def metered(*trips: Trip, most: int = 1000) -> Meter:
    meter = Meter(lambda provider: ("pulled",) if provider == "q" else ())
    meter.adopt(LISTED, most)
    meter.add(trips)
    return meter


def trip(*ends: tuple[str, str, str | None], stage: Stage = Stage.DONE, error: str | None = None) -> Trip:
    """A request; `ends` are the attempts: provider, model, and with which error they ended (`""`: called off)."""
    made = Trip("id", "openai", 1e9, 100.0, stage=stage, status=200, error=error, overhead_s=0.002, ended=101.0)
    made.plan = Plan("m", "listing", (), (), strategy="least_loaded")
    for provider, model, failed in ends:
        attempt = made.attempt(Candidate(provider, model, "", 1.0), 100.0)
        attempt.ended, attempt.error = 100.9, failed or None
        if failed is None:
            attempt.tokens, attempt.first_token, attempt.cost = 7, 100.25, 2_000_000_000
            made.usage = Usage(10, 7, cached_tokens=4, reasoning_tokens=2)
    return made


def told(meter: Meter) -> dict[str, list[str]]:
    return {it.labels: [*it.requests()] for it in meter.served}


def test_every_attempt_counts_for_whoever_was_asked() -> None:
    meter = metered(
        trip(("p", "m", UpstreamTimeout.code), ("q", "m", None)),
        trip(("p", "m", None)),
        trip(("p", "m", "hedge_lost"), ("q", "m", ""), stage=Stage.GONE, error="client_gone"),
    )
    p, q = 'provider="p",model="m"', 'provider="q",model="m"'
    assert told(meter) == {
        p: [
            f'{{{p},status="success"}} 1',
            f'{{{p},status="error"}} 1',
            f'{{{p},status="cancelled"}} 1',
        ],
        q: [f'{{{q},status="success"}} 1', f'{{{q},status="cancelled"}} 1'],
    }
    assert [*meter.failures.samples()] == ['{provider="p",kind="upstream_timeout"} 1']
    assert [*meter.fallbacks.samples()] == ['{original_provider="p",to="q"} 1']
    assert [*meter.strategies.samples()] == ['{strategy="least_loaded"} 3']
    assert (meter.succeeded, meter.failed, meter.left) == (2, 0, 1)


def test_times_are_those_of_whole_answers() -> None:
    meter = metered(trip(("p", "m", None)), trip(("p", "m", UpstreamError.code), error=UpstreamError.code))
    (served,) = meter.served
    assert sum(served.total.counts) == 1
    assert served.total.total == pytest.approx(0.9)
    assert sum(served.ttft.counts) == 1
    assert served.ttft.total == pytest.approx(0.25)
    assert sum(meter.requests.counts) == 1
    assert meter.requests.total == pytest.approx(1.0)
    assert sum(meter.overhead.counts) == 1
    assert meter.overhead.total == pytest.approx(0.002)
    assert [*meter.refusals.samples()] == ['{kind="upstream_error"} 1']


def test_tokens_and_dollars_are_those_of_all_attempts() -> None:
    asked = trip(("p", "m", "hedge_lost"), ("q", "m", None))
    asked.attempts[0].usage, asked.attempts[0].cost = Usage(10, 0, estimated=True), None
    p, q = metered(asked).served
    assert [line.rpartition(" ")[2] for line in p.tokens()] == ["10", "0"]
    assert [line.rpartition(" ")[2] for line in q.tokens()] == ["10", "7", "4", "2"]
    assert (p.cost, p.unpriced, q.cost, q.unpriced) == (0, 1, 2_000_000_000, 0)


def test_a_known_answer_counts_for_nobody_who_was_not_asked() -> None:
    known, alike = trip(), trip()
    known.hit = Hit(b"", b"", "p", "m", None, 1.0, None)
    alike.hit = Hit(b"", b"", "p", "m", None, 1.0, None, similarity=0.9)
    meter = metered(known, alike)
    assert (meter.hits, meter.alike, meter.missed, meter.served) == (1, 1, 0, ())


def test_names_that_callers_make_up_are_one() -> None:
    meter = metered(*(trip(("p", f"made-up-{number}", None)) for number in range(50)), trip(("q", "pulled", None)))
    assert [it.labels for it in meter.served] == ['provider="p",model="other"', 'provider="q",model="pulled"']


def test_models_beyond_the_end_are_other() -> None:
    meter = metered(trip(("p", "m", None)), trip(("p", "n", None)), trip(("q", "m", None)), most=1)
    assert {it.labels: it.succeeded for it in meter.served} == {
        'provider="p",model="m"': 1,
        'provider="p",model="other"': 1,
        'provider="q",model="other"': 1,
    }


def test_a_provider_that_is_gone_is_forgotten() -> None:
    meter = metered(trip(("p", "m", None)), trip(("q", "m", None)))
    meter.adopt({"q": LISTED["q"]})
    meter.add([trip(("p", "m", None))])
    assert [it.labels for it in meter.served] == ['provider="q",model="m"', 'provider="other",model="other"']


@given(st.lists(st.text(max_size=3), max_size=200), st.integers(1, 8))
def test_no_count_is_lost_and_there_is_an_end_to_names(names: list[str], most: int) -> None:
    counts = Names("name", most=most)
    for name in names:
        counts.add(name)
    samples = [*counts.samples()]
    assert len(samples) <= most + 1
    assert sum(int(line.rpartition(" ")[2]) for line in samples) == len(names)


def test_there_are_fewer_errors_than_names() -> None:
    assert "upstream_timeout" in FAILURES
    assert "hedge_lost" not in FAILURES
    assert len(FAILURES) < MAX_NAMES
