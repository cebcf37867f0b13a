"""A unified diff of two texts, made of the texts as they are and shown with their secrets masked: that a key was
changed is seen, the key is not."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from ai_dashboard.core.data import dataclass
from ai_dashboard.tui.editor.masking import masked_lines
from ai_dashboard.tui.ink import Ink, Line

CONTEXT = 3

_INKS = {" ": Ink.DIM, "-": Ink.BAD, "+": Ink.GOOD, "@": Ink.LABEL}


@dataclass(frozen=True, slots=True)
class DiffLine:
    """`sign` is ` `, `-`, `+`, or `@` for a line that says where it goes on."""

    sign: str
    text: str


def unified(old: str, new: str) -> tuple[DiffLine, ...]:
    """What makes `new` of `old`; nothing for texts with the same lines."""
    before, after = _split(old), _split(new)
    shown_before, shown_after = masked_lines(before), masked_lines(after)
    found: list[DiffLine] = []
    for group in _groups(before, after):
        first = group[0]
        found.append(DiffLine("@", f"line {first[1] + 1} → {first[3] + 1}"))
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                found.extend(DiffLine(" ", line) for line in shown_before[old_from:old_to])
                continue
            found.extend(DiffLine("-", line) for line in shown_before[old_from:old_to])
            found.extend(DiffLine("+", line) for line in shown_after[new_from:new_to])
    return tuple(found)


def counted(lines: Sequence[DiffLine]) -> str:
    """`2 lines in, 1 out`."""
    signs = [line.sign for line in lines]
    if not lines:
        return "no difference"
    return f"{signs.count('+')} in, {signs.count('-')} out"


def draw(lines: Sequence[DiffLine]) -> list[Line]:
    """Each line with its sign, which says what the colour says."""
    if not lines:
        return [[("the same, line for line", Ink.DIM)]]
    return [[(f"{line.sign} {line.text}", _INKS[line.sign])] for line in lines]


def _groups(before: Sequence[str], after: Sequence[str]) -> list[list[tuple[str, int, int, int, int]]]:
    """The changes with some lines around each. What is the same at both ends is set aside first, since comparing is
    quadratic in what is left."""
    if before == after:
        return []
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    start = max(same - CONTEXT - 1, 0)
    tail = 0
    while tail < min(len(before), len(after)) - same and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    tail = max(tail - CONTEXT - 1, 0)
    matcher = SequenceMatcher(None, before[start : len(before) - tail], after[start : len(after) - tail])
    return [
        [(tag, a + start, b + start, c + start, d + start) for tag, a, b, c, d in group]
        for group in matcher.get_grouped_opcodes(CONTEXT)
    ]


def _split(text: str) -> list[str]:
    return text.replace("\r\n", "\n").split("\n")
