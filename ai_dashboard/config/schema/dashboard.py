"""`dashboard.yaml`: how the screen looks, and which keys it listens to."""

from typing import Annotated

from pydantic import AliasChoices, Field

from ai_dashboard.config.schema.base import Section, Words
from ai_dashboard.core.screen import ThemeName


class DashboardSettings(Section):
    """The whole of `dashboard.yaml`. Every key has a default."""

    theme: ThemeName = "auto"
    """`dark` or `light`; `ansi-dark` and `ansi-light` use the 16 colours that the terminal itself is set to. `auto` is
    dark, and `ansi-dark` where the terminal has no more colours or `NO_COLOR` is set."""
    refresh_s: Annotated[float, Field(ge=0.25, le=60)] = 1
    """Seconds between two looks at the gateway; four times as long while nobody looks at the terminal."""
    compact: bool = False
    """Whether the overview is one line for each provider however much room there is, as with `--compact`."""
    keymap: dict[str, Words] = Field(default_factory=dict, validation_alias=AliasChoices("keys", "keymap"))
    """Keys of your own for actions, such as `requests.copy: ctrl+y` or `move.down: [j, down]`, instead of their usual
    ones. `ai-dashboard` shows the ids of all actions in its help (`?`)."""
