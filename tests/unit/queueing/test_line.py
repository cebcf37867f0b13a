"""Who is next: levels, age, fair turns, deadlines; against a slow and plain model of the same rules."""

import random
from collections import Counter
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_dashboard.queueing.line import RISEN, RISEN_EVERY, Line, LineFull, Ticket
from ai_dashboard.queueing.priority import TOP, Priority, promoted_at


def ticket(
    name: str, priority: Priority = Priority.NORMAL, since: float = 0.0, tenant: str = "", **more: float
) -> Ticket:
    return Ticket(name, "m", priority, since, tenant, **more)


def line_of(*tickets: Ticket, max_size: int = 1000) -> Line:
    line = Line(max_size, age_boost_s=30)
    for it in tickets:
        line.join(it)
    return line


def served(line: Line, now: float) -> str:
    names = ""
    while (it := line.next(now)) is not None:
        names += it.id
    return names


def test_the_most_urgent_is_next_and_among_equals_whoever_came_first() -> None:
    line = line_of(
        ticket("a", Priority.BULK), ticket("b"), ticket("c", Priority.CRITICAL), ticket("d"), ticket("e", Priority.LOW)
    )
    assert line.depths() == {"CRITICAL": 1, "HIGH": 0, "NORMAL": 2, "LOW": 1, "BULK": 1}
    assert served(line, 0) == "cbdea"
    assert len(line) == 0


@pytest.mark.parametrize(("now", "order"), [(29, "ba"), (59, "ba"), (60, "ab"), (200, "ab")])
def test_waiting_raises_a_request_one_level_every_30_seconds(now: float, order: str) -> None:
    line = line_of(ticket("a", Priority.BULK, 0))
    line.join(ticket("b", Priority.NORMAL, now))
    assert served(line, now) == order


def test_what_has_risen_to_the_top_gets_one_turn_in_four_there() -> None:
    line = line_of(*(ticket("a", Priority.BULK, 0) for _ in range(4)))
    for _ in range(9):
        line.join(ticket("c", Priority.CRITICAL, 120))
    line.join(ticket("h", Priority.HIGH, 120))
    assert line.depths()["CRITICAL"] == 9
    assert served(line, 120) == "cccacccacccaah"


def test_a_line_knows_when_the_first_is_overdue_how_high_somebody_has_risen_and_whether_one_is_critical() -> None:
    line = line_of()
    assert (line.due(), line.top(0), line.urgent) == (inf, 0, False)
    line = line_of(ticket("a", Priority.NORMAL, 0), ticket("b", Priority.LOW, 0))
    assert (line.due(), line.top(29), line.top(31), line.urgent) == (60, Priority.NORMAL, Priority.HIGH, False)
    hurried = ticket("c", Priority.BULK, 0, deadline=50.0)
    line.join(hurried)
    assert line.due() == 25
    line.leave(hurried)
    assert (line.due(), line.top(60), line.urgent) == (60, RISEN, False)
    line.join(ticket("d", Priority.CRITICAL, 10))
    assert (line.due(), line.urgent) == (10, True)


def test_tenants_take_turns_whoever_asks_most() -> None:
    greedy = [ticket("g", tenant="greedy") for _ in range(6)]
    modest = [ticket("m", tenant="modest") for _ in range(3)]
    assert served(line_of(*greedy, *modest), 0) == "gmgmgmggg"


def test_a_tenant_with_twice_the_weight_is_served_twice_as_often() -> None:
    heavy = [ticket("h", tenant="heavy", weight=2.0) for _ in range(300)]
    light = [ticket("l", tenant="light") for _ in range(300)]
    assert Counter(served(line_of(*heavy, *light), 0)[:300]) == {"h": 200, "l": 100}


def test_a_tenant_that_was_away_is_not_owed_for_it() -> None:
    line = line_of(*(ticket("a", tenant="a") for _ in range(20)))
    assert [line.next(0) is not None for _ in range(10)] == [True] * 10
    for _ in range(5):
        line.join(ticket("b", tenant="b"))
    assert served(line, 0) == "bababababaaaaaa"


def test_one_past_its_deadline_is_never_served_and_is_told_of_once() -> None:
    line = line_of(ticket("a", deadline=5.0), ticket("b", deadline=10.0), ticket("c"))
    assert line.expires_at() == 5.0
    assert [it.id for it in line.expire(5.0)] == ["a"]
    assert line.expire(9.9) == []
    assert line.expires_at() == 10.0
    assert served(line, 12.0) == "c"


def test_a_level_that_is_full_refuses_and_says_how_many_are_ahead() -> None:
    line = line_of(ticket("a"), ticket("b"), ticket("c", Priority.HIGH), max_size=2)
    with pytest.raises(LineFull) as refused:
        line.join(ticket("d"))
    assert refused.value.ahead == 3
    line.join(ticket("e", Priority.BULK))
    assert len(line) == 4


def test_those_that_leave_leave_nothing_behind() -> None:
    line = line_of(ticket("z"))
    for at in range(5000):
        gone = ticket("a", since=float(at), tenant=f"t{at % 7}", deadline=at + 100.0)
        line.join(gone)
        line.leave(gone)
        line.leave(gone)
    assert len(line) == 1
    assert len(line._deadlines) + len(line._promotions) < 300
    assert [it.id for it in line] == ["z"]
    assert served(line, 0) == "z"


def day(line: Line, service_s: float, crowded: bool) -> tuple[dict[Priority, list[float]], float]:
    """How long each of ten thousand requests of a day waits, and how long the last would in a line without levels."""
    chance = random.Random(7)
    hours = [(0.0, 82_800.0)] * 9_000 + [(36_000.0, 39_600.0) if crowded else (0.0, 82_800.0)] * 1_000
    arrivals = sorted(chance.uniform(*hour) for hour in hours)
    weights = dict(zip(Priority, (40, 20, 25, 10, 5), strict=True))
    waits: dict[Priority, list[float]] = {priority: [] for priority in Priority}
    came, now, plain = 0, 0.0, 0.0
    while came < len(arrivals) or len(line):
        now += service_s
        while came < len(arrivals) and arrivals[came] <= now:
            priority = chance.choices(list(weights), weights=list(weights.values()))[0]
            line.join(ticket(str(came), priority, arrivals[came], tenant=f"t{came % 5}"))
            plain = max(plain, len(line) * service_s)
            came += 1
        if (it := line.next(now)) is not None:
            waits[it.priority].append(now - it.since)
    assert sum(map(len, waits.values())) == 10_000
    return waits, plain


def test_on_a_busy_day_the_more_urgent_wait_less() -> None:
    waits, _ = day(Line(100_000, age_boost_s=30), service_s=7.0, crowded=False)
    means = {priority: sum(them) / len(them) for priority, them in waits.items()}
    assert sorted(means, key=means.__getitem__, reverse=True) == sorted(Priority)


def test_nothing_starves_and_the_critical_wait_least_on_a_day_with_an_hour_of_twice_what_can_be_served() -> None:
    waits, plain = day(Line(100_000, age_boost_s=30), service_s=8.0, crowded=True)
    means = {priority: sum(them) / len(them) for priority, them in waits.items()}
    assert min(means, key=means.__getitem__) is Priority.CRITICAL
    assert max(waits[Priority.CRITICAL]) < 60
    # Whoever waits longest waits hardly longer than if all had been served in the order in which they came.
    assert max(max(them) for them in waits.values()) < 1.1 * plain + 4 * 30


# ── against a plain model ────────────────────────────────────────────────────────────────────────────────────────────

steps = st.lists(
    st.one_of(
        st.tuples(st.just("join"), st.sampled_from(Priority), st.none() | st.floats(0, 100)),
        st.tuples(st.just("wait"), st.floats(0, 50), st.none()),
        st.tuples(st.just("next"), st.none(), st.none()),
        st.tuples(st.just("leave"), st.integers(0, 20), st.none()),
        st.tuples(st.just("expire"), st.none(), st.none()),
    ),
    max_size=60,
)


@given(steps)
@settings(max_examples=300, deadline=None)
def test_it_does_what_sorting_all_of_them_each_time_would(
    steps: list[tuple[str, object, float | None]],
) -> None:
    line, model = Line(10, 30), list[Ticket]()
    now, number, turn = 0.0, 0, 0
    for step, value, patience in steps:
        if step == "join" and isinstance(value, Priority):
            number += 1
            it = ticket(str(number), value, now, deadline=None if patience is None else now + patience)  # type: ignore[arg-type]
            try:
                line.join(it)
                model.append(it)
            except LineFull:
                level = [them for them in model if level_at(them, now) == value or them.level == value]
                assert len(level) >= 10
        elif step == "wait" and isinstance(value, float):
            now += value
        elif step == "leave" and isinstance(value, int):
            if value < len(model):
                line.leave(model.pop(value))
        elif step == "expire":
            gone = {it.id for it in line.expire(now)}
            assert gone == {it.id for it in model if it.expired(now)}
            model = [it for it in model if not it.expired(now)]
        elif step == "next":
            well = [it for it in model if not it.expired(now)]
            first = (RISEN, TOP) if turn % RISEN_EVERY == RISEN_EVERY - 1 else (TOP, RISEN)
            ranks = {**dict(zip(first, (-6, -5), strict=True)), **{level: -level for level in range(TOP)}}
            expected = min(well, key=lambda it: (ranks[level_at(it, now)], it.since, int(it.id)), default=None)
            turn += expected is not None and level_at(expected, now) >= TOP
            got = line.next(now)
            assert (got.id if got else None) == (expected.id if expected else None)
            model = [it for it in model if it.waiting]
        assert len(line) == sum(it.waiting for it in model) == len(model)
        assert {it.id for it in line} == {it.id for it in model}
        assert sum(line.depths().values()) == len(line)
        assert line.oldest() == min((it.since for it in model), default=None)


def level_at(it: Ticket, now: float) -> int:
    level = int(it.priority)
    while (at := promoted_at(it.since, it.priority, level, 30)) is not None and at <= now:
        level = level + 1 if level + 1 < TOP else RISEN
    return level
