"""Whether an audit log is whole: every entry as it was written, in order, none missing, none put in between."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ai_dashboard.core.data import dataclass
from ai_dashboard.telemetry.audit import MISSING, REPAIRED, Entry, Segment, digest, head, segments, sound


@dataclass(frozen=True, slots=True)
class Verdict:
    """`problems` say what is not as it was written; `notes` what crashes have left, which is accounted for."""

    entries: int
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def verify(folder: Path) -> Verdict:
    """Read the whole log. Raises `OSError`."""
    known_seq, known_hash = head(folder)  # before the entries: there may be more by the time they are read
    found = [segment for segment in segments(folder) if segment.size]
    entries = [(segment, entry) for segment in found for line in segment.lines if (entry := sound(line)) is not None]
    problems = [*_breaks(entries), *_altered(found)]
    notes: list[str] = []
    for segment, following in zip(found, [*found[1:], None], strict=False):
        if segment.damaged:
            said, well = _of_damage(segment, following)
            (notes if well else problems).append(said)
    last = entries[-1][1].seq if entries else 0
    if known_seq > last:
        problems.append(f"{known_seq - last} entries at the end are missing: entry {known_seq} was written")
    problems += [
        f"entry {entry.seq} is not the one that was written"
        for _, entry in entries
        if entry.seq == known_seq and entry.hash != known_hash
    ]
    problems += [f"{entry.details[0]} (entry {entry.seq} says so)" for _, entry in entries if entry.what == MISSING]
    return Verdict(len(entries), tuple(problems), tuple(notes))


def _breaks(entries: Sequence[tuple[Segment, Entry]]) -> Iterator[str]:
    """Where one entry does not follow from the one before."""
    seq, previous = 0, ""
    for segment, entry in entries:
        if entry.seq != seq + 1:
            yield f"{segment.path.name}: entry {entry.seq} follows entry {seq}"
        elif entry.previous != previous:
            yield f"{segment.path.name}: entry {entry.seq} was not written after this entry {seq}"
        seq, previous = entry.seq, entry.hash


def _altered(found: Sequence[Segment]) -> Iterator[str]:
    """Lines that are no entries, other than at the end of a segment."""
    for segment in found:
        for number, line in enumerate(segment.lines, 1):
            if sound(line) is None and (segment.torn or number < len(segment.lines)):
                yield f"{segment.path.name}: line {number} is not what was written"


def _of_damage(segment: Segment, following: Segment | None) -> tuple[str, bool]:
    """What is said of an end that is no entry, and whether it is accounted for."""
    name, size = segment.path.name, len(segment.damaged)
    if following is None:
        whole = bool(not segment.torn)
        state = "is not what was written" if whole else "was never finished; the next entry begins a new segment"
        return f"{name}: its last entry ({size} bytes) {state}", not whole
    first = sound(following.lines[0]) if following.lines else None
    if first is None or first.what != REPAIRED or first.subject != name or digest(segment.damaged) not in first.details:
        return f"{name}: its last {size} bytes are no entry, and nothing says why", False
    return f"{name}: its last entry ({size} bytes) was never finished, which entry {first.seq} says", True
