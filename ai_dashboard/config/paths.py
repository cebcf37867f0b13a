"""Paths to values as people write them: `providers.ollama.status`, `exact_matches.llama3.1:8b.provider`.

Dots stand between keys, and keys may hold dots themselves, so a path only means something in a document: words that are
no key are joined with those after them until they are one. Quotes keep a key together: `exact_matches."llama3.1:8b"`.
"""

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from ai_dashboard.config.yaml_tree import Data

Path = tuple[str | int, ...]

_WORD = re.compile(r"\"([^\"]*)\"|'([^']*)'|([^.\"'][^.]*)")


class PathProblem(Exception):
    """A path that leads nowhere, or to several places. The message is for people."""


def resolve(data: Data, text: str) -> Path:
    """The one value that a path means. Raises `PathProblem` when there is none, or more than one."""
    path = find(data, text)
    if not _leads(data, path):
        *above, missing = path
        raise PathProblem(_nothing(data, text, above, missing))
    return path


def find(data: Data, text: str) -> Path:
    """The value that a path means, or where it would be if it were there: what is known of the path, and the rest word
    by word. Raises `PathProblem` for what is no path, or could be several."""
    words = _words(text)
    found = list(dict.fromkeys(_all(data, words)))
    whole = [path for path, left in found if not left]
    if len(whole) > 1:
        raise PathProblem(f"`{text}` could be several values; put the key with dots in quotes")
    if whole:
        return whole[0]
    path, left = min(found, key=lambda way: len(way[1]))
    return (*path, *(word for word, _ in left))


def _words(text: str) -> tuple[tuple[str, bool], ...]:
    """The words between the dots, and whether each was in quotes."""
    words: list[tuple[str, bool]] = []
    at = 0
    while at < len(text):
        word = _WORD.match(text, at)
        if word is None or (word.end() < len(text) and text[word.end()] != "."):
            raise PathProblem(f"`{text}` is no path; it looks like providers.ollama.status")
        words.append((next(group for group in word.groups() if group is not None), word[3] is None))
        at = word.end() + 1
    if not words or text.endswith("."):
        raise PathProblem(f"`{text}` is no path; it looks like providers.ollama.status")
    return tuple(words)


Words = tuple[tuple[str, bool], ...]


def _all(data: Data, words: Words) -> Iterator[tuple[Path, Words]]:
    """Every way into the data, with the words that are left where it ends."""
    ended = True
    if words and isinstance(data, dict):
        for count in range(1, len(words) + 1):
            if count > 1 and any(quoted for _, quoted in words[:count]):
                break
            key = ".".join(word for word, _ in words[:count])
            if key in data:
                ended = False
                yield from (((key, *path), left) for path, left in _all(data[key], words[count:]))
    elif words and isinstance(data, list) and (place := _place(words[0][0], len(data))) is not None:
        ended = False
        yield from (((place, *path), left) for path, left in _all(data[place], words[1:]))
    if ended:
        yield (), words


def _place(word: str, length: int) -> int | None:
    return int(word) if word.isascii() and word.isdigit() and len(word) < 7 and int(word) < length else None


def _leads(data: Data, path: Sequence[str | int]) -> bool:
    """Whether there is something at the end of a path that `find` has made."""
    for part in path:
        if isinstance(data, dict) and part in data:
            data = data[str(part)]
        elif isinstance(data, list) and isinstance(part, int):
            data = data[part]
        else:
            return False
    return True


def _nothing(data: Data, text: str, above: Sequence[str | int], missing: str | int) -> str:
    while above and not _leads(data, above):
        *above, missing = above
    for part in above:
        data = data[part] if isinstance(data, list) else data[str(part)] if isinstance(data, dict) else None  # type: ignore[index]
    known = [str(key) for key in data] if isinstance(data, dict) else []
    near = get_close_matches(str(missing), known, n=1)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    return f"there is nothing at `{text}`{hint}"
