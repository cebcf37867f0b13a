"""Batches by model, and nobody waits for ever: steps as tables, then whole days of a simulated server."""

import heapq
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.routing.swaps import Engine, Step, Swap, Waiting, overdue_at, planned, step

PATIENCE_S = 10.0


def waiting(*written: str) -> list[Waiting]:
    """`a1@5`: request a1 for model a, waiting since 5."""
    parts = [text.partition("@") for text in written]
    return [Waiting(name, name[0], float(since)) for name, _, since in parts]


A_LOADED = Engine({"a": 3.0}, {})


@pytest.mark.parametrize(
    ("engine", "queue", "now", "wanted"),
    [
        (Engine({}, {}), [], 5, Step(())),
        (Engine({}, {}), ["a1@5"], 5, Step((), "a")),
        (Engine({}, {}, loading="a"), ["a1@5", "b1@5"], 5, Step(())),
        # What is loaded is served at once, and while it is wanted nothing takes its place.
        (A_LOADED, ["a1@5", "a2@6"], 6, Step(("a1", "a2"))),
        (A_LOADED, ["a1@5", "b1@4"], 6, Step(("a1",))),
        (Engine({"a": 3.0}, {"a": 1}), ["b1@4"], 6, Step(())),
        # Nobody uses it: it makes room, for whom most wait for.
        (A_LOADED, ["b1@4"], 6, Step((), "b", "a")),
        (A_LOADED, ["b1@4", "c1@5", "c2@6"], 6, Step((), "c", "a")),
        (A_LOADED, ["c1@5", "b1@4"], 6, Step((), "b", "a")),
        # Somebody is overdue: what came since the load queues behind, the batch of the load does not.
        (A_LOADED, ["a1@5", "b1@4"], 14, Step((), "b", "a")),
        (A_LOADED, ["a1@3", "a2@5", "b1@4"], 14, Step(("a1",))),
        (Engine({"a": 3.0}, {"a": 2}), ["a1@5", "b1@4"], 14, Step(())),
        # The oldest overdue goes first, however many wait for another.
        (A_LOADED, ["c1@5", "c2@5", "b1@4"], 20, Step((), "b", "a")),
        # There is room for two.
        (Engine({"a": 3.0}, {}, room=2), ["a1@5", "b1@4"], 6, Step(("a1",), "b")),
        (Engine({"a": 3.0, "b": 4.0}, {}, room=2), ["a1@5", "c1@5"], 6, Step(("a1",), "c", "b")),
        (Engine({"a": 3.0, "b": 4.0}, {"b": 1}, room=2), ["a1@5", "c1@5"], 6, Step(("a1",))),
        (Engine({"a": 3.0, "b": 4.0}, {"b": 1}, room=2), ["a1@5", "c1@5"], 20, Step((), "c", "a")),
        (Engine({"a": 3.0}, {}, loading="b", room=2), ["a1@5", "c1@5"], 20, Step(())),
    ],
)
def test_a_step(engine: Engine, queue: list[str], now: float, wanted: Step) -> None:
    assert step(engine, waiting(*queue), now, PATIENCE_S) == wanted


@pytest.mark.parametrize(
    ("engine", "queue", "at"),
    [
        (A_LOADED, ["a1@1", "b1@7", "c1@6"], 16),
        (A_LOADED, ["a1@1"], None),
        (Engine({}, {}, loading="a"), ["a1@1"], None),
    ],
)
def test_when_somebody_becomes_overdue(engine: Engine, queue: list[str], at: float | None) -> None:
    assert overdue_at(engine, waiting(*queue), PATIENCE_S) == at


def test_the_swaps_to_come_can_be_shown() -> None:
    engine = Engine({"a": 1.0, "b": 2.0}, {"a": 1}, room=2)
    queue = waiting("a1@5", "c1@6", "d1@7", "d2@8", "e1@2")
    assert planned(engine, queue, 13, PATIENCE_S, {"d": 18.0}) == (
        Swap("e", "a", 1, 2.0, None),
        Swap("d", "b", 2, 7.0, 18.0),
        Swap("c", "e", 1, 6.0, None),
    )
    assert planned(Engine({}, {}, loading="c"), queue[:2], 13, PATIENCE_S, {}) == (Swap("a", "c", 1, 5.0, None),)
    assert planned(engine, [], 13, PATIENCE_S, {}) == ()


# ── whole days ───────────────────────────────────────────────────────────────────────────────────────────────────────

LOAD_S, SERVE_S = 5.0, 2.0
MODELS = "abcd"


@dataclass
class Server:
    """A server that does what it is told, on a clock of its own."""

    room: int
    loaded: dict[str, float] = field(default_factory=dict)
    loading: str | None = None
    busy: dict[str, int] = field(default_factory=dict)
    queue: list[Waiting] = field(default_factory=list)
    events: list[tuple[float, int, str, str]] = field(default_factory=list)
    begun: dict[str, float] = field(default_factory=dict)
    loads: list[tuple[float, str]] = field(default_factory=list)

    def run(self, arrivals: list[tuple[float, str]]) -> None:
        for number, (at, model) in enumerate(arrivals):
            self.events.append((at, number, "comes", model))
        heapq.heapify(self.events)
        serial = len(arrivals)
        while self.events:
            now, number, what, model = heapq.heappop(self.events)
            match what:
                case "comes":
                    self.queue.append(Waiting(f"{model}{number}", model, now))
                case "is there":
                    self.loaded[model], self.loading = now, None
                case "ends":
                    self.busy[model] -= 1
                case _:
                    pass  # somebody is due, which is for `step` to see
            serial = self._do(now, serial)

    def _do(self, now: float, serial: int) -> int:
        engine = Engine(dict(self.loaded), dict(self.busy), self.loading, self.room)
        told = step(engine, self.queue, now, PATIENCE_S)
        for it in [it for it in self.queue if it.id in told.start]:
            assert it.model in self.loaded
            self.queue.remove(it)
            self.begun[it.id] = now
            self.busy[it.model] = self.busy.get(it.model, 0) + 1
            serial += 1
            heapq.heappush(self.events, (now + SERVE_S, serial, "ends", it.model))
        if told.evict is not None:
            assert not self.busy.get(told.evict), "a model goes only when nobody uses it"
            del self.loaded[told.evict]
        if told.load is not None:
            assert self.loading is None
            assert told.load not in self.loaded
            assert len(self.loaded) < self.room
            self.loading = told.load
            self.loads.append((now, told.load))
            serial += 1
            heapq.heappush(self.events, (now + LOAD_S, serial, "is there", told.load))
        due = overdue_at(Engine(self.loaded, self.busy, self.loading, self.room), self.queue, PATIENCE_S)
        if due is not None and due > now:
            serial += 1
            heapq.heappush(self.events, (due, serial, "is due", ""))
        return serial


days = st.lists(st.tuples(st.integers(0, 200).map(lambda tenths: tenths / 2), st.sampled_from(MODELS)), max_size=60)


@given(days, st.integers(1, 3))
def test_everybody_is_served_and_nobody_is_overtaken_twice_by_the_same(
    arrivals: list[tuple[float, str]], room: int
) -> None:
    server = Server(room)
    server.run(arrivals)
    came = {f"{model}{number}": (at, model) for number, (at, model) in enumerate(arrivals)}
    assert server.begun.keys() == came.keys()
    for name, (at, model) in came.items():
        between = [loaded for when, loaded in server.loads if at + PATIENCE_S <= when <= server.begun[name]]
        others = [loaded for loaded in between if loaded != model]
        assert len(others) == len(set(others)), f"{name} waited from {at} to {server.begun[name]}: {server.loads}"
        # One load and batch may just have begun, then every other model's, then its own.
        assert server.begun[name] - at <= PATIENCE_S + (len(MODELS) + 1) * (LOAD_S + SERVE_S)


def test_alternating_requests_become_batches() -> None:
    server = Server(room=1)
    server.run([(number * 0.5, "ab"[number % 2]) for number in range(200)])
    # One load for each request would be 200 loads; patience and a load make a batch of some 30.
    assert len(server.loads) <= 16
