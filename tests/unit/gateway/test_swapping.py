"""What a server with room for a few models holds, as requests, kept places and its own word make it out."""

from collections.abc import Iterator

from ai_dashboard.core.queue import SwapsView, SwapView
from ai_dashboard.gateway.swapping import MAX_REMEMBERED, Shelf
from ai_dashboard.gateway.warmth import Engine
from ai_dashboard.queueing.line import Line, Ticket
from ai_dashboard.queueing.priority import Priority
from ai_dashboard.routing.live import KnownTarget

TURN_S = 30.0


class Hall:
    """Who waits, and the shelf that knows of them."""

    def __init__(self, room: int = 1) -> None:
        self.lines: dict[str, Line] = {}
        self.shelf = Shelf(room, TURN_S, self._lines)

    def _lines(self) -> Iterator[tuple[str, Line]]:
        yield from ((model, line) for model, line in self.lines.items() if len(line))

    def comes(self, model: str, priority: Priority = Priority.NORMAL, since: float = 0.0) -> Ticket:
        ticket = Ticket(f"{model}{since}", model, priority, since)
        self.lines.setdefault(model, Line(100, TURN_S)).join(ticket)
        return ticket

    def loaded(self) -> tuple[str, ...]:
        return self.shelf.view("p", {}, 0.0).loaded


def test_a_model_is_there_from_its_first_request_and_goes_for_another_one() -> None:
    hall = Hall()
    hall.shelf.begins("a", 1.0)
    assert (hall.loaded(), hall.shelf.held_back("a", 1.0)) == (("a",), None)
    assert hall.shelf.held_back("b", 1.0) == "waits for b to be swapped in; 0 before it"
    hall.shelf.ends("a")
    assert (hall.loaded(), hall.shelf.held_back("b", 2.0)) == (("a",), None)
    hall.shelf.begins("b", 2.0)
    assert (hall.loaded(), hall.shelf.swaps) == (("b",), 1)


def test_who_waits_is_counted_and_whoever_is_overdue_keeps_the_others_back() -> None:
    hall = Hall()
    hall.shelf.begins("a", 0.0)
    late, soon = hall.comes("b"), hall.comes("a", since=40.0)
    hall.comes("c")
    assert hall.shelf.held_back("c", 50.0) == "waits for c to be swapped in; 3 before it"
    assert hall.shelf.held_back("a", 50.0) is None
    assert hall.shelf.admits(50.0)("a", soon)
    assert hall.shelf.held_back("a", 70.0) == "waits for its next turn; 3 before it"
    admits = hall.shelf.admits(70.0)
    assert (admits("a", soon), admits("b", late)) == (False, False)
    hall.shelf.ends("a")
    admits = hall.shelf.admits(70.0)
    assert (admits("a", soon), admits("b", late)) == (False, True)


def test_only_the_critical_begin_on_a_model_that_makes_room_for_the_critical() -> None:
    hall = Hall()
    hall.shelf.begins("a", 0.0)
    usual, urgent = hall.comes("a"), hall.comes("a", Priority.CRITICAL)
    hall.comes("b", Priority.CRITICAL)
    admits = hall.shelf.admits(1.0)
    assert (admits("a", usual), admits("a", urgent)) == (False, True)


def test_what_the_server_says_corrects_what_was_thought() -> None:
    hall = Hall(room=2)
    hall.shelf.begins("a", 0.0)
    hall.shelf.begins("b", 0.0)
    hall.shelf.ends("b")
    hall.shelf.says(Engine(), 1.0)
    hall.shelf.says(Engine(everything=True), 1.0)
    assert hall.loaded() == ("a", "b")
    hall.shelf.says(Engine({"c:latest": None}), 1.0)
    assert hall.loaded() == ("a", "c")  # a is being loaded still, as far as anybody knows
    hall.shelf.says(Engine({"a:latest": None, "c:latest": None}), 2.0)
    assert hall.loaded() == ("a", "c")


def test_what_is_forced_on_it_goes_as_soon_as_nobody_uses_it() -> None:
    hall = Hall()
    for model in "abc":
        hall.shelf.begins(model, 0.0)
    assert hall.loaded() == ("a", "b", "c")
    hall.comes("a")
    hall.shelf.ends("a")
    hall.shelf.ends("a")  # one too many, begun before anybody counted
    assert hall.loaded() == ("b", "c")
    hall.shelf.ends("c")
    assert (hall.loaded(), hall.shelf.swaps) == (("b",), 2)


def test_there_is_an_end_to_what_is_remembered() -> None:
    hall = Hall()
    for number in range(3 * MAX_REMEMBERED):
        hall.shelf.begins(str(number), float(number))
        hall.shelf.ends(str(number))
    assert len(hall.loaded()) == 1
    assert len(hall.shelf._before) <= MAX_REMEMBERED


def test_the_operator_sees_what_is_loaded_next() -> None:
    hall = Hall()
    hall.shelf.begins("a", 0.0)
    hall.comes("b")
    steps = (SwapView("b", "a", 1, 18.0),)
    assert hall.shelf.view("p", {"b": KnownTarget(load_s=18.0)}, 1.0) == SwapsView("p", 1, ("a",), steps, 0)
