"""Batches by model, and nobody waits for ever: steps as tables, then whole days of a simulated server."""

import heapq
from dataclasses import dataclass, field
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.routing.swaps import ANY, URGENT, Batch, Engine, Step, Swap, before, planned, step, takes

TURN_S, PATIENCE_S = 10.0, 20.0
A = Engine({"a": 3.0})
BUSY = Engine({"a": 3.0}, {"a": 1})
TWO = Engine({"a": 3.0, "b": 4.0}, {"b": 1}, room=2)


def waiting(*written: str) -> list[Batch]:
    """`a2@5`: two wait for model a, and the first of them is overdue at 5; `!` one of them is critical, `+` urgent by
    its level."""
    parts = [text.rstrip("!+").partition("@") for text in written]
    return [
        Batch(name[0], int(name[1:]), float(due), 3 if "+" in text else 2, "!" in text)
        for text, (name, _, due) in zip(written, parts, strict=True)
    ]


@pytest.mark.parametrize(
    ("engine", "queue", "now", "wanted"),
    [
        (Engine({}), [], 5, Step({})),
        (Engine({}), ["a1@9"], 5, Step({}, "a")),
        # What is loaded is served at once, and while it is wanted nothing takes its place.
        (A, ["a2@9"], 6, Step({"a": ANY})),
        (A, ["a1@9", "b1@8"], 6, Step({"a": ANY})),
        (BUSY, ["b1@8"], 6, Step({"a": ANY})),
        # Nobody uses it: it makes room, for the most urgent, the largest, the oldest batch.
        (A, ["b1@9"], 6, Step({"a": ANY}, "b", "a")),
        (A, ["b1@8", "c2@9"], 6, Step({"a": ANY}, "c", "a")),
        (A, ["b1@8+", "c2@9"], 6, Step({"a": ANY}, "b", "a")),
        (A, ["c1@9", "b1@8"], 6, Step({"a": ANY}, "b", "a")),
        # Somebody is overdue: what is loaded has its turn still, and then nobody of it begins any more.
        (A, ["a1@99", "b1@8"], 12, Step({"a": ANY})),
        (A, ["a1@99", "b1@8"], 13, Step({}, "b", "a")),
        (BUSY, ["a1@99", "b1@8"], 13, Step({})),
        # Of several that are overdue, the one that was loaded longest ago; a large batch that is not has to wait.
        (A, ["c9@99", "b1@9"], 13, Step({}, "b", "a")),
        (Engine({"a": 3.0}, before={"b": 2.0, "c": 1.0}), ["b1@8", "c1@9"], 13, Step({}, "c", "a")),
        (Engine({"a": 3.0}, before={"b": 2.0}), ["b1@8", "c1@9"], 13, Step({}, "c", "a")),
        # The critical wait for what runs, and for the critical of the model that is there.
        (BUSY, ["a1@99", "b1@5!"], 6, Step({"a": URGENT})),
        (A, ["a1@99", "b1@5!"], 6, Step({"a": URGENT}, "b", "a")),
        (A, ["a1@5!", "b1@5!"], 6, Step({"a": URGENT})),
        (A, ["a1@5!", "b1@5!"], 13, Step({}, "b", "a")),
        # They go before those that are overdue, for a turn.
        (Engine({"a": 3.0}, before={"c": 1.0}), ["b1@8", "c1@13!"], 13, Step({}, "c", "a")),
        (Engine({"a": 3.0}, before={"c": 1.0}), ["b1@8", "c1@13!"], 18, Step({}, "b", "a")),
        # There is room for two.
        (Engine({"a": 3.0}, room=2), ["a1@9", "b1@8"], 6, Step({"a": ANY}, "b")),
        (Engine({"a": 3.0, "b": 4.0}, room=2), ["a1@9", "c1@9"], 6, Step({"a": ANY, "b": ANY}, "c", "b")),
        (TWO, ["a1@9", "c1@9"], 6, Step({"a": ANY, "b": ANY})),
        (TWO, ["a1@99", "c1@9"], 13, Step({"b": ANY}, "c", "a")),
    ],
)
def test_a_step(engine: Engine, queue: list[str], now: float, wanted: Step) -> None:
    assert step(engine, waiting(*queue), now, TURN_S) == wanted


@pytest.mark.parametrize(
    ("model", "urgent", "admitted"),
    [("a", False, True), ("b", False, False), ("b", True, True), ("c", True, False), ("d", False, True)],
)
def test_who_may_begin(model: str, urgent: bool, admitted: bool) -> None:
    assert Step({"a": ANY, "b": URGENT}, "d", "a").admits(model, urgent=urgent) is admitted


@pytest.mark.parametrize(
    ("engine", "queue", "model", "now", "at_once"),
    [
        (A, [], "a", 5, True),
        (A, [], "b", 5, True),
        (BUSY, [], "a", 5, True),
        (BUSY, [], "b", 5, False),
        (A, ["a1@9"], "b", 5, False),
        (BUSY, ["b1@9"], "a", 5, True),
        (BUSY, ["b1@9"], "a", 14, False),
        (BUSY, ["b1@5!"], "a", 6, False),
        (Engine({"a": 3.0}, {"a": 1}, room=2), [], "b", 5, True),
    ],
)
def test_whether_one_that_comes_may_begin_at_once(
    engine: Engine, queue: list[str], model: str, now: float, at_once: bool
) -> None:
    assert takes(engine, waiting(*queue), model, now, TURN_S) is at_once


def test_the_swaps_to_come_can_be_shown() -> None:
    engine = Engine({"a": 1.0, "b": 2.0}, {"a": 1}, room=2)
    queue = waiting("a1@99", "c1@98", "d2@99", "e1@2")
    assert planned(engine, queue, 13, TURN_S) == (Swap("e", "a", 1), Swap("d", "b", 2), Swap("c", "e", 1))
    assert [before(engine, queue, model, 13, TURN_S) for model in "abcdefg"] == [5, 5, 5, 4, 2, 5, 5]
    assert planned(engine, [], 13, TURN_S) == ()


# ── whole days ───────────────────────────────────────────────────────────────────────────────────────────────────────

LOAD_S, SERVE_S = 5.0, 2.0
MODELS = "abcd"


@dataclass
class Server:
    """A server that does what it is told, on a clock of its own. Requests are models, or models with `!`."""

    room: int
    loaded: dict[str, float] = field(default_factory=dict)
    before: dict[str, float] = field(default_factory=dict)
    busy: dict[str, int] = field(default_factory=dict)
    queue: list[tuple[float, int, str]] = field(default_factory=list)
    events: list[tuple[float, int, str]] = field(default_factory=list)
    waited: dict[int, float] = field(default_factory=dict)
    loads: int = 0

    def run(self, arrivals: list[tuple[float, str]]) -> None:
        for number, (at, request) in enumerate(arrivals):
            heapq.heappush(self.events, (at, number, request))
        while self.events:
            now, number, what = heapq.heappop(self.events)
            if number < 0:
                self.busy[what] -= 1
            else:
                self.queue.append((now, number, what))
            while self._one_begins(now):
                pass

    def _one_begins(self, now: float) -> bool:
        engine = Engine(self.loaded, self.busy, self.room, self.before)
        told = step(engine, self._batches(), now, TURN_S)
        allowed = [it for it in self.queue if told.admits(it[2][0], urgent="!" in it[2])]
        if not allowed:
            return False
        at, number, request = min(allowed, key=lambda it: ("!" not in it[2], it[0]))
        self.queue.remove((at, number, request))
        model, ready = request[0], now
        if model not in self.loaded:
            assert model == told.load
            if told.evict is not None:
                assert not self.busy.get(told.evict), "a model goes only when nobody uses it"
                del self.loaded[told.evict]
            assert len(self.loaded) < self.room
            self.loaded[model] = self.before[model] = now
            self.loads += 1
        ready = max(now, self.loaded[model] + LOAD_S)
        self.waited[number] = now - at
        self.busy[model] = self.busy.get(model, 0) + 1
        heapq.heappush(self.events, (ready + SERVE_S, -1 - number, model))
        return True

    def _batches(self) -> list[Batch]:
        found = []
        for model in MODELS:
            its = [(at, "!" in request) for at, _, request in self.queue if request[0] == model]
            if its:
                due = min((at if urgent else at + PATIENCE_S for at, urgent in its), default=inf)
                found.append(Batch(model, len(its), due, 2, any(urgent for _, urgent in its)))
        return found


days = st.lists(
    st.tuples(st.integers(0, 400).map(lambda tenths: tenths / 2), st.sampled_from([*MODELS, "a!"])), max_size=60
)


@given(days, st.integers(1, 3))
def test_everybody_is_served_within_the_bound(arrivals: list[tuple[float, str]], room: int) -> None:
    server = Server(room)
    server.run(arrivals)
    assert server.waited.keys() == set(range(len(arrivals)))
    # One turn of what is loaded, one of each other model (and of critical ones before it), and what ends meanwhile.
    a_turn = TURN_S + LOAD_S + SERVE_S
    assert max(server.waited.values(), default=0.0) <= PATIENCE_S + TURN_S + (len(MODELS) + 1) * a_turn


@given(days, st.integers(0, 400).map(lambda tenths: tenths / 2))
def test_the_critical_wait_for_what_runs_and_for_nothing_else(arrivals: list[tuple[float, str]], at: float) -> None:
    others = [(when, request[0]) for when, request in arrivals if request[0] != "d" and when <= at]
    server = Server(room=1)
    server.run([*others, (at, "d!")])
    assert server.waited[len(others)] <= PATIENCE_S + LOAD_S + SERVE_S
    if all(at - when < PATIENCE_S for when, _ in others):
        assert server.waited[len(others)] <= LOAD_S + SERVE_S


def test_alternating_requests_become_batches() -> None:
    server = Server(room=1)
    server.run([(number * 0.5, "ab"[number % 2]) for number in range(200)])
    # One load for each request would be 200 loads; patience and a turn make a batch of some 20.
    assert server.loads <= 16
