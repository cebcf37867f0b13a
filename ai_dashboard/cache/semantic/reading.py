"""A prompt, taken apart into what the guards compare. Pure, and no model is asked."""

import re
import unicodedata

from ai_dashboard.cache.semantic.lexicon import CANONICAL
from ai_dashboard.cache.semantic.stems import stem
from ai_dashboard.cache.semantic.words import (
    DATES,
    FILLER,
    NEGATIONS,
    NUMBERS,
    STOP,
    UNITS,
)  # fmt: skip
from ai_dashboard.core.data import dataclass

_FENCE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]+`", re.DOTALL)
_QUOTE = re.compile(r"\"[^\"\n]+\"|“[^”]+”|«[^»]+»|„[^“”]+[“”]|(?<!\w)'[^'\n]+'(?!\w)")
_POLITE = re.compile(
    r"^\s*(?:(?:hi|hello|hey|ok|okay|so|well|please|kindly|thanks)\b[\s,!.]*)*"
    r"(?:(?:can|could|would|will) (?:you|somebody|someone|anyone)(?: please| kindly)? "
    r"(?:tell|explain|show|help|describe|teach|let|give|to|me|us|know|advise| )+"
    r"|(?:can|could|would|will) you(?: please| kindly)?"
    r"|i(?:'d| would) (?:like|love) (?:you )?to (?:know|learn|understand|tell me|explain)"
    r"|i (?:want|need) (?:you )?to (?:know|learn|understand|tell me|explain|find out)"
    r"|(?:tell|show|teach|help) (?:me|us)(?: please)?|do you know|i'm wondering|i was wondering|i wonder)?\b",
    re.IGNORECASE,
)
_CONTRACTIONS = re.compile(r"(?i)\b(ca|wo|sha)?(n['’]t)\b|([a-z]+)(n['’]t)\b")
_NUMBER = re.compile(r"([$€£]?)([-+]?\d[\d.,]*)([^\W\d_]+|[%°][a-z]?)?")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_CAMEL = re.compile(r"[a-z][A-Z]|^[A-Z]{2,}$")
_IDENTIFIER = frozenset("_/\\.@#+=~:<>|&^*")
_EDGES = ".,;:!?()[]{}\"'“”«»…"
_TOKEN = re.compile(r"\S+")
_WORD = re.compile(r"[^\W_]+")
_ASCII = 127
_WHOLE = {"ca": "can", "wo": "will", "sha": "shall"}


@dataclass(frozen=True, slots=True)
class Reading:
    """`words` are all words in order, in lower case; `content` those that carry meaning, as stems, one for all that
    mean the same, in order. `numbers` have their units, `names` are identifiers and proper names, in lower case but for
    flags (`-R`)."""

    codes: tuple[str, ...]
    quotes: tuple[str, ...]
    numbers: tuple[str, ...]
    dates: frozenset[str]
    names: frozenset[str]
    words: tuple[str, ...]
    content: tuple[str, ...]
    stems: frozenset[str]
    scripts: frozenset[str]
    negations: int


def read(prompt: str) -> Reading:
    """Take a prompt apart."""
    text = unicodedata.normalize("NFKC", prompt).replace("’", "'")
    codes = tuple(match[0].strip("`~\n ") for match in _FENCE.finditer(text))
    text = _FENCE.sub(" ", text)
    quotes = tuple(match[0][1:-1].strip() for match in _QUOTE.finditer(text))
    text = _CONTRACTIONS.sub(_in_two, _POLITE.sub("", _QUOTE.sub(" ", text), count=1))
    numbers, names, words = _tokens(text)
    return Reading(
        codes,
        quotes,
        numbers,
        frozenset(word for word in words if word in DATES),
        names,
        words,
        content=tuple(canonical(word) for word in words if word not in STOP and word not in FILLER),
        stems=frozenset(stem(word) for word in words),
        scripts=_scripts(text),
        negations=sum(word in NEGATIONS for word in words),
    )


def canonical(word: str) -> str:
    """The stem that stands for a word and all that mean the same."""
    found = stem(word)
    return CANONICAL.get(found, found)


def _in_two(match: re.Match[str]) -> str:
    """`can't` is two words, and one of them matters."""
    verb = match[3] or _WHOLE.get((match[1] or "").lower(), "")
    return f"{verb} not"


def _tokens(text: str) -> tuple[tuple[str, ...], frozenset[str], tuple[str, ...]]:
    """Numbers, names, and words."""
    numbers: list[str] = []
    names: set[str] = set()
    words: list[str] = []
    opens = after_number = True
    for raw in _TOKEN.findall(text):
        token = raw.strip(_EDGES)
        lower = token.casefold()
        is_number = any(char.isdigit() for char in token) or lower in NUMBERS
        if is_number:
            numbers.append(NUMBERS.get(lower) or _number(token))
        elif after_number and numbers and lower in UNITS:
            numbers[-1] += UNITS[lower]
        elif token.startswith("-") or _CAMEL.search(token) or not _IDENTIFIER.isdisjoint(token):
            names.add(token if token.startswith("-") else lower)
            words.append(lower)
        else:
            if token[:1].isupper() and not opens and lower != "i":
                names.add(lower.removesuffix("'s"))
            words += _WORD.findall(lower)
        opens, after_number = raw[-1] in ".!?:", is_number
    return tuple(numbers), frozenset(names), tuple(words)


def _number(token: str) -> str:
    """A number with its unit, however both are written; a version, a date or a part number as it is."""
    plain = _THOUSANDS.sub("", token.casefold())
    found = _NUMBER.fullmatch(plain)
    if found is None:
        return plain
    unit = found[3] or ""
    return found[2].rstrip(".,") + (UNITS.get(found[1]) or UNITS.get(unit, unit))


def _scripts(text: str) -> frozenset[str]:
    """The writing systems of a text: `LATIN`, `CYRILLIC`, `CJK`, as Unicode names its letters."""
    letters = {char for char in text if ord(char) > _ASCII and char.isalpha()}
    found = {unicodedata.name(char, "").partition(" ")[0] for char in letters}
    return frozenset(found - {"LATIN", "MODIFIER", "MICRO", "FEMININE", "MASCULINE"})
