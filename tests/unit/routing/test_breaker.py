"""The breaker as a table of moves, as a story, and against a model of it."""

from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ai_dashboard.core.snapshot import BreakerState
from ai_dashboard.routing.breaker import MAX_FAILURES_REMEMBERED, NEVER, STEP, Breaker, BreakerPolicy

CLOSED, OPEN, PROBING, RAMPING = BreakerState
POLICY = BreakerPolicy()
BEGIN = 1000.0


def opened(policy: BreakerPolicy = POLICY, *, now: float = BEGIN, unreachable: bool = False) -> Breaker:
    breaker = Breaker(policy)
    for _ in range(policy.failures):
        breaker.sent()
        breaker.failed(now, now, 0.0, unreachable=unreachable)
    assert breaker.state is OPEN
    return breaker


def probing() -> tuple[Breaker, float]:
    breaker = opened()
    now = BEGIN + POLICY.cooldown_s
    assert breaker.advance(now)
    assert breaker.state is PROBING
    return breaker, now


def ramping() -> tuple[Breaker, float]:
    breaker, now = probing()
    breaker.sent()
    breaker.answered(now, now)
    assert breaker.state is RAMPING
    return breaker, now


# ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_opens_at_the_third_failure_within_the_window() -> None:
    breaker = Breaker(POLICY)
    for seconds, state in ((0, CLOSED), (30, CLOSED), (60, OPEN)):
        breaker.failed(BEGIN + seconds, BEGIN + seconds, 0.0)
        assert breaker.state is state
    assert breaker.share == 0.0
    assert breaker.retry_in_s(BEGIN + 60) == POLICY.cooldown_s


def test_failures_that_are_far_apart_open_nothing() -> None:
    breaker = Breaker(POLICY)
    for count in range(10):
        breaker.failed(BEGIN + 31 * count, BEGIN + 31 * count, 0.0)
    assert breaker.state is CLOSED


def test_a_few_failures_among_many_answers_open_nothing() -> None:
    breaker = Breaker(POLICY)
    for second in range(50):
        breaker.failed(BEGIN + second, BEGIN + second, 0.0)
        for _ in range(9):
            breaker.answered(BEGIN + second, BEGIN + second)
    assert (breaker.state, breaker.share) == (CLOSED, 1.0)


def test_a_provider_that_dies_after_a_bad_minute_is_given_up_soon() -> None:
    breaker = Breaker(POLICY)
    for second in range(50):
        breaker.failed(BEGIN + second, BEGIN + second, 0.0)
        for _ in range(9):
            breaker.answered(BEGIN + second, BEGIN + second)
    more = 0
    while breaker.state is CLOSED:
        more += 1
        breaker.failed(BEGIN + 50, BEGIN + 50, 0.0)
    assert more < 32


def test_a_cooldown_is_longer_by_chance_but_never_shorter() -> None:
    early, late = Breaker(POLICY), Breaker(POLICY)
    for breaker, chance in ((early, 0.0), (late, 1.0)):
        for _ in range(3):
            breaker.failed(BEGIN, BEGIN, chance)
    assert early.due == BEGIN + POLICY.cooldown_s
    assert late.due == BEGIN + 1.2 * POLICY.cooldown_s


# ── coming back ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_lets_one_request_through_once_it_has_cooled_down() -> None:
    breaker = opened()
    assert not breaker.advance(BEGIN + POLICY.cooldown_s - 0.001)
    assert breaker.advance(BEGIN + POLICY.cooldown_s)
    assert (breaker.state, breaker.share, breaker.due) == (PROBING, 1.0, NEVER)
    breaker.sent()
    assert breaker.share == 0.0
    breaker.left()
    assert (breaker.state, breaker.share) == (PROBING, 1.0)


def test_its_share_grows_step_by_step() -> None:
    breaker, now = ramping()
    shares = [(0.0, breaker.share)]
    for tenth in range(1, 50):
        breaker.advance(now + tenth / 10)
        if breaker.share != shares[-1][1]:
            shares.append((tenth / 10, breaker.share))
    assert shares == [(0.0, 0.10), (1.0, 0.25), (2.0, 0.50), (3.0, 1.0)]
    assert (breaker.state, breaker.due) == (CLOSED, NEVER)


def test_it_does_not_climb_over_requests_that_are_all_unanswered() -> None:
    breaker, now = ramping()
    breaker.sent()
    breaker.sent()
    assert not breaker.advance(now + 20)
    assert breaker.share == 0.10
    breaker.answered(now + 21, now)
    assert breaker.share == 0.25


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_failure_on_the_way_opens_it_again_for_twice_as_long(level: int) -> None:
    breaker, now = ramping()
    for _ in range(level):
        now = breaker.due
        breaker.advance(now)
    breaker.failed(now, now, 0.0)
    assert (breaker.state, breaker.retry_in_s(now)) == (OPEN, 600)


def test_cooldowns_double_up_to_an_hour_and_begin_anew_once_it_is_closed() -> None:
    breaker, now = probing()
    lengths = []
    for _ in range(5):
        breaker.failed(now, now, 0.0)
        lengths.append(breaker.retry_in_s(now))
        now = breaker.due
        breaker.advance(now)
    assert lengths == [600, 1200, 2400, 3600, 3600]
    breaker.answered(now, now)
    while breaker.state is RAMPING:
        now = breaker.due
        breaker.advance(now)
    for _ in range(3):
        breaker.failed(now, now, 0.0)
    assert breaker.retry_in_s(now) == 300


def test_what_was_sent_before_it_opened_says_nothing_of_the_time_after() -> None:
    breaker = opened()
    breaker.answered(BEGIN + 10, BEGIN - 1)
    assert breaker.state is OPEN
    breaker.advance(BEGIN + POLICY.cooldown_s)
    breaker.failed(BEGIN + 301, BEGIN + 20, 0.0)
    breaker.answered(BEGIN + 301, BEGIN + 20)
    assert breaker.state is PROBING


def test_an_answer_of_a_last_resort_begins_the_way_back() -> None:
    breaker = opened()
    breaker.answered(BEGIN + 10, BEGIN + 9)
    assert (breaker.state, breaker.share) == (RAMPING, 0.10)


def test_failures_of_a_last_resort_change_nothing() -> None:
    breaker = opened()
    breaker.failed(BEGIN + 10, BEGIN + 9, 0.0)
    assert (breaker.state, breaker.due) == (OPEN, BEGIN + POLICY.cooldown_s)


@pytest.mark.parametrize(("unreachable", "state"), [(True, PROBING), (False, OPEN)])
def test_being_there_again_ends_a_cooldown_for_not_being_there(unreachable: bool, state: BreakerState) -> None:
    breaker = opened(unreachable=unreachable)
    breaker.reached(BEGIN + 10)
    assert breaker.state is state


def test_a_clock_that_runs_backwards_makes_nobody_wait_for_longer_than_a_cooldown() -> None:
    breaker = opened()
    assert not breaker.advance(BEGIN - 3600)
    assert breaker.retry_in_s(BEGIN - 3600) == POLICY.cooldown_s
    assert breaker.advance(BEGIN - 3600 + POLICY.cooldown_s)


# ── against a model ──────────────────────────────────────────────────────────────────────────────────────────────────


class BreakerMachine(RuleBasedStateMachine):
    """Any order of requests, answers, failures, minutes that pass and clocks that are set. The model keeps all that has
    happened and judges by the rule; the breaker remembers little and must come to the same."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker(POLICY)
        self.now = BEGIN
        self.out: list[float] = []
        self.history: list[tuple[float, bool]] = []
        self.states = [CLOSED]
        self.shares = [1.0]
        self.trusted_from = 0.0
        self.cooldown_s = POLICY.cooldown_s

    @rule(seconds=st.floats(0, 5))
    def a_moment_passes(self, seconds: float) -> None:
        self.pass_time(seconds)

    @rule(seconds=st.floats(5, 500))
    def minutes_pass(self, seconds: float) -> None:
        self.pass_time(seconds)

    @rule(hours=st.sampled_from([-1, 1]))
    def the_clock_jumps(self, hours: int) -> None:
        self.out.clear()
        self.pass_time(3600 * hours)
        self.trusted_from = min(self.trusted_from, self.now)
        assert self.breaker.retry_in_s(self.now) <= 1.2 * POLICY.max_cooldown_s

    def pass_time(self, seconds: float) -> None:
        due, was_open = self.breaker.due, self.breaker.state is OPEN
        self.now += seconds
        self.breaker.advance(self.now)
        if was_open:
            assert (self.breaker.state is OPEN) == (self.now < due)
        self.note()

    @rule()
    def one_is_sent(self) -> None:
        self.breaker.sent()
        self.out.append(self.now)
        self.note()
        if self.breaker.state is PROBING:
            assert self.breaker.share == 0.0, "only one is sent to see"

    @precondition(lambda self: self.out)
    @rule(newest=st.booleans())
    def one_is_answered(self, newest: bool) -> None:
        sent_at = self.out.pop(-1 if newest else 0)
        was = self.breaker.state
        self.breaker.answered(self.now, sent_at)
        if was in (OPEN, PROBING):
            assert (self.breaker.state is RAMPING) == (sent_at >= self.trusted_from)
        if was is CLOSED:
            self.history.append((self.now, True))
            assert self.breaker.state is CLOSED
        self.note()

    @precondition(lambda self: self.out)
    @rule(newest=st.booleans(), chance=st.floats(0, 1), unreachable=st.booleans())
    def one_fails(self, newest: bool, chance: float, unreachable: bool) -> None:
        sent_at = self.out.pop(-1 if newest else 0)
        was = self.breaker.state
        counts = was is not OPEN and sent_at >= self.trusted_from
        if was is CLOSED and counts:
            self.history.append((self.now, False))
        expected = OPEN if counts and (was is not CLOSED or self.gives_up()) else was
        self.breaker.failed(self.now, sent_at, chance, unreachable=unreachable)
        assert self.breaker.state is expected
        if was is not OPEN and expected is OPEN:
            again = was is not CLOSED
            self.cooldown_s = min(2 * self.cooldown_s, POLICY.max_cooldown_s) if again else POLICY.cooldown_s
            wanted = self.cooldown_s * (1 + POLICY.jitter * chance)
            assert self.breaker.retry_in_s(self.now) == pytest.approx(wanted)
        self.note()

    @precondition(lambda self: self.out)
    @rule()
    def one_caller_leaves(self) -> None:
        self.out.pop()
        self.breaker.left()
        self.note()

    @rule(seconds=st.floats(0.1, 500))
    def somebody_else_has_found_it_failing(self, seconds: float) -> None:
        was = self.breaker.state
        self.breaker.leave_alone(self.now, seconds)
        if was is PROBING:
            assert self.breaker.state is PROBING, "it finds out by itself"
        else:
            assert self.breaker.state is OPEN
            assert self.breaker.retry_in_s(self.now) == pytest.approx(seconds)
            self.trusted_from = self.now
        self.note()

    @rule()
    def somebody_is_there(self) -> None:
        self.breaker.reached(self.now)
        self.note()

    def gives_up(self) -> bool:
        failures = [place for place, (_, well) in enumerate(self.history) if not well][-MAX_FAILURES_REMEMBERED:]
        recent = [place for place in failures if self.now - self.history[place][0] <= POLICY.window_s]
        answers = sum(well for _, well in self.history[recent[0] :])
        return len(recent) >= POLICY.failures and len(recent) >= POLICY.error_ratio * (len(recent) + answers)

    def note(self) -> None:
        state = self.breaker.state
        if state is not self.states[-1]:
            self.states.append(state)
            self.shares.clear()
            self.history.clear()
            if state in (OPEN, PROBING):
                self.trusted_from = self.now
            if state is CLOSED:
                self.cooldown_s = POLICY.cooldown_s
        self.shares.append(self.breaker.share)

    @invariant()
    def every_move_is_in_the_table(self) -> None:
        moves = {(before, after) for (before, _), after in STEP.items()}
        assert set(pairwise(self.states)) <= moves

    @invariant()
    def the_share_is_that_of_the_state(self) -> None:
        allowed = {CLOSED: (1.0,), OPEN: (0.0,), PROBING: (0.0, 1.0), RAMPING: POLICY.ramp}
        assert self.breaker.share in allowed[self.breaker.state]
        if self.breaker.state is RAMPING:
            assert self.shares == sorted(self.shares), "it only grows"


BreakerMachine.TestCase.settings = settings(max_examples=300, stateful_step_count=60, deadline=None)
TestAgainstAModel = BreakerMachine.TestCase
