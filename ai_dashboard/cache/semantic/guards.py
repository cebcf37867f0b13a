"""What two prompts must agree in before the answer to one is given to the other. Similarity cannot tell "enable" from
"disable": vectors see what a prompt is about, and hardly what it says of it. So these look at the words.

They err on the side of asking again. A pair passes when both say the same in content, whatever the order, the endings
and the small words; or when they are worded so differently that no template with another filling can be behind it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from ai_dashboard.cache.semantic.lexicon import AXES, PREFIXES
from ai_dashboard.cache.semantic.reading import Reading, canonical, read
from ai_dashboard.cache.semantic.words import (
    ABLE,
    DIRECTIONAL,
    FILLER,
    FIRST_PERSON,
    FUTURE,
    INTERROGATIVES,
    LANGUAGES,
    OBLIGED,
    PAST,
    POSSESSIVES,
    QUANTITIES,
    SECOND_PERSON,
    SIGNIFICANT,
    STOP,
)  # fmt: skip

REWORDED_FROM = 3
"""Words on each side that the other lacks: fewer than this are one thing put in the place of another."""

REWORDED_SHARE = 0.5
"""And when more than this share of the words is common, they are the same template all the same."""

REWORDED = "reworded"

Guard = Callable[[Reading, Reading], bool]
"""Whether two prompts agree."""


def disagreement(one: str | Reading, other: str | Reading) -> str | None:
    """The first thing in which two prompts do not agree, None when there is nothing. `REWORDED` says that they share so
    few words that nothing but their similarity speaks for them."""
    a = read(one) if isinstance(one, str) else one
    b = read(other) if isinstance(other, str) else other
    if a.words == b.words and a.numbers == b.numbers and a.quotes == b.quotes and a.codes == b.codes:
        return None if a.names == b.names else "names"
    differs = next((name for name, agree in GUARDS if not agree(a, b)), None)
    return REWORDED if differs is None and Counter(a.content) != Counter(b.content) else differs


def _names(a: Reading, b: Reading) -> bool:
    """A name on one side stands on the other, too, perhaps in small letters."""
    return a.names - b.names <= set(b.words) and b.names - a.names <= set(a.words)


def _negations(a: Reading, b: Reading) -> bool:
    return a.negations == b.negations


def _opposites(a: Reading, b: Reading) -> bool:
    """No word of one has its opposite in the other, unless both have both."""
    ours, theirs = _poles(a), _poles(b)
    for axis in ours.keys() & theirs.keys():
        if ours[axis] != theirs[axis]:
            return False
    return not (_negated(a.stems, b.stems) or _negated(b.stems, a.stems))


def _poles(reading: Reading) -> dict[int, frozenset[int]]:
    found: dict[int, frozenset[int]] = {}
    for word in reading.stems:
        for axis, pole in AXES.get(word, ()):
            found[axis] = found.get(axis, frozenset()) | {pole}
    return found


def _negated(words: frozenset[str], others: frozenset[str]) -> bool:
    """Whether one says `possible` where the other says `impossible`."""
    return any(prefix + word in others - words for word in words - others for prefix in PREFIXES)


def _questions(a: Reading, b: Reading) -> bool:
    """Who, when, where and why; how many and how much; whether one can and whether one should; was, is and will be."""
    return all(of(a) == of(b) for of in (_asked, _modal, _tense))


def _asked(reading: Reading) -> Counter[str]:
    words = reading.words
    behind_how = (f"how {after}" for before, after in _pairs(words) if before == "how" and after in QUANTITIES)
    return Counter([*(word for word in words if word in INTERROGATIVES), *behind_how])


def _modal(reading: Reading) -> str:
    """Of a question for yes or no, or behind `what` and `when`: whether it is about a duty or a possibility."""
    words = reading.words
    for number, word in enumerate(words):
        if word in OBLIGED and word not in ("have", "has", "need", "needs"):
            return "duty"
        if number == 0 and word in ABLE and words[1:2] != ("you",):  # `can you …` is a wish, and no question
            return "ability"
    return "duty" if ("have", "to") in set(_pairs(words)) and words[:1] in (("do",), ("does",)) else ""


def _tense(reading: Reading) -> tuple[bool, bool]:
    words = set(reading.words)
    return not words.isdisjoint(PAST), not words.isdisjoint(FUTURE)


def _persons(a: Reading, b: Reading) -> bool:
    """Whose it is; and who does it to whom, where both `I` and `you` occur."""
    ours, theirs = _owners(a), _owners(b)
    if ours and theirs and ours != theirs:
        return False
    mine, yours = _speakers(a), _speakers(b)
    return not (len(set(mine)) > 1 or len(set(yours)) > 1) or mine == yours


def _owners(reading: Reading) -> frozenset[str]:
    return frozenset(POSSESSIVES[word] for word in reading.words if word in POSSESSIVES)


def _speakers(reading: Reading) -> list[int]:
    people = [word for word in reading.words if word in FIRST_PERSON or word in SECOND_PERSON]
    return [1 if word in FIRST_PERSON else 2 for word in people]


def _relations(a: Reading, b: Reading) -> bool:
    """From, by, without, before: small words that turn a meaning round."""
    ours, theirs = ([word for word in it.words if word in SIGNIFICANT] for it in (a, b))
    return Counter(ours) == Counter(theirs)


def _content(a: Reading, b: Reading) -> bool:
    """The same words; or so many others that it is another wording, and no other filling."""
    ours, theirs = Counter(a.content), Counter(b.content)
    if not ours and not theirs:
        return a.words == b.words  # nothing but small words: then they are what it is about
    only_ours, only_theirs = (ours - theirs).total(), (theirs - ours).total()
    if not only_ours and not only_theirs:
        return True
    common = (ours & theirs).total()
    fewest = min(ours.total(), theirs.total())
    return min(only_ours, only_theirs) >= REWORDED_FROM and common <= REWORDED_SHARE * fewest


def _order(a: Reading, b: Reading) -> bool:
    """Of two things that have changed places, one may be made of the other, owe it, or beat it."""
    if _turned(a, b):
        return False
    if Counter(a.content) != Counter(b.content):
        return True
    moved = [pair for pair in zip(a.content, b.content, strict=True) if pair[0] != pair[1]]
    if len(moved) != 2:  # a phrase that was moved shifts many words, a swap exactly two
        return True
    first, second = moved[0]
    return _is_compound(a, b, first, second) or _is_compound(b, a, second, first)


def _is_compound(long: Reading, short: Reading, thing: str, part: str) -> bool:
    """Whether one says `branch in git` where the other says `git branch`, or `git's branch`."""
    apart = [canonical(word) for word in long.words if word not in _ARTICLES]
    joined = [canonical(word) for word in short.words if word != "s"]
    said = any(apart[at : at + 3] == [thing, link, part] for at in range(len(apart)) for link in _OF)
    return said and (part, thing) in set(pairwise(joined))


def _turned(a: Reading, b: Reading) -> bool:
    ours, theirs = set(_directed(a)), set(_directed(b))
    if any((word, right, left) in theirs for word, left, right in ours):
        return True
    to_a, from_a = {it[2] for it in ours if it[0] in _TO}, {it[2] for it in ours if it[0] == "from"}
    to_b, from_b = {it[2] for it in theirs if it[0] in _TO}, {it[2] for it in theirs if it[0] == "from"}
    return bool(from_a & to_b or to_a & from_b)


_TO = frozenset({"to", "into"})
_OF = ("of", "in", "for", "on")
_ARTICLES = frozenset({"a", "an", "the"})


def _directed(reading: Reading) -> Iterator[tuple[str, str, str]]:
    """A directional word with the nearest thing before and after it, "" where there is none."""
    words = reading.words
    for number, word in enumerate(words):
        if word in DIRECTIONAL:
            yield word, _nearest(words[:number][::-1]), _nearest(words[number + 1 :])


def _nearest(words: Sequence[str]) -> str:
    return next((canonical(word) for word in words if word not in STOP and word not in FILLER), "")


def _pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    return pairwise(words)


GUARDS: tuple[tuple[str, Guard], ...] = (
    ("code", lambda a, b: a.codes == b.codes),
    ("quotes", lambda a, b: Counter(a.quotes) == Counter(b.quotes)),
    ("numbers", lambda a, b: a.numbers == b.numbers),
    ("dates", lambda a, b: a.dates == b.dates),
    ("scripts", lambda a, b: a.scripts == b.scripts),
    ("languages", lambda a, b: LANGUAGES.intersection(a.words) == LANGUAGES.intersection(b.words)),
    ("names", _names),
    ("negations", _negations),
    ("opposites", _opposites),
    ("questions", _questions),
    ("persons", _persons),
    ("relations", _relations),
    ("content", _content),
    ("order", _order),
)
"""In the order in which they are looked at."""
