"""The filter language of the request list: `provider:ollama status:>=400 ttft:>2s model:qwen* text`. Pure.

Terms stand between spaces, and all of them have to hold; `-` in front turns one round. `field:value` looks at one field
(`query_fields`), `a,b` means either. A word that names no field is text that the row contains. Quotes keep spaces,
commas and colons together.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import field
from difflib import get_close_matches

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.records import RequestRecord
from ai_dashboard.tui.gist import haystack
from ai_dashboard.tui.query_fields import FIELDS, Field, Test, TextField

QUOTE = '"'


@dataclass(frozen=True, slots=True)
class Query:
    """A filter that can be used; without terms it lets everything pass. Equal when it is written the same."""

    text: str = ""
    tests: tuple[Test, ...] = field(default=(), compare=False)

    def matches(self, record: RequestRecord) -> bool:
        """Whether all terms hold for a request."""
        return all(test(record) for test in self.tests)

    def chosen(self, records: tuple[RequestRecord, ...]) -> tuple[RequestRecord, ...]:
        """Those that match, in the order given."""
        return tuple([record for record in records if self.matches(record)]) if self.tests else records


ALL = Query()


class Sieve:
    """A filter at work on a list that moves on: each finished request is looked at once."""

    def __init__(self, query: Query = ALL) -> None:
        self.query = query
        self._passed: dict[str, bool] = {}

    def chosen(self, finished: tuple[RequestRecord, ...]) -> tuple[RequestRecord, ...]:
        """Those that match, in the order given; what is no longer among them is forgotten."""
        if not self.query.tests:
            return finished
        matches, known, passed = self.query.matches, self._passed, dict[str, bool]()
        for record in finished:
            before = known.get(record.id)
            passed[record.id] = matches(record) if before is None else before
        self._passed = passed
        return tuple([record for record in finished if passed[record.id]])


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a text is no filter, and what would be."""

    problem: str


@dataclass(frozen=True, slots=True)
class Term:
    """One term as it is written: `name` is None for plain text, `values` are what stands between commas."""

    name: str | None
    values: tuple[str, ...]
    negated: bool = False


def parse(text: str) -> Query | Wrong:
    """The filter that a text says."""
    tests: list[Test] = []
    texts: list[Term] = []
    for word in words(text):
        term = read_term(word)
        if term.name is None:
            texts.append(term)
            continue
        made = _test(term.name, term.values)
        if isinstance(made, Wrong):
            return made
        tests.append(_turned(made) if term.negated else made)
    return Query(text.strip(), (*tests, *_text_test(texts)))  # fields first: they are looked at much faster


def words(text: str) -> list[str]:
    """The words between spaces, quotes and all; a quote that is never closed holds to the end."""
    return [word for word in _split(text, str.isspace) if word]


def read_term(word: str) -> Term:
    """What a word says. It is plain text unless it begins with a name and a colon, outside quotes."""
    negated = len(word) > 1 and word.startswith("-")
    if negated:
        word = word[1:]
    name, colon, value = word.partition(":")
    if colon and (name.casefold() in FIELDS or _meant(name)):
        return Term(name.casefold(), tuple(map(bare, _split(value, ",".__eq__))), negated)
    return Term(None, (bare(word),), negated)


def quoted(value: str) -> str:
    """A value as it is written into a filter, in quotes where it needs them. It cannot have quotes of its own."""
    plain = bare(value)
    return f"{QUOTE}{plain}{QUOTE}" if any(it.isspace() or it in ",:" for it in plain) else plain


def bare(value: str) -> str:
    """Without its quotes."""
    return value.replace(QUOTE, "")


def _text_test(terms: Sequence[Term]) -> list[Test]:
    """One test for all plain texts, so that a row is written out once."""
    if not terms:
        return []
    needles = [(term.values[0].casefold(), not term.negated) for term in terms]

    def holds(record: RequestRecord) -> bool:
        text = haystack(record)
        return all((needle in text) is wanted for needle, wanted in needles)

    return [holds]


def _test(name: str, values: Sequence[str]) -> Test | Wrong:
    known = FIELDS.get(name)
    if known is None:
        return Wrong(f"there is no field “{name}”, but there is {_meant(name)}; in quotes it is plain text")
    return _any_of(known, [value for value in values if value])


def _any_of(known: Field, values: Sequence[str]) -> Test | Wrong:
    if not values:
        return Wrong(f"{known.name}: {known.means}; for example {known.name}:{known.example}")
    tests: list[Test] = []
    for value in values:
        made = known.test(value)
        if isinstance(made, str):
            return Wrong(f"{known.name}: {made}")
        tests.append(made)
    return tests[0] if len(tests) == 1 else lambda record: any(test(record) for test in tests)


def _turned(test: Test) -> Test:
    return lambda record: not test(record)


def _meant(name: str) -> str:
    """The field that somebody most likely meant; empty for a word such as `mistral` in `mistral:7b`."""
    near = get_close_matches(name.casefold(), FIELDS, n=1, cutoff=0.75) if name.isalpha() else []
    return near[0] if near else ""


def _split(text: str, parts_at: Callable[[str], bool]) -> list[str]:
    """The pieces between separators that stand outside quotes."""
    pieces, inside = [""], False
    for character in text:
        inside ^= character == QUOTE
        if not inside and parts_at(character):
            pieces.append("")
        else:
            pieces[-1] += character
    return pieces


# ── completion ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Choice:
    """What may stand at the end of a text: `label` as it is listed, `text` the whole text with it."""

    label: str
    text: str


def choices(text: str, known: Callable[[str], Sequence[str]]) -> list[Choice]:
    """How the last word can go on, by a field or a value; `known` has the values of a field that there are now."""
    word = _split(text, str.isspace)[-1]
    before, sign = text[: len(text) - len(word)], "-" if word.startswith("-") else ""
    name, colon, value = word.removeprefix("-").partition(":")
    if not colon:
        begun = [it for it in FIELDS if it.startswith(name.casefold())]
        return [Choice(f"{it}:", f"{before}{sign}{it}:") for it in begun]
    typed = _split(value, ",".__eq__)[-1]
    kept = text[: len(text) - len(typed)]
    return [Choice(it, kept + quoted(it)) for it in known(name.casefold()) if _goes_on(it, bare(typed))]


def values_of(name: str, records: Iterable[RequestRecord]) -> list[str]:
    """The texts that a field has among some requests, the most frequent first; nothing for numbers."""
    one = FIELDS.get(name)
    if not isinstance(one, TextField):
        return []
    return [text for text, _ in Counter(text for record in records for text in one.read(record) if text).most_common()]


def _goes_on(value: str, typed: str) -> bool:
    return value.casefold().startswith(typed.casefold()) and len(value) > len(typed)
