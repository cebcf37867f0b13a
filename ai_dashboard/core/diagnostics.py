"""What is wrong, doubtful or worth knowing about a configuration, with the place and the fix."""

from enum import StrEnum

from ai_dashboard.core.data import dataclass


class Severity(StrEnum):
    """`error` refuses to load, `warning` loads and is likely a mistake, `info` is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `line` and `column` count from 1 (0 when there is no place in a file); `path` is dotted
    (`providers.ollama.base_url`); `fix` says what to do, in the imperative."""

    severity: Severity
    file: str
    line: int
    column: int
    path: str
    message: str
    fix: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        fix = f" ({self.fix})" if self.fix else ""
        return f"{place}: {self.severity}: {self.path + ': ' if self.path else ''}{self.message}{fix}"
