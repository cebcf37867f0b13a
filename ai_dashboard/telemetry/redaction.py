"""What is taken out of texts before they are kept: keys always, and what points at people where that is asked for.

A text is looked at in pieces that are short: the interpreter does nothing else while a pattern is searched for.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import orjson

from ai_dashboard.core.secrets import is_secret_key, mask

MAX_DEPTH = 60
"""A body that is nested more deeply is looked at as plain text."""

_SECRETS = re.compile(
    r"\b(?:sk-|gsk_|hf_|AIza|xai-|pk-|ghp_|github_pat_|xox[abprs]-)[A-Za-z0-9_-]{12,}"
    r"|\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|(?<=Bearer )[^\s\"',]{8,}"
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.{0,16384}?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
SHORTEST_SECRET = 13
"""Characters of the shortest text in which a key is found: a signed token without a signature."""

_EMAIL = re.compile(r"\b[\w.%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_CARD = re.compile(r"(?<![\d.-])\d(?:[ -]?\d){12,18}(?![\d-]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?=[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{2,39}(?![\w:])")
_IPV4 = re.compile(r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w]|\.\d)")
_QUOTES = re.compile(r"""(?<!\w)(["'`“‘«])((?:(?!["'`”’»]).){48,})(["'`”’»]|\Z)""", re.DOTALL)
_PHONE = re.compile(
    r"(?<![\w.+-])(?<!\d[ .-])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){5,12}"
    r"|\(?0?\d{2,4}\)?[ .-]\d{3,4}[ .-]\d{3,5})(?![\w-]|[ .]\d)"
)


def _is_card(text: str) -> bool:
    """Whether the last digit of a number is the check digit that cards have (Luhn)."""
    digits = [int(it) for it in text if it.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 and len(set(digits)) > 1


def _is_iban(text: str) -> bool:
    """Whether an account's number leaves the remainder that all have."""
    bare = text.replace(" ", "")
    if not 15 <= len(bare) <= 34:
        return False
    return int("".join(str(int(it, 36)) for it in bare[4:] + bare[:4])) % 97 == 1


def _is_ipv6(text: str) -> bool:
    """Whether it is an address, and no time of day."""
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _always(_text: str) -> bool:
    return True


_PERSONAL: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("email", _EMAIL, _always),
    ("iban", _IBAN, _is_iban),
    ("card", _CARD, _is_card),
    ("ip", _IPV6, _is_ipv6),
    ("ip", _IPV4, _always),
    ("phone", _PHONE, _always),
)
"""What points at people, in the order in which it is looked for."""


def without_secrets(text: str) -> str:
    """The text with keys and tokens masked, as they are shown elsewhere."""
    if len(text) < SHORTEST_SECRET:
        return text
    return _SECRETS.sub(lambda found: mask(found.group()), text)


def without_people(text: str) -> str:
    """The text with keys masked, and `[email]`, `[card]`, … instead of what points at people."""
    text = without_secrets(text)
    for name, pattern, holds in _PERSONAL:
        text = pattern.sub(partial(_named, name, holds), text)
    return text


def without_quotes(text: str) -> str:
    """What somebody else says of a request, as it may stand in a log: keys, addresses of people and numbers of theirs
    taken out, and long quotes, which are of a prompt more often than not. Addresses of machines stay: they say where
    it went wrong."""
    text = _QUOTES.sub(lambda found: f"{found[1]}[{len(found[2])} characters]{found[3]}", without_secrets(text))
    for name, pattern, holds in _PERSONAL:
        if name != "ip":
            text = pattern.sub(partial(_named, name, holds), text)
    return text


def _named(name: str, holds: Callable[[str], bool], found: re.Match[str]) -> str:
    return f"[{name}]" if holds(found.group()) else found.group()


def redacted_body(body: bytes) -> str:
    """A body as it may be kept: every text of its JSON redacted, and what stands under a key such as `api_key` masked
    whole. A stream of events is folded first, since what comes in pieces cannot be recognised piece by piece."""
    if body.lstrip()[:5] in {b"data:", b"event"}:
        return orjson.dumps(_clean(fold_events(body)), option=orjson.OPT_SORT_KEYS).decode()
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return "\n".join(without_people(line) for line in body.decode("utf-8", "replace").split("\n"))
    return orjson.dumps(_clean(value)).decode()


def fold_events(body: bytes) -> dict[str, Any]:
    """A stream's texts by their places in its events, each put together from all events; what is the same in all of
    them is there once."""
    pieces: dict[str, list[Any]] = {}
    for line in body.split(b"\n"):
        data = line.removeprefix(b"data:").strip()
        if not line.startswith(b"data:") or data == b"[DONE]":
            continue
        try:
            event = orjson.loads(data)
        except orjson.JSONDecodeError:
            event = {"unreadable": data.decode("utf-8", "replace")}
        for place, value in _leaves(event):
            pieces.setdefault(place, []).append(value)
    return {place: _folded(values) for place, values in pieces.items()}


def _folded(values: list[Any]) -> Any:  # noqa: ANN401 - JSON
    texts = [value for value in values if isinstance(value, str)]
    if all(value == values[0] for value in values):
        return values[0]
    return "".join(texts) if texts else values[-1]


def _leaves(value: object, place: str = "", depth: int = 0) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict) and depth < MAX_DEPTH:
        for key, below in value.items():
            yield from _leaves(below, f"{place}.{key}" if place else key, depth + 1)
    elif isinstance(value, list) and depth < MAX_DEPTH:
        for number, below in enumerate(value):
            yield from _leaves(below, f"{place}.{number}", depth + 1)
    elif value is not None:
        yield place, value if isinstance(value, str | int | float) else orjson.dumps(value).decode()


def _clean(value: object, depth: int = 0) -> object:
    if isinstance(value, str):
        return without_people(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        text = str(value)
        return text if (text := without_people(text)) != str(value) else value
    if depth >= MAX_DEPTH:
        return without_people(orjson.dumps(value).decode())
    if isinstance(value, dict):
        return {
            without_people(key): mask(str(below)) if _hides(key, below) else _clean(below, depth + 1)
            for key, below in value.items()
        }
    if isinstance(value, list):
        return [_clean(below, depth + 1) for below in value]
    return value


def _hides(key: str, value: object) -> bool:
    """Whether it is a secret going by its name; `max_tokens` is none, however it is called."""
    return isinstance(value, str) and bool(value) and is_secret_key(key.rpartition(".")[2])
