"""Visits repeat with their seed, arrive at the rate that was asked for, and want what the demo can show."""

from collections import Counter
from itertools import islice
from statistics import median

import pytest

from ai_dashboard.demo.catalogue import PROVIDERS
from ai_dashboard.demo.visits import (
    LEAVE_CHANCE,
    STREAM_CHANCE,
    SURE_CHANCE,
    UNKNOWN,
    UNKNOWN_CHANCE,
    WANTED,
    Visit,
    visits,
)

COUNT = 20_000


@pytest.fixture(scope="module")
def crowd() -> list[Visit]:
    return list(islice(visits(1, 3.0), COUNT))


def test_the_same_seed_gives_the_same_visits(crowd: list[Visit]) -> None:
    assert list(islice(visits(1, 3.0), 200)) == crowd[:200]
    assert list(islice(visits(2, 3.0), 200)) != crowd[:200]


def test_arrivals_keep_their_rate_and_come_in_bursts(crowd: list[Visit]) -> None:
    rate = COUNT / sum(visit.pause_s for visit in crowd)
    assert 3.0 < rate < 4.0
    ten_in_a_row = [sum(visit.pause_s for visit in crowd[at : at + 10]) for at in range(0, COUNT, 10)]
    assert min(ten_in_a_row) < 0.6 < 2.0 < median(ten_in_a_row)


def test_models_are_asked_for_in_proportion(crowd: list[Visit]) -> None:
    asked = Counter(visit.body["model"] for visit in crowd)
    assert asked.keys() == {*WANTED, *UNKNOWN}
    assert sum(asked[model] for model in UNKNOWN) / COUNT == pytest.approx(UNKNOWN_CHANCE, abs=0.003)
    for model, weight in WANTED.items():
        assert asked[model] / COUNT == pytest.approx(weight / sum(WANTED.values()), abs=0.015)


def test_every_model_of_the_demo_is_asked_for_and_the_unknown_are_unknown() -> None:
    served = {model.name for provider in PROVIDERS for model in provider.models}
    assert served < WANTED.keys()
    assert not served & set(UNKNOWN)


def test_streams_and_early_leavers(crowd: list[Visit]) -> None:
    streams = [visit for visit in crowd if visit.body.get("stream")]
    leavers = [visit for visit in crowd if visit.leaves_after]
    assert len(streams) / COUNT == pytest.approx(STREAM_CHANCE, abs=0.01)
    assert len(leavers) / COUNT == pytest.approx(LEAVE_CHANCE, abs=0.005)
    assert all(visit.body.get("stream") for visit in leavers)
    assert all("stream_options" not in visit.body for visit in crowd if not visit.body.get("stream"))


def test_some_want_the_same_answer_each_time(crowd: list[Visit]) -> None:
    sure = sum(visit.body.get("temperature") == 0 for visit in crowd)
    assert sure / COUNT == pytest.approx(SURE_CHANCE, abs=0.01)


def test_questions_about_the_weather_bring_a_tool(crowd: list[Visit]) -> None:
    for visit in crowd:
        assert ("tools" in visit.body) is ("weather" in visit.body["messages"][0]["content"])
