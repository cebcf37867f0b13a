"""`logging` in `gateway.yaml`: what the gateway tells of itself while it runs."""

from typing import Literal

from ai_dashboard.config.schema.base import Count, Positive, Section
from ai_dashboard.core.logs import LogLevel


class LogSettings(Section):
    """Events as lines of JSON, and in the memory of the gateway."""

    level: LogLevel = LogLevel.INFO
    """The least that is told. `debug` has two lines for every request; all others are about what goes wrong or
    changes."""
    file: Literal["screen", "always", "never"] = "screen"
    """Whether lines are kept in the state folder: under the screen, which has no room for them, `always`, or `never`.
    Takes effect at the next start."""
    max_mb: Positive = 10
    """MiB after which a file is put aside and a new one begun."""
    keep_files: Count = 5
    """Files that are kept beside the one that is written."""
