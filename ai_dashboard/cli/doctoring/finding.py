"""What a check has found."""

from enum import StrEnum

from ai_dashboard.core.data import dataclass


class Level(StrEnum):
    """`problem` keeps something that is asked for from working, `warning` is likely a mistake or becomes one,
    `note` is worth knowing, `ok` was looked at and is well."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing. `fix` says what to do, in the imperative; every warning and every problem has one."""

    check: str
    level: Level
    text: str
    fix: str = ""
