"""The code blocks of the documents, as they stand there.

A fence says in which language its block is: `sh`, `console`, `python`, `yaml` and `json` are tried, a block without a
language is a picture of text. `no-run: REASON` behind the language keeps a block from being tried, for a reason.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

NO_RUN = "no-run:"

_FILE = re.compile(r"# ([\w-]+(?:/[\w-]+)+\.(?:py|sh))\n")
_FENCE = re.compile(r"^( *)(`{3,})(.*)$")


@dataclass(frozen=True, slots=True)
class Block:
    """`line` is the one of the fence, counted from 1; `why_not` the reason for not trying it, "" for most."""

    document: Path
    line: int
    language: str
    why_not: str
    text: str

    def __str__(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}"


def file_of(block: Block) -> str:
    """The file that a block is the text of, "" for all others: such a block begins with `# folder/file.ending`."""
    found = _FILE.match(block.text)
    return found[1] if found is not None else ""


def documents() -> list[Path]:
    """Everything that is written for people."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(document: Path) -> Iterator[Block]:
    """All blocks of a document, from top to bottom."""
    opened: tuple[int, str, str, str] | None = None
    lines: list[str] = []
    for number, line in enumerate(document.read_text().splitlines(), 1):
        fence = _FENCE.match(line)
        match opened:
            case None if fence is not None:
                opened, lines = (number, fence[1], fence[2], fence[3]), []
            case (began, indent, ticks, words) if fence is not None and fence[2] == ticks and not fence[3]:
                language, _, rest = words.strip().partition(" ")
                why_not = rest.removeprefix(NO_RUN).strip() if rest.startswith(NO_RUN) else ""
                text = "\n".join(one.removeprefix(indent) for one in lines) + "\n"
                yield Block(document, began, language, why_not, text)
                opened = None
            case _:
                lines.append(line)


def blocks_in(*languages: str) -> list[Block]:
    """All blocks that are to be tried as they are in one of these languages; files are tried where they belong."""
    return [it for document in documents() for it in blocks(document) if it.language in languages and is_tried(it)]


def is_tried(block: Block) -> bool:
    """Whether a block is tried by itself."""
    return not (block.why_not or file_of(block))
