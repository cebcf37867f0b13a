"""Gateways that go by each other's answers, without Redis and in simulated time."""

import random
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.shared_averages import HALVES_S, MAX_TOLD, REMEMBERED_S, SharedAverages
from ai_dashboard.gateway.shared_notes import Findings, Found, ProviderNote, decode, encode
from ai_dashboard.routing.averages import Averages
from tests.unit.gateway.hands import Hands, configured

AHEAD_S = 1.7e9


class Member:
    """One gateway: how its model `m` at `p` answers, and what it makes of the others."""

    def __init__(self, name: str, hands: Hands) -> None:
        self.name = name
        self.runtime = Runtime(clock=hands, new_id=lambda: "id", chance=random.Random(1))
        self.runtime.adopt(configured())
        self.shared = SharedAverages(self.runtime)

    def averages(self, model: str = "m") -> Averages:
        return self.runtime.provider("p").asked_for(model, self.runtime.breaker_policy).averages

    def answered(self, seconds: float, times: int = 1, model: str = "m") -> None:
        self.averages(model).answered([(seconds, seconds / 10, 9)] * times)


class Town:
    """Gateways that hear of each other as notes are sent."""

    def __init__(self, names: str) -> None:
        self.hands = Hands()
        self.members = {name: Member(name, self.hands) for name in names}

    @property
    def now(self) -> float:
        return self.hands.now + AHEAD_S

    def told(self, member: Member) -> Mapping[str, Findings]:
        member.shared.look(self.now)
        note = decode(encode({"p": ProviderNote(findings=member.shared.said("p", self.now))}))
        assert note is not None
        return note["p"].findings if "p" in note else {}

    def talk(self) -> None:
        said = {name: self.told(member) for name, member in self.members.items()}
        for member in self.members.values():
            for name, findings in said.items():
                if name != member.name:
                    member.shared.hear(name, member.runtime.provider("p"), findings)
            member.shared.look(self.now)


def test_one_that_has_just_started_goes_by_the_others() -> None:
    town = Town("ab")
    town.members["a"].answered(2.0, 30)
    town.members["a"].averages().failed()
    town.talk()
    target = town.members["b"].runtime.provider("p").targets["m"]
    assert target.ewma_total_s == pytest.approx(2.0)
    assert target.ewma_ttft_s == pytest.approx(0.2)
    assert target.success_ratio == pytest.approx(0.9)
    assert target.load_s is None
    assert town.told(town.members["b"]) == {}, "what it was told is not told again"


def test_who_was_answered_more_often_has_more_to_say() -> None:
    town = Town("ab")
    town.members["a"].answered(1.0, 300)
    town.members["b"].answered(4.0, 100)
    town.talk()
    for member in town.members.values():
        assert member.averages().total_s == pytest.approx(1.75)
        assert member.averages().ttft_s == pytest.approx(0.175)
    assert [member.averages().all[1].own for member in town.members.values()] == [1.0, 4.0]


def test_what_is_old_fades_beside_what_is_new() -> None:
    town = Town("ab")
    town.members["a"].answered(1.0, 100)
    town.talk()
    town.hands.now += 2 * HALVES_S
    town.members["b"].answered(2.0, 75)
    town.talk()
    assert town.members["a"].averages().total_s == pytest.approx(1.75)
    assert town.members["b"].averages().total_s == pytest.approx(1.75)
    town.hands.now += 8 * HALVES_S
    town.members["b"].answered(2.0)
    town.talk()
    assert town.members["a"].averages().total_s == pytest.approx(1.9, abs=0.04)


def test_what_a_gateway_said_that_is_gone_fades_and_is_forgotten() -> None:
    town = Town("abc")
    town.members["a"].answered(9.0, 100)
    town.talk()
    del town.members["a"]
    town.hands.now += REMEMBERED_S / 2
    town.talk()
    assert town.members["c"].averages().total_s == pytest.approx(9.0), "nobody knows better yet"
    town.members["b"].answered(1.0)
    town.talk()
    assert [it.averages().total_s for it in town.members.values()] == pytest.approx([1.0, 1.0], rel=0.001)
    town.hands.now += REMEMBERED_S / 2
    town.members["b"].answered(1.0)
    town.talk()
    assert town.members["c"].averages().total_s == 1.0


def test_new_answers_count_before_gateways_talk_again() -> None:
    town = Town("ab")
    town.members["a"].answered(1.0, 100)
    town.members["b"].answered(1.0, 100)
    town.talk()
    before = town.members["b"].averages().total_s or 0.0
    town.members["b"].answered(5.0)
    assert before < (town.members["b"].averages().total_s or 0.0) < before + 4


def test_of_many_models_those_that_answered_last_are_told_and_silence_is_no_news() -> None:
    town = Town("ab")
    for number in range(MAX_TOLD + 5):
        town.members["a"].answered(1.0, model=f"m{number}")
        town.told(town.members["a"])
        town.hands.now += 1
    told = town.told(town.members["a"])
    assert set(told) == {f"m{number}" for number in range(5, MAX_TOLD + 5)}
    town.hands.now += 60
    assert town.told(town.members["a"]) == told
    town.hands.now += REMEMBERED_S
    assert town.told(town.members["a"]) == {}


def test_a_note_of_an_earlier_version_with_fewer_averages_is_understood() -> None:
    town = Town("a")
    member = town.members["a"]
    said = {"m": Findings(town.now, (Found(0.5, 10.0),))}
    member.shared.hear("old", member.runtime.provider("p"), said)
    member.shared.look(town.now)
    assert (member.averages().ttft_s, member.averages().total_s) == (0.5, None)


answers = st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.01, 100), st.integers(1, 50)), min_size=1, max_size=12)


@given(answers)
def test_all_come_to_the_same_and_it_lies_between_what_each_found(given_: list[tuple[str, float, int]]) -> None:
    town = Town("abc")
    for name, seconds, times in given_:
        town.members[name].answered(seconds, times)
        town.hands.now += 7
        town.talk()
    totals = [member.averages().total_s for member in town.members.values()]
    found = [own for member in town.members.values() if (own := member.averages().all[1].own) is not None]
    assert totals == pytest.approx([totals[0]] * 3, rel=1e-3)
    assert totals[0] is not None
    assert min(found) * 0.999 <= totals[0] <= max(found) * 1.001
