"""The table of what survives between any two dialects, and the document that is made of it.

Each cell is looked at once: what works is a tick, what cannot be expressed a dash with a numbered reason. A check that
ends in any other way has found a mistake, and the run fails with it.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ai_dashboard.core.chat import DialectName
from tests.contract.callers.base import Caller, NoWord
from tests.contract.stage import Watched, World

DOCUMENT = Path(__file__).parents[2] / "docs" / "dialects.md"
WRITE = "WRITE_DIALECTS"
"""Set in the environment, it lets the run write the document anew."""

DIALECTS: tuple[DialectName, ...] = ("openai", "anthropic", "google", "ollama")

HEAD = f"""\
# What survives between dialects

Written by the contract tests: the official clients speak with a running gateway, and behind it stands a simulated
provider of each dialect that is watched. Nothing here is written by hand. Made anew with
`{WRITE}=1 ./dev test tests/contract`.

One table for each client; the columns are the dialects of the provider that answers. **✓** means that the run has seen
it work, whole and streamed where both apply. For images, schemas, stop sequences, temperature and seed that is: the
provider was told, in its own words. **–** means that it cannot be expressed; the number says why. What cannot be told
to a provider is never left out silently: the reply says so in `x-warnings`, and with `x-strict: true` the ask is
refused with 400 instead.

The provider in the first column speaks OpenAI's dialect as vLLM, llama.cpp and most services do; OpenAI's own service
takes fewer fields.
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """One cell while it is looked at: who asks, who answers, and the world around them. `guarded` is a world that asks
    for a key and has little room; `guest` has its key, `stranger` another one."""

    caller: Caller
    provider: Watched
    world: World
    guarded: World
    guest: Caller
    stranger: Caller


class Inexpressible(Exception):
    """The provider cannot be told, or cannot say. Carries the reason."""


Check = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Feature:
    """One row. The check raises `NoWord` or `Inexpressible` with a reason for a dash."""

    title: str
    check: Check


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in the tables."""

    caller: str
    feature: Feature
    dialect: DialectName

    def __str__(self) -> str:
        return f"{self.feature.title} | {self.caller} to {self.dialect}"


@dataclass(slots=True)
class Matrix:
    """What was found, cell by cell: the reason of each dash, "" for a tick."""

    world: World
    guarded: World
    callers: Mapping[str, Caller]
    guests: Mapping[str, Caller]
    strangers: Mapping[str, Caller]
    found: dict[Cell, str] = field(default_factory=dict)

    async def look(self, cell: Cell) -> str:
        """The reason why a cell is a dash, "" for a tick. Looked at once; a failure is no result and is raised."""
        if cell not in self.found:
            name = cell.caller
            scene = Scene(
                self.callers[name],
                self.world.provider(cell.dialect),
                self.world,
                self.guarded,
                self.guests[name],
                self.strangers[name],
            )
            self.found[cell] = await _looked_at(cell, scene)
        return self.found[cell]

    def document(self, features: Iterable[Feature]) -> str:
        """The whole of the document. Raises `KeyError` for a cell that nobody has looked at."""
        numbers: dict[str, int] = {}
        tables: list[str] = []
        for name, caller in self.callers.items():
            lines = [f"## {caller.title}", "", _row(["", *DIALECTS]), _row(["---", *(":-:" for _ in DIALECTS)])]
            for feature in features:
                reasons = [self.found[Cell(name, feature, dialect)] for dialect in DIALECTS]
                marks = [f"– {numbers.setdefault(why, len(numbers) + 1)}" if why else "✓" for why in reasons]
                lines.append(_row([feature.title, *marks]))
            tables.append("\n".join(lines) + "\n")
        why = "\n".join(f"{number}. cannot be expressed: {reason}" for reason, number in numbers.items())
        return "\n".join([HEAD, *tables, "## Why not", "", why, ""])


async def _looked_at(cell: Cell, scene: Scene) -> str:
    try:
        await cell.feature.check(scene)
    except (NoWord, Inexpressible) as cannot:
        return str(cannot)
    return ""


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
