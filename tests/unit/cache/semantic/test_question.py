from typing import Any

import pytest

from ai_dashboard.cache.keys import Scope
from ai_dashboard.cache.semantic.question import MAX_PROMPT_CHARS, Question, question_of
from ai_dashboard.core.chat import Ask
from ai_dashboard.core.plan import RouteFacts
from tests.unit.cache.asks import SCOPE, ask

FACTS = RouteFacts("m")


def user(content: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"role": "user", "content": content}


def asked(asked: Ask, scope: Scope = SCOPE, tools: bool = False) -> Question:
    found = question_of(scope, asked, FACTS, tools=tools)
    assert found is not None
    return found


def test_the_last_thing_a_user_said_is_the_question() -> None:
    one = asked(ask(messages=[user("one"), {"role": "assistant", "content": "1"}, user("two")]))
    assert (one.prompt, one.tenant, one.model) == ("two", "acme", "m")


def test_other_words_are_in_the_same_bucket() -> None:
    assert asked(ask(messages=[user("one")])).bucket == asked(ask(messages=[user("two")])).bucket
    assert asked(ask(messages=[user("one")])).bucket == asked(ask(messages=[user("x")], stream=True)).bucket


@pytest.mark.parametrize(
    "different",
    [
        {"model": "n"}, {"max_tokens": 6}, {"seed": 3},
        {"messages": [{"role": "system", "content": "Be brief"}, user("Hi")]},
        {"messages": [user("Hi"), {"role": "assistant", "content": "Ho"}, user("Hi")]},
        {"messages": [{**user("Hi"), "name": "Bob"}]},
    ],
)  # fmt: skip
def test_everything_but_the_last_words_has_to_be_the_same(different: dict[str, Any]) -> None:
    assert asked(ask(**different)).bucket != asked(ask()).bucket


def test_tenant_and_residency_group_have_buckets_of_their_own() -> None:
    scopes = [Scope("a", ""), Scope("b", ""), Scope("a", "eu"), Scope("", "a"), Scope("", "")]
    assert len({asked(ask(), scope).bucket for scope in scopes}) == len(scopes)


def test_text_in_parts_is_text_and_anything_else_is_no_question() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert asked(ask(messages=[user(parts)])).prompt == "a\nb"
    image = {"type": "image_url", "image_url": {"url": "data:,"}}
    for content in ([*parts, image], [], None, "  ", "x" * (MAX_PROMPT_CHARS + 1)):
        assert question_of(SCOPE, ask(messages=[user(content)]), FACTS, tools=True) is None
    assert question_of(SCOPE, ask(messages=[{"role": "assistant", "content": "a"}]), FACTS, tools=True) is None


def test_a_conversation_with_tools_takes_part_only_where_that_is_wanted() -> None:
    tool = {"type": "function", "function": {"name": "f"}}
    turns = [user("a"), {"role": "assistant", "content": "b"}, user("c")]
    first = ask(messages=[{"role": "system", "content": "s"}, user("a")], tools=[tool])
    assert question_of(SCOPE, first, FACTS, tools=False) is not None
    later = ask(messages=turns, tools=[tool])
    assert question_of(SCOPE, later, FACTS, tools=False) is None
    assert question_of(SCOPE, later, FACTS, tools=True) is not None
    assert question_of(SCOPE, ask(messages=turns), FACTS, tools=False) is not None


@pytest.mark.parametrize(
    "odd",
    [ask("openai.responses"), ask("openai.completions"), ask("openai.embeddings"), ask("anthropic.messages", x_own=1)],
    ids=lambda odd: odd.form,
)
def test_what_cannot_be_compared_is_no_question(odd: Ask) -> None:
    assert question_of(SCOPE, odd, FACTS, tools=True) is None
