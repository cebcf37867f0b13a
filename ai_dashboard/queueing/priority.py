"""How urgent a request is, and how that grows while it waits."""

from enum import IntEnum


class Priority(IntEnum):
    """Five levels; the higher is served first."""

    BULK = 0
    LOW = 1
    NORMAL = 2
    HIGH = 3
    CRITICAL = 4


TOP = Priority.CRITICAL


def priority_of(text: str) -> Priority | None:
    """A level by its name in any case, or by its number; None for anything else."""
    if text.isdecimal() and len(text) == 1 and int(text) <= TOP:
        return Priority(int(text))
    return Priority.__members__.get(text.upper())


def due_at(since: float, priority: Priority, deadline: float | None, age_boost_s: float) -> float:
    """When a request that joined at `since` counts as overdue: once it has risen to the top, or half of the time is
    gone in which there is any sense in serving it. One that is critical from the start is overdue at once."""
    risen = since + (TOP - priority) * age_boost_s
    return risen if deadline is None else min(risen, since + (deadline - since) / 2)


def promoted_at(since: float, priority: Priority, level: int, age_boost_s: float) -> float | None:
    """When a request that joined at `since` with `priority` rises above `level`; None at the top.

    It rises one level every `age_boost_s` seconds, so whatever waits is at the top in the end, and served in the order
    in which it came from then on: nothing starves.
    """
    return None if level >= TOP else since + (level - priority + 1) * age_boost_s
