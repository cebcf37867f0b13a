"""A conversation: what is sent of it, and what has to go."""

from ai_dashboard.core.events import Text, Thinking, Usage
from ai_dashboard.core.playground import Answered, Refused, Routed, Turn
from ai_dashboard.tui.panels.playground_talk import MAX_CHARS, MAX_EXCHANGES, Talk


def answer(talk: Talk, text: str) -> None:
    assert talk.last is not None
    talk.last.take(Text(text), 1.0)
    talk.last.take(Answered("id", None), 2.0)


def test_what_was_said_before_is_sent_again_and_thinking_is_not() -> None:
    talk = Talk("m")
    assert talk.ask("Hi", 0.0) == (Turn("user", "Hi"),)
    assert talk.last is not None
    talk.last.take(Thinking("Hm"), 0.5)
    answer(talk, "Hello")
    assert talk.ask("And?", 3.0) == (Turn("user", "Hi"), Turn("assistant", "Hello"), Turn("user", "And?"))


def test_a_question_that_nobody_answered_is_not_said_again() -> None:
    talk = Talk("m")
    talk.ask("Hi", 0.0)
    assert talk.last is not None
    talk.last.take(Refused(502, "broken"), 1.0)
    talk.last.take(Answered("", None), 1.0)
    assert talk.ask("Hi?", 2.0) == (Turn("user", "Hi?"),)


def test_times_are_of_the_first_piece_and_of_the_end() -> None:
    assert not Talk("m").running
    talk = Talk("m")
    talk.ask("Hi", 10.0)
    last = talk.last
    assert last is not None
    for at, told in ((11.0, Routed("id", "p", "m")), (12.0, Thinking("a")), (13.0, Text("b")), (14.0, Usage(1, 2))):
        last.take(told, at)
    assert talk.running
    last.take(Answered("id", None), 15.0)
    last.end(99.0)
    assert (last.first_at, last.ended_at, last.routed, last.usage) == (12.0, 15.0, Routed("id", "p", "m"), Usage(1, 2))


def test_the_oldest_exchanges_go_first_and_are_counted() -> None:
    talk = Talk("m")
    for number in range(MAX_EXCHANGES + 5):
        turns = talk.ask(str(number), 0.0)
        answer(talk, "x")
    assert (len(talk.exchanges), talk.forgotten, turns[-1].text) == (MAX_EXCHANGES, 5, str(MAX_EXCHANGES + 4))
    assert turns[0] == Turn("user", "5")


def test_long_answers_make_room_sooner() -> None:
    talk = Talk("m")
    for _ in range(5):
        talk.ask("?", 0.0)
        answer(talk, "x" * (MAX_CHARS // 3))
    talk.ask("?", 0.0)
    assert sum(it.size for it in talk.exchanges) <= MAX_CHARS
    assert talk.forgotten == 3
    talk.clear()
    assert (talk.last, talk.forgotten) == (None, 0)
