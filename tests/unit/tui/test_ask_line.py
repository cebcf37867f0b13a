import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.plan import Requirements, RouteFacts
from ai_dashboard.tui.ask_line import NEEDS, PARTS, choices, line_of, parse
from ai_dashboard.tui.query import Wrong

NAME = st.text(st.characters(exclude_characters='"', exclude_categories=["Cs"]), min_size=1, max_size=10).filter(
    lambda text: bool(text.strip())
)
PLAIN = st.text("abc-_.", min_size=1, max_size=6)

FACTS = st.builds(
    RouteFacts,
    model=PLAIN,
    capability=st.none() | NAME,
    prompt_tokens=st.integers(0, 10**9),
    max_tokens=st.integers(0, 10**9),
    stream=st.booleans(),
    needs=st.frozensets(st.sampled_from(NEEDS)),
    headers=st.dictionaries(PLAIN.map("x-{}".format), NAME, max_size=3).map(lambda it: tuple(it.items())),
    user=st.just("") | NAME,
    tenant=st.just("") | NAME,
    residency=st.none() | NAME,
    strategy=st.none() | NAME,
    task=st.none() | NAME,
    only=st.none() | st.lists(PLAIN, min_size=1, max_size=3).map(tuple),
)


@pytest.mark.parametrize(
    ("line", "facts"),
    [
        ("chat", RouteFacts("chat")),
        ("llama3.1:8b", RouteFacts("llama3.1:8b")),
        ('"my model" stream', RouteFacts("my model", stream=True)),
        ("chat tokens:9000 max:500", RouteFacts("chat", prompt_tokens=9_000, max_tokens=500)),
        ("tenant:acme chat", RouteFacts("chat", tenant="acme")),
        ('chat tenant:"a b" user:42', RouteFacts("chat", tenant="a b", user="42")),
        ("chat needs:Tools,vision", RouteFacts("chat", needs=frozenset({"tools", "vision"}))),
        ("chat only:openai,vllm", RouteFacts("chat", only=("openai", "vllm"))),
        ("chat capability:code strategy:cost task:chat residency:eu",
         RouteFacts("chat", capability="code", strategy="cost", task="chat", residency="eu")),
        ("chat X-Priority:high x-a:1 x-a:2", RouteFacts("chat", headers=(("x-priority", "high"), ("x-a", "2")))),
        ("chat x-requirements:max_cost=0.01,local_only",
         RouteFacts("chat", headers=(("x-requirements", "max_cost=0.01,local_only"),))),
    ],
)  # fmt: skip
def test_lines(line: str, facts: RouteFacts) -> None:
    assert parse(line) == facts


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("", "which model? Write its name first, as a caller would"),
        ("tokens:5", "which model? Write its name first, as a caller would"),
        ("chat tokens:many", "tokens: “many” is no number of tokens"),
        ("chat max:-1", "max: “-1” is no number of tokens"),
        ("chat tokens:²", "tokens: “²” is no number of tokens"),
        ("chat needs:wings", "needs: “wings” is none of embeddings, json, thinking, tools, vision"),
        ("chat tenant:", "tenant: who asks; nothing is said after the colon"),
    ],
)
def test_what_is_wrong_is_told_in_words(line: str, problem: str) -> None:
    assert parse(line) == Wrong(problem)


def test_what_cannot_be_said_of_a_request_is_told_with_what_can() -> None:
    wrong = parse("chat more")
    assert isinstance(wrong, Wrong)
    assert wrong.problem.startswith("“more” is nothing to be said of a request; there are tokens, max, tenant")


def test_what_a_line_cannot_say_is_kept() -> None:
    base = RouteFacts("chat", tenant="acme", requirements=Requirements(max_cost=0.1), prefix="abc", files=2)
    assert parse("code", base) == RouteFacts("code", requirements=Requirements(max_cost=0.1), prefix="abc", files=2)


@given(FACTS)
def test_what_is_written_is_read_as_it_was(facts: RouteFacts) -> None:
    assert parse(line_of(facts), facts) == facts


@given(st.text(max_size=40))
def test_any_line_says_something_or_why_not(line: str) -> None:
    said = parse(line)
    assert said.problem if isinstance(said, Wrong) else said.model
    for choice in choices(line, ["chat"]):
        assert choice.text != line


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("", ["chat", '"llama3.1:8b"']),
        ("ch", ["chat"]),
        ("chat", []),
        ("chat te", ["chat tenant:"]),
        ("chat s", ["chat strategy:", "chat stream"]),
        ("chat tenant:acme", []),
    ],
)
def test_completion(line: str, texts: list[str]) -> None:
    assert [choice.text for choice in choices(line, ["chat", "llama3.1:8b"])] == texts


def test_everything_that_can_be_said_is_offered_behind_the_model() -> None:
    assert [choice.label for choice in choices("chat ", [])] == [*(f"{part.name}:" for part in PARTS), "stream"]
