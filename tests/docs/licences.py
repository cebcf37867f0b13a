"""`docs/licenses.md`: what comes along with an installation, and under which licence.

Needs the standard library alone, so that `./dev licenses` can run it in an environment with all extras and nothing
else: `python tests/docs/licences.py` there prints the page.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution

US = "ai-dashboard"

HEAD = """\
# Licences

ai-dashboard is MIT. What it installs is listed here with the licence that each package states of itself. Made by
`./dev licenses` from a fresh installation with all extras, and never edited by hand. What an installation has depends
on the system and the day; a test holds what is installed to the licences that may come along.

"""

ALIASES = (
    (r"^(the )?mit\b.*|^expat.*", "MIT"),
    (r"^(3-clause|new|modified) bsd.*|^bsd[- ]3.*", "BSD-3-Clause"),
    (r"^(2-clause|simplified) bsd.*|^bsd[- ]2.*", "BSD-2-Clause"),
    (r"^apache.*", "Apache-2.0"),
    (r"^(isc)\b.*", "ISC"),
    (r"^mozilla.*|^mpl.*", "MPL-2.0"),
    (r"^(python software foundation|psf).*", "PSF-2.0"),
    (r"^bsd.*", "BSD"),
)

_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?[^;]*(?:;\s*(.*))?$")
_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")


@dataclass(frozen=True, slots=True)
class Row:
    """A package that comes along, and why: the extra that brings it, "" for what always comes."""

    name: str
    licence: str
    extra: str


def rows(extras: tuple[str, ...]) -> list[Row]:
    """What is installed because of us, always and with each of these extras. What is not installed is left out: it is
    for another system, or nobody asked for it."""
    always = _closure(US, "")
    found = [Row(name, licence_of(distribution(name)), "") for name in sorted(always)]
    for extra in extras:
        more = _closure(US, extra) - always
        found += [Row(name, licence_of(distribution(name)), extra) for name in sorted(more)]
    return found


def page(found: list[Row]) -> str:
    """The whole page."""
    text = HEAD
    for extra in dict.fromkeys(row.extra for row in found):
        title = f"With `[{extra}]`" if extra else "Always"
        text += f"## {title}\n\n| package | licence |\n|---|---|\n"
        text += "".join(f"| {row.name} | {row.licence} |\n" for row in found if row.extra == extra) + "\n"
    return text.rstrip() + "\n"


def extras_of(name: str = US) -> tuple[str, ...]:
    """What can be installed beyond the usual, but for what only developers need."""
    return tuple(extra for extra in distribution(name).metadata.get_all("Provides-Extra", []) if extra != "dev")


def licence_of(package: Distribution) -> str:
    """As SPDX writes it, where that can be told: what the package says, else how the file of its licence begins."""
    if expression := _field(package, "License-Expression"):
        return expression
    said = _classified(package) or _field(package, "License") or _text(package)
    first = said.strip().partition("\n")[0]
    return (first if " OR " in first or " AND " in first else _spdx(first)) or "unknown"


def _field(package: Distribution, name: str) -> str:
    return str((package.metadata.get_all(name) or [""])[0])


def _text(package: Distribution) -> str:
    files = [file for file in package.files or () if file.name.upper().startswith("LICEN")]
    return files[0].read_text() if files else ""


def _spdx(words: str) -> str:
    return next((name for pattern, name in ALIASES if re.match(pattern, words, re.IGNORECASE)), words)


def _classified(package: Distribution) -> str:
    words = [
        line.rpartition(" :: ")[2]
        for line in package.metadata.get_all("Classifier", [])
        if line.startswith("License :: ")
    ]
    return " AND ".join(_spdx(word) for word in words if word != "OSI Approved")


def _closure(name: str, extra: str) -> set[str]:
    """Everything installed that a package needs, itself not included."""
    seen: set[tuple[str, str]] = set()
    left = [(name, extra)]
    while left:
        package, wanted = left.pop()
        if (package, wanted) in seen:
            continue
        seen.add((package, wanted))
        left += _needs(package, wanted)
    return {package for package, _ in seen if package != _canonical(name)}


def _needs(package: str, extra: str) -> Iterator[tuple[str, str]]:
    for line in distribution(package).requires or ():
        found = _REQUIREMENT.match(line)
        if found is None:
            raise ValueError(f"{package} needs {line!r}, which cannot be read")
        named, extras, condition = found.groups()
        asked = _EXTRA.search(condition or "")
        if asked is not None and asked[1] != extra:
            continue
        name = _canonical(named)
        try:
            distribution(name)
        except PackageNotFoundError:
            continue
        yield name, ""
        for word in (extras or "").split(","):
            if word.strip():
                yield name, word.strip()


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.stdout.write(page(rows(extras_of())))
