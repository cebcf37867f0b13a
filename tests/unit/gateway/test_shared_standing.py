"""Gateways that tell each other of their providers, without Redis and in simulated time."""

import random
from collections.abc import Callable
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.config.load import Config
from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.core.errors import UpstreamError, UpstreamRateLimited, UpstreamRefusedKey
from ai_dashboard.core.snapshot import BreakerState, Health
from ai_dashboard.gateway.generation import build_generation
from ai_dashboard.gateway.operations import wish
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.shared_notes import Note, decode, encode
from ai_dashboard.gateway.shared_standing import HOLD_S, SharedStanding, identities
from tests.unit.gateway.hands import Hands, begin, breaker, configured, fail, succeed

REDIS_AHEAD_S = 1.7e9
COOLDOWN_S = 10.0
TALK_S = 0.25

OPEN, PROBING, RAMPING, CLOSED = BreakerState.OPEN, BreakerState.PROBING, BreakerState.RAMPING, BreakerState.CLOSED


class Shifted:
    """The same hands on a clock that began at another time."""

    def __init__(self, hands: Hands, by: float) -> None:
        self._hands, self.by = hands, by

    def monotonic(self) -> float:
        return self._hands.now + self.by

    def wall(self) -> float:
        return self._hands.wall()


class Member:
    """One gateway of a town."""

    def __init__(self, name: str, hands: Hands, seed: int) -> None:
        clock = Shifted(hands, 1000.0 * seed)
        self.name = name
        self.ahead_s = REDIS_AHEAD_S - clock.by
        self.runtime = Runtime(clock=clock, new_id=lambda: "id", chance=random.Random(seed))
        policy = {"failures": 1, "cooldown_s": COOLDOWN_S, "ramp": [0.5], "ramp_step_s": 1}
        generation = build_generation(1, configured(breaker=policy))
        self.runtime.adopt(generation.config)
        self.shared = SharedStanding(name, self.runtime, random.Random(seed))
        self.shared.adopt(generation)

    @property
    def state(self) -> BreakerState:
        return breaker(self.runtime)


class Town:
    """Gateways, the notes that Redis has of them, and one clock for all."""

    def __init__(self, count: int = 3) -> None:
        self.hands = Hands()
        self.members = [Member(f"g{number}", self.hands, number) for number in range(count)]
        self.notes: dict[str, bytes] = {}

    def talk(self) -> None:
        for member in self.members:
            self.notes[member.name] = encode(member.shared.note(member.ahead_s))
            others = {name: decode(note) for name, note in self.notes.items() if name != member.name}
            heard: dict[str, Note] = {name: note for name, note in others.items() if note is not None}
            member.shared.merge(heard, member.ahead_s)

    def pass_by(self, seconds: float, step_s: float = TALK_S) -> None:
        for _ in range(round(seconds / step_s)):
            self.hands.now += step_s
            self.talk()

    def leave(self, member: Member) -> None:
        self.members.remove(member)
        self.notes.pop(member.name, None)

    @property
    def states(self) -> list[BreakerState]:
        return [member.state for member in self.members]


@pytest.fixture
def town() -> Town:
    return Town()


def test_a_breaker_that_opens_once_opens_everywhere_for_as_long_as_it_has_left(town: Town) -> None:
    first, second, third = town.members
    fail(first.runtime)
    town.hands.now += 4
    town.talk()
    town.talk()
    assert town.states == [OPEN, OPEN, OPEN]
    left_s = first.runtime.provider("p").targets["m"].retry_in_s
    for member in (second, third):
        (target,) = member.runtime.provider("p").targets.values()
        assert left_s + HOLD_S <= target.retry_in_s <= left_s + 2 * HOLD_S + 0.02
        assert target.reason == "boom"


def test_only_the_first_tries_again_and_all_come_back_when_it_is_answered(town: Town) -> None:
    first = town.members[0]
    fail(first.runtime)
    town.talk()
    town.pass_by(1.2 * COOLDOWN_S)
    assert town.states == [PROBING, OPEN, OPEN]
    attempt = begin(first.runtime)
    town.pass_by(5)
    assert town.states == [PROBING, OPEN, OPEN], "while it is not known how that ended nobody else tries"
    first.runtime.attempt_answers(attempt)
    town.talk()
    assert town.states == [RAMPING, RAMPING, RAMPING]
    town.pass_by(2)
    assert town.states == [CLOSED, CLOSED, CLOSED]


def test_when_trying_again_fails_all_wait_as_long_as_it_does(town: Town) -> None:
    first, second, _ = town.members
    fail(first.runtime)
    town.talk()
    town.pass_by(1.2 * COOLDOWN_S)
    fail(first.runtime)
    town.talk()
    assert town.states == [OPEN, OPEN, OPEN]
    assert second.runtime.provider("p").targets["m"].retry_in_s > 2 * COOLDOWN_S


def test_where_nobody_asks_the_first_the_others_try_themselves(town: Town) -> None:
    fail(town.members[0].runtime)
    town.talk()
    town.pass_by(1.2 * COOLDOWN_S + 2 * HOLD_S)
    assert town.states == [PROBING, PROBING, PROBING]


def test_of_several_that_opened_by_themselves_the_first_to_try_again_does_so_for_all(town: Town) -> None:
    for member in town.members:
        fail(member.runtime)
    town.talk()
    town.talk()
    waits = [member.runtime.provider("p").targets["m"].retry_in_s for member in town.members]
    leader = town.members[waits.index(min(waits))]
    town.pass_by(min(waits) + TALK_S)
    assert [member for member in town.members if member.state is PROBING] == [leader]
    succeed(leader.runtime)
    town.talk()
    town.talk()
    assert OPEN not in town.states
    town.pass_by(2)
    assert town.states == [CLOSED, CLOSED, CLOSED], "what the others had found out before is settled with that"


def test_whose_word_is_waited_for_may_leave(town: Town) -> None:
    leader, *others = town.members
    fail(leader.runtime)
    town.talk()
    town.leave(leader)
    town.pass_by(1.2 * COOLDOWN_S + 2 * HOLD_S)
    assert PROBING in town.states
    tried = next(member for member in others if member.state is PROBING)
    succeed(tried.runtime)
    assert tried.state is CLOSED
    town.talk()
    assert OPEN not in town.states


def test_what_was_reset_by_hand_stays_so_and_opens_for_a_new_reason(town: Town) -> None:
    first, second, third = town.members
    fail(first.runtime)
    town.talk()
    second.runtime.reset("p")
    town.pass_by(2)
    assert town.states == [OPEN, CLOSED, OPEN]
    fail(third.runtime)  # nobody else was left: it says nothing new, since it is open
    town.pass_by(1)
    assert second.state is CLOSED
    fail(second.runtime)
    assert second.state is OPEN


def test_a_cooldown_is_taken_over_and_never_shortened(town: Town) -> None:
    first, second, third = town.members
    fail(second.runtime, UpstreamRateLimited("slow down", retry_after_s=100))
    fail(first.runtime, UpstreamRateLimited("slow down", retry_after_s=10))
    town.talk()
    town.talk()
    for member in town.members:
        member.runtime.look()
        assert member.runtime.provider("p").cooldown_s >= 100
    third.runtime.reset("p")
    town.pass_by(1)
    assert third.runtime.provider("p").cooldown_s == 0


def test_a_cooldown_does_not_grow_by_being_told_around(town: Town) -> None:
    fail(town.members[0].runtime, UpstreamRateLimited("slow down", retry_after_s=20))
    town.talk()
    town.pass_by(10)
    for member in town.members:
        assert member.runtime.provider("p").cooldown_s <= 20 * 1.2 - 10 + 0.02
    town.pass_by(15)
    for member in town.members:
        member.runtime.look()
        assert member.runtime.provider("p").cooldown_s == 0


def test_a_refused_key_is_known_to_all_until_a_check_finds_it_well(town: Town) -> None:
    first, second, _ = town.members
    fail(first.runtime, UpstreamRefusedKey("no such key"))
    town.talk()
    assert {member.runtime.provider("p").health for member in town.members} == {Health.AUTH_FAILED}
    second.runtime.check_passed("p", ("m",))
    town.pass_by(1)
    assert second.runtime.provider("p").health is Health.ACTIVE


def test_an_operators_word_stands_above_what_others_say(town: Town) -> None:
    first, second, _ = town.members
    second.runtime.disable("p")
    fail(first.runtime, UpstreamRefusedKey("no such key"))
    town.talk()
    assert second.runtime.provider("p").health is Health.DISABLED


def test_what_an_operator_wants_holds_for_all_and_for_those_who_come_later(town: Town) -> None:
    first, second, _ = town.members
    first.runtime.drain("p")
    town.pass_by(1)
    assert [wish(member.runtime.provider("p")) for member in town.members] == ["drained"] * 3
    second.runtime.disable("p")
    town.pass_by(1)
    town.leave(second)
    late = Member("late", town.hands, 7)
    town.members.append(late)
    town.pass_by(1)
    assert [wish(member.runtime.provider("p")) for member in town.members] == ["disabled"] * 3
    late.runtime.enable("p")
    town.pass_by(1)
    assert [wish(member.runtime.provider("p")) for member in town.members] == [None] * 3


def test_of_two_operators_the_later_one_is_heard(town: Town) -> None:
    first, second, _ = town.members
    first.runtime.drain("p")
    town.talk()
    second.runtime.enable("p")
    town.hands.now += 1
    first.runtime.disable("p")
    town.pass_by(1)
    assert [wish(member.runtime.provider("p")) for member in town.members] == ["disabled"] * 3


def test_requests_of_the_others_count_and_are_forgotten_with_them(town: Town) -> None:
    first, second, _ = town.members
    for _ in range(3):
        begin(first.runtime)
    begin(second.runtime)
    town.talk()
    town.talk()
    assert [member.runtime.provider("p").in_flight for member in town.members] == [4, 4, 4]
    assert [member.runtime.provider("p").begun for member in town.members] == [3, 1, 0]
    town.leave(first)
    town.talk()
    assert [member.runtime.provider("p").in_flight for member in town.members] == [1, 1]


@pytest.mark.parametrize(("gateways", "elsewhere"), [(1, 0), (2, 2), (3, 3), (9, 3)])
def test_alone_each_keeps_to_its_share_of_what_is_limited(town: Town, gateways: int, elsewhere: int) -> None:
    state = town.members[0].runtime.provider("p")
    town.members[0].shared.alone(gateways)
    assert (state.elsewhere, state.in_flight, state.capacity) == (elsewhere, elsewhere, 4)


def test_a_provider_that_is_gone_from_the_configuration_is_let_go_of(town: Town) -> None:
    first, second, _ = town.members
    begin(first.runtime)
    town.talk()
    town.talk()
    nothing = Config(MappingProxyType({}), Mappings(), GatewaySettings(), "a test")
    generation = build_generation(2, nothing)
    second.runtime.adopt(generation.config)
    second.shared.adopt(generation)
    second.runtime.adopt(generation.config)
    assert "p" not in second.runtime.providers
    town.talk()


def identity(**entry: object) -> str:
    written = {
        "type": "openai_compatible",
        "base_url": "http://10.0.0.7:8001",
        "api_key": "one",
        "models": ["m"],
    } | entry
    providers = ProvidersFile.model_validate({"providers": {"p": written}}).providers
    config = Config(MappingProxyType(providers), Mappings(), GatewaySettings(), "a test")
    return identities(build_generation(1, config))["p"]


def test_only_the_same_server_with_the_same_key_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    assert identity() == identity()
    assert len({identity(), identity(api_key="two"), identity(base_url="http://10.0.0.8:8001")}) == 3
    here = identity(base_url="http://127.0.0.1:8001")
    remote = identity()
    monkeypatch.setattr("ai_dashboard.gateway.shared_standing.node", lambda: "another-machine")
    assert identity(base_url="http://127.0.0.1:8001") != here
    assert identity() == remote
    assert "one" not in identity()


Deed = tuple[int, str]
deeds = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["fail", "succeed", "reset", "wait", "cool"])), max_size=30
)


@given(deeds)
def test_whatever_happens_all_are_well_again_some_time_after_the_last_failure(done: list[Deed]) -> None:
    town = Town()
    act: dict[str, Callable[[Member], object]] = {
        "fail": lambda member: fail(member.runtime, UpstreamError("boom")),
        "succeed": lambda member: succeed(member.runtime),
        "reset": lambda member: member.runtime.reset("p"),
        "wait": lambda _: town.pass_by(3, 0.5),
        "cool": lambda member: fail(member.runtime, UpstreamRateLimited("slow down", retry_after_s=2)),
    }
    for who, deed in done:
        act[deed](town.members[who])
        town.talk()
    town.pass_by(30, 1.0)
    for _ in range(3):
        town.pass_by(5000, 500.0)  # longer than any breaker stays open after so many failures
        for member in town.members:
            if member.state in {PROBING, RAMPING, CLOSED}:
                succeed(member.runtime)
    town.pass_by(10)
    assert town.states == [CLOSED, CLOSED, CLOSED]
    assert all(member.runtime.provider("p").cooldown_s == 0 for member in town.members)
