"""The language of conditions: what it reads, what it refuses and how it says so."""

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ai_dashboard.config.conditions import (
    LEVELS,
    MAX_DEPTH,
    MAX_LENGTH,
    NAMES,
    And,
    Compare,
    Comparison,
    ConditionError,
    Constant,
    Expression,
    Kind,
    Name,
    Not,
    Or,
    names_in,
    parse,
    show,
)  # fmt: skip

STREAM, BATCH, TENANT = Name("stream"), Name("batch_mode"), Name("tenant")


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("stream", STREAM),
        ("  stream\n", STREAM),
        ("true", Constant(value=True)),
        ("stream == true", Compare("==", STREAM, Constant(value=True))),
        ("stream == False", Compare("==", STREAM, Constant(value=False))),
        ('header.x-priority == "high"', Compare("==", Name("header.x-priority"), Constant("high"))),
        ("header.X-Priority=='high'", Compare("==", Name("header.x-priority"), Constant("high"))),
        ("metadata.project.name != ''", Compare("!=", Name("metadata.project.name"), Constant(""))),
        ("batch_size > 1", Compare(">", Name("batch_size"), Constant(1.0))),
        ("length>-1.5e3", Compare(">", Name("length"), Constant(-1500.0))),
        ("1000 <= length", Compare("<=", Constant(1000.0), Name("length"))),
        ("complexity >= 'medium'", Compare(">=", Name("complexity"), Constant("medium"))),
        ("complexity < quality_tier", Compare("<", Name("complexity"), Name("quality_tier"))),
        ("header.x-depth > 3", Compare(">", Name("header.x-depth"), Constant(3.0))),
        ("tenant == user", Compare("==", TENANT, Name("user"))),
        (r'tenant == "a \"b\" \\ c"', Compare("==", TENANT, Constant('a "b" \\ c'))),
        (r"tenant == 'it\'s'", Compare("==", TENANT, Constant("it's"))),
        ("tenant == 'a AND (b'", Compare("==", TENANT, Constant("a AND (b"))),
        ("not stream", Not(STREAM)),
        ("NOT tenant == 'a'", Not(Compare("==", TENANT, Constant("a")))),
        ("stream AND batch_mode or has_tools", Or((And((STREAM, BATCH)), Name("has_tools")))),
        ("stream or batch_mode and has_tools", Or((STREAM, And((BATCH, Name("has_tools")))))),
        ("(stream OR batch_mode) AND NOT stream", And((Or((STREAM, BATCH)), Not(STREAM)))),
        ("stream AND stream AND stream", And((STREAM, STREAM, STREAM))),
        ("(stream AND stream) AND stream", And((And((STREAM, STREAM)), STREAM))),
        ("((stream))", STREAM),
        (
            "request_count > 5 OR batch_mode",
            Or((Compare(">", Name("request_count"), Constant(5.0)), BATCH)),
        ),
    ],
)
def test_what_it_reads(text: str, expression: Expression) -> None:
    assert parse(text) == expression


@pytest.mark.parametrize(
    ("text", "says", "at", "fix"),
    [
        ("", "a name or a value is expected, and nothing follows", 0, ""),
        ("stram", "there is no name `stram`", 0, "did you mean `stream`?"),
        ("stream AND Batch_Size > 1", "there is no name `Batch_Size`", 11, "did you mean `batch_size`?"),
        ("zzzz == 1", "there is no name `zzzz`", 0, "there are stream, batch_size"),
        ("__import__ == 1", "there is no name `__import__`", 0, ""),
        ("stream.upper", "there is no name `stream.upper`", 0, "did you mean `stream`?"),
        ("header == 'a'", "`header` needs the name of one", 0, ""),
        ("metadata. == 'a'", "`metadata` needs the name of one", 0, ""),
        ("header.authorization == 'a'", "of the headers, only x-… can be read", 0, "send an x-… header"),
        ("header.x- == 'a'", "of the headers, only x-… can be read", 0, ""),
        ("batch_size", "`batch_size` is a number: held against what?", 0, "batch_size == …"),
        ("tenant", "`tenant` is a text: held against what?", 0, ""),
        ("complexity", "`complexity` is one of low, medium and high: held against what?", 0, ""),
        ("stream OR 'a'", "a text alone is neither true nor false", 10, ""),
        ("1", "a number alone is neither true nor false", 0, ""),
        ("stream == 'true'", "true or false is compared with a text", 7, "that never holds"),
        ("batch_size == '1'", "a number is compared with a text", 11, ""),
        ("tenant == complexity", "a text is compared with one of low, medium and high", 7, ""),
        ("complexity == 'hihg'", "a level is one of low, medium and high", 11, 'did you mean "high"?'),
        ("complexity > 3", "a level is one of low, medium and high", 11, ""),
        ("3 > complexity", "a level is one of low, medium and high", 2, ""),
        ("tenant < 'a'", "only numbers and levels have an order", 7, "use == or !="),
        ("stream > false", "only numbers and levels have an order", 7, ""),
        ("header.x-a < 'b'", "only numbers and levels have an order", 11, ""),
        ("stream = true", "'=' has no meaning here", 7, "write == to compare"),
        ("stream && batch_mode", "'&' has no meaning here", 7, "write AND"),
        ("stream || batch_mode", "'|' has no meaning here", 7, "write OR"),
        ("!stream", "'!' has no meaning here", 0, "write NOT"),
        ("tenant == 'a", '"\'" has no meaning here', 10, "end the text with '"),
        ('tenant == "a\\n"', "'\"' has no meaning here", 10, 'end the text with "'),
        ("batch_size == 1.2.3", "'1' has no meaning here", 14, ""),
        ("batch_size == 1e999", "this number is too large", 14, ""),
        ("1 < batch_size < 9", "'<' has nothing to compare", 15, "join comparisons with AND"),
        ("(batch_size) > 1", "`batch_size` is a number", 1, ""),
        ("stream batch_mode", "'batch_mode' is one too many", 7, "join conditions with AND or OR"),
        ("stream 'secret'", "a text is one too many", 7, ""),
        ("stream)", "')' is one too many", 6, ""),
        ("stream AND (batch_mode", "a parenthesis is not closed", 11, "add `)`"),
        ("stream AND", "a name or a value is expected, and nothing follows", 10, ""),
        ("AND stream", "a name or a value is expected, not 'and'", 0, ""),
        ("tenant == (user)", "a name or a value is expected, not '('", 10, ""),
        ("NOT " * (MAX_DEPTH + 1) + "stream", "a condition has at most 16 levels", 4 * (MAX_DEPTH + 1), ""),
        ("(" * (MAX_DEPTH + 1) + "stream", "a condition has at most 16 levels", MAX_DEPTH + 1, ""),
        ("stream" + " " * MAX_LENGTH, "a condition has at most 1000 characters", MAX_LENGTH, ""),
    ],
)
def test_what_it_refuses(text: str, says: str, at: int, fix: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(text)
    assert str(caught.value).startswith(says)
    assert str(caught.value).endswith(f"(character {at + 1})")
    assert caught.value.at == at
    assert caught.value.fix.startswith(fix)


def test_as_many_levels_as_are_allowed() -> None:
    assert parse("(" * MAX_DEPTH + "stream" + ")" * MAX_DEPTH) == STREAM


def test_all_names_are_found() -> None:
    expression = parse("stream OR NOT (tenant == user AND header.x-a == 'model') OR true")
    assert [*names_in(expression)] == ["stream", "tenant", "user", "header.x-a"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("((stream)) and(batch_mode or has_tools)", "stream AND (batch_mode OR has_tools)"),
        ("not(stream)", "NOT stream"),
        ("tenant=='x'", 'tenant == "x"'),
        ("length > 1000.0", "length > 1000"),
        ("length > 0.5", "length > 0.5"),
    ],
)
def test_how_it_is_shown(text: str, shown: str) -> None:
    assert show(parse(text)) == shown


# ── any condition, any text ──────────────────────────────────────────────────────────────────────────────────────────

OPEN_NAMES = st.text(string.ascii_lowercase + string.digits + "-_", min_size=1, max_size=8).flatmap(
    lambda rest: st.sampled_from([f"header.x-{rest}", f"metadata.{rest}"])
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def names_of(*kinds: Kind) -> st.SearchStrategy[Name]:
    return st.sampled_from([Name(name) for name, kind in NAMES.items() if kind in kinds])


WORDS = OPEN_NAMES.map(Name)
TEXTS = st.text(max_size=12).map(Constant)
ANY_SIGN: list[Comparison] = ["==", "!=", "<", "<=", ">", ">="]
EQUAL = st.sampled_from(ANY_SIGN[:2])
ORDER = st.sampled_from(ANY_SIGN)
COMPARISONS = st.one_of(
    st.builds(Compare, ORDER, names_of(Kind.NUMBER) | WORDS, NUMBERS.map(Constant)),
    st.builds(Compare, ORDER, NUMBERS.map(Constant), names_of(Kind.NUMBER)),
    st.builds(Compare, EQUAL, names_of(Kind.TEXT) | WORDS, TEXTS | WORDS),
    st.builds(Compare, EQUAL, names_of(Kind.TRUTH), st.booleans().map(Constant)),
    st.builds(Compare, ORDER, names_of(Kind.LEVEL), st.sampled_from(LEVELS).map(Constant) | names_of(Kind.LEVEL)),
)
EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    COMPARISONS | names_of(Kind.TRUTH) | WORDS | st.booleans().map(Constant),
    lambda part: st.one_of(
        part.map(Not),
        st.lists(part, min_size=2, max_size=3).map(tuple).map(And),
        st.lists(part, min_size=2, max_size=3).map(tuple).map(Or),
    ),
    max_leaves=12,
)


def depth(expression: Expression) -> int:
    """Levels as they are written: an OR in an AND stands in parentheses, too."""
    match expression:
        case Not(part):
            return 2 + depth(part)
        case And(parts) | Or(parts):
            return 1 + max(depth(part) for part in parts)
        case _:
            return 0


@given(EXPRESSIONS)
def test_what_is_shown_reads_as_the_same_again(expression: Expression) -> None:
    shown = show(expression)
    if len(shown) <= MAX_LENGTH and depth(expression) <= MAX_DEPTH:
        assert parse(shown) == expression
        assert show(parse(shown)) == shown


PIECES = st.sampled_from(
    [
        "stream",
        "length",
        "header.x-a",
        "header.",
        "(",
        ")",
        " ",
        "and",
        "OR",
        "not ",
        "==",
        "<",
        "=",
        "'",
        '"',
        "\\",
        "1",
    ]
)


@given(st.text() | st.lists(PIECES, max_size=30).map("".join))
@example("(" * 2000)
@example("not " * 2000)
@example("\\" * 900)
@example("'" + "\\" * 900)
@example("-")
@example("٣ > length")
def test_no_text_does_anything_but_read_or_be_refused(text: str) -> None:
    refused: ConditionError | None = None
    try:
        expression = parse(text)
    except ConditionError as error:
        refused = error
    if refused is None:
        assert parse(show(expression)) == expression
    else:
        assert 0 <= refused.at <= MAX_LENGTH
