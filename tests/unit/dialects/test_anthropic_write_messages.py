"""Canonical messages as Anthropic's turns."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.anthropic.read_messages import messages_of
from ai_dashboard.dialects.anthropic.write_messages import NO_RESULT, OPENING, write_messages

MARK = {"type": "ephemeral"}
THINKING = {"type": "thinking", "thinking": "Hm", "signature": "sig"}
REDACTED = {"type": "redacted_thinking", "data": "xyz"}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def user(content: object, **fields: object) -> dict[str, Any]:
    return {"role": "user", "content": content} | fields


def assistant(content: object = None, *calls: dict[str, Any], **fields: object) -> dict[str, Any]:
    return {"role": "assistant", "content": content} | ({"tool_calls": list(calls)} if calls else {}) | fields


def call(call_id: object = "a", name: str = "f", arguments: object = '{"x":1}') -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def result(call_id: object = "a", content: object = "42", **fields: object) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": content} | fields


def use(call_id: str = "a", name: str = "f", arguments: object = None) -> dict[str, Any]:
    return {"type": "tool_use", "id": call_id, "name": name, "input": {"x": 1} if arguments is None else arguments}


def answer(call_id: str = "a", content: object = "42", **fields: object) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": call_id, "content": content} | fields


def write(*messages: dict[str, Any], warned: int = 0) -> list[dict[str, Any]]:
    warnings: list[str] = []
    turns = write_messages(list(messages), warnings).turns
    assert len(warnings) == warned, warnings
    return turns


Q = {"role": "user", "content": [text("q")]}


def test_system_prompts_go_first_in_their_order() -> None:
    warnings: list[str] = []
    marked = text("b") | {"cache_control": MARK}
    written = write_messages(
        [
            {"role": "system", "content": "a"},
            {"role": "developer", "content": [marked]},
            user("q"),
            {"role": "system", "content": "c", "cache_control": MARK},
        ],
        warnings,
    )
    assert written.system == [text("a"), marked, text("c") | {"cache_control": MARK}]
    assert written.turns == [Q]
    assert warnings == []


def test_a_picture_in_a_system_prompt_is_left_out() -> None:
    warnings: list[str] = []
    image = {"type": "image_url", "image_url": {"url": "https://a"}}
    assert write_messages([{"role": "system", "content": [image, text("a")]}, user("q")], warnings).system == [
        text("a")
    ]
    assert "images and files of `messages[0]`" in warnings[0]


def test_turns_alternate() -> None:
    turns = write(user("a"), user(""), user("b"), assistant("c"), assistant("d"), user("e"))
    assert turns == [
        {"role": "user", "content": [text("a"), text("b")]},
        {"role": "assistant", "content": [text("c"), text("d")]},
        {"role": "user", "content": [text("e")]},
    ]


def test_calls_and_their_results() -> None:
    turns = write(
        user("q"),
        assistant("Let me see.", call("a"), call("b", "g", "")),
        result("b", "2"),
        result("a", [text("1"), text("one")], is_error=True, cache_control=MARK, name="f"),
        user("and?"),
    )
    assert turns == [
        Q,
        {"role": "assistant", "content": [text("Let me see."), use("a"), use("b", "g", {})]},
        {
            "role": "user",
            "content": [
                answer("a", [text("1"), text("one")], is_error=True, cache_control=MARK),
                answer("b", "2"),
                text("and?"),
            ],
        },
    ]


def test_a_picture_may_be_a_result() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    source = {"type": "base64", "media_type": "image/png", "data": "AAAA"}
    block = write(user("q"), assistant(None, call()), result("a", [image]))[-1]["content"][0]
    assert block == answer("a", [{"type": "image", "source": source}])


def test_an_empty_result_has_no_content() -> None:
    block = write(user("q"), assistant(None, call()), result("a", ""))[-1]["content"][0]
    assert block == {"type": "tool_result", "tool_use_id": "a"}


def test_results_that_come_late_are_put_where_they_belong() -> None:
    turns = write(user("q"), assistant(None, call()), user("wait"), result("a"))
    assert turns[-1] == {"role": "user", "content": [answer("a"), text("wait")]}


def test_results_without_ids_are_taken_in_the_order_of_the_calls() -> None:
    turns = write(user("q"), assistant(None, call(None), call("", "g")), result(None, "1"), result("", "2"))
    ids = ["toolu_call_0", "toolu_call_1"]
    assert turns[1]["content"] == [use(ids[0]), use(ids[1], "g")]
    assert turns[2]["content"] == [answer(ids[0], "1"), answer(ids[1], "2")]


def test_ids_that_anthropic_refuses_or_that_were_there_before_are_changed_on_both_sides() -> None:
    turns = write(
        user("q"),
        assistant(None, call("f:0")),
        result("f:0"),
        assistant(None, call("f:0")),
        result("f:0", "43"),
        assistant(None, call("a"), call("a")),
        result("a", "1"),
        result("a", "2"),
    )
    used = [block["id"] for turn in turns for block in turn["content"] if block["type"] == "tool_use"]
    answered = [block["tool_use_id"] for turn in turns for block in turn["content"] if block["type"] == "tool_result"]
    assert used == answered == ["f_0", "toolu_call_0", "a", "toolu_call_1"]


@pytest.mark.parametrize("after", [[], [user("never mind")], [assistant("done"), user("thanks")]])
def test_a_result_that_is_missing_is_an_error(after: list[dict[str, Any]]) -> None:
    turns = write(user("q"), assistant(None, call("a"), call("b")), result("a"), *after, warned=1)
    assert turns[2]["content"][:2] == [answer("a"), answer("b", NO_RESULT, is_error=True)]


@pytest.mark.parametrize(
    "messages",
    [
        [user("q"), result()],
        [user("q"), assistant(None, call("b")), result("a")],
        [user("q"), assistant(None, call()), result(), result()],
        [user("q"), assistant(None, call()), assistant("x"), result()],
    ],
)
def test_a_result_that_belongs_to_no_call_is_refused(messages: list[dict[str, Any]]) -> None:
    with pytest.raises(
        CallerError, match=r"`messages\[\d\]` is the result of a tool call that the assistant's message"
    ):
        write_messages(messages, [])


def test_thinking_goes_back_with_its_proof_and_not_without() -> None:
    turns = write(
        user("q"),
        assistant("x", call(), thinking_blocks=[THINKING, REDACTED], reasoning_content="Hm", cache_control=MARK),
        result(),
        assistant("y", thinking_blocks=[THINKING | {"signature": ""}, {"type": "x"}, 3], reasoning="Hm"),
        user("z"),
    )
    assert turns[1]["content"] == [THINKING, REDACTED, text("x"), use() | {"cache_control": MARK}]
    assert turns[3]["content"] == [text("y")]


def test_a_refusal_was_said() -> None:
    assert write(user("q"), assistant(None, refusal="No."), user("why?"))[1]["content"] == [text("No.")]


def test_the_assistants_last_words_have_no_blanks_at_their_end() -> None:
    assert write(user("q"), assistant("It is: \n"))[-1]["content"] == [text("It is:")]
    assert write(user("q"), assistant("It is: "), user("?"))[1]["content"] == [text("It is: ")]


def test_a_conversation_that_the_assistant_begins() -> None:
    turns = write(assistant("Welcome!"), user("q"), warned=1)
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert turns[0]["content"] == [text(OPENING)]


def test_a_system_prompt_alone_is_asked_by_the_user() -> None:
    warnings: list[str] = []
    written = write_messages([{"role": "system", "content": "a"}, {"role": "system", "content": "b"}], warnings)
    assert (written.system, written.turns) == ([text("a")], [{"role": "user", "content": [text("b")]}])
    assert len(warnings) == 1


def test_nothing_but_empty_messages_is_refused() -> None:
    with pytest.raises(CallerError, match="`messages` say nothing"):
        write_messages([user(""), assistant(None)], [])


def test_fields_of_messages_that_anthropic_does_not_have() -> None:
    warnings: list[str] = []
    messages = [
        user("q", name="ann"),
        assistant("x", audio={"id": "a"}, name=None, annotations=[]),
        user("y", **{"a\nb": 1}),
    ]
    write_messages(messages, warnings)
    assert warnings == [
        f"`{name}` of a message is left out: Anthropic has no such field" for name in ("name", "audio", "(unnamed)")
    ]


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ({"role": "function", "content": "x"}, r"`messages\[1\].role`"),
        (assistant("x", tool_calls={}), None),
        (assistant("x", tool_calls={"a": 1}), r"`messages\[1\].tool_calls`"),
        (assistant("x", tool_calls=[3]), r"`messages\[1\].tool_calls\[0\]`"),
        (assistant("x", call(name="")), r"`messages\[1\].tool_calls\[0\]`"),
        (assistant("x", call(arguments="{")), "'f' are not JSON"),
        (assistant("x", call(arguments="[]")), "'f' are not a JSON object"),
        (assistant("x", call(arguments=3)), "'f' are not a JSON object"),
        (user(3), r"`messages\[1\].content`"),
    ],
)
def test_what_makes_no_sense_to_send(message: dict[str, Any], named: str | None) -> None:
    if named is None:
        write(user("q"), message)
        return
    with pytest.raises(CallerError, match=named):
        write_messages([user("q"), message], [])


def test_a_turn_with_calls_and_no_thinking_before_them_is_noticed() -> None:
    def noticed(*messages: dict[str, Any]) -> bool:
        return write_messages(list(messages), []).calls_without_thinking

    assert noticed(user("q"), assistant(None, call()), result())
    assert not noticed(user("q"), assistant(None, call(), thinking_blocks=[THINKING]), result())
    assert not noticed(user("q"), assistant(None, call()), result(), assistant("x"), user("y"))
    assert not noticed(user("q"))
    assert not noticed(user("q"), assistant("x"))


WORDS = st.text("abc é", min_size=1, max_size=4).filter(str.strip)
ARGUMENTS = st.dictionaries(st.text(max_size=3), st.integers(0, 9) | WORDS, max_size=2)
SOURCES = st.sampled_from([
    {"type": "url", "url": "https://a/b"},
    {"type": "base64", "media_type": "image/png", "data": "AAAA"},
])  # fmt: skip
TEXTS = st.builds(text, WORDS)
IMAGES = st.builds(lambda source: {"type": "image", "source": source}, SOURCES)
PDFS = st.just({
    "type": "document",
    "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"},
    "title": "T.pdf",
})  # fmt: skip
PIECES = st.lists(TEXTS | IMAGES | PDFS, min_size=1, max_size=3)
ERRORS: st.SearchStrategy[dict[str, Any]] = st.sampled_from([{}, {"is_error": True}, {"cache_control": MARK}])
THOUGHTS = st.lists(st.sampled_from([THINKING, REDACTED]), max_size=2)


@st.composite
def conversations(draw: st.DrawFn) -> dict[str, Any]:
    turns: list[dict[str, Any]] = [user(draw(PIECES))]
    for number in range(draw(st.integers(0, 3))):
        calls = [use(f"call_{number}_{at}", "f", draw(ARGUMENTS)) for at in range(draw(st.integers(0, 2)))]
        said = draw(st.lists(TEXTS, min_size=0 if calls else 1, max_size=2))
        turns.append(assistant([*draw(THOUGHTS), *said, *calls]))
        results = [
            answer(block["id"], draw(WORDS | st.lists(IMAGES, min_size=1, max_size=2)), **draw(ERRORS))
            for block in calls
        ]
        turns.append(user([*results, *draw(PIECES)]))
    return {"system": draw(st.lists(TEXTS, max_size=2)), "messages": turns}


@given(conversations())
def test_what_anthropic_can_say_survives_the_canonical_form(body: dict[str, Any]) -> None:
    warnings: list[str] = []
    own: set[str] = set()
    canonical = orjson.loads(orjson.dumps(messages_of(body, own)))
    written = write_messages(canonical, warnings)
    assert (written.system, written.turns) == (body["system"], body["messages"])
    assert warnings == []
    assert own == set()
