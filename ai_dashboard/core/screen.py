"""How the screen looks and which keys it listens to, as the operator wrote it. It travels with every picture, so that a
screen that is attached from elsewhere looks the same."""

from typing import Literal

from ai_dashboard.core.data import dataclass

ThemeName = Literal["auto", "dark", "light", "ansi-dark", "ansi-light"]
"""`auto` is dark, in the terminal's own 16 colours where it has no more or none are wanted."""


@dataclass(frozen=True, slots=True)
class ScreenSettings:
    """`refresh_s` is the time between two looks at the gateway; `compact` shows one line for each provider however much
    room there is; `keys` holds actions by their id with the keys that they listen to instead of their usual ones, as
    Textual spells them, with commas between them."""

    theme: ThemeName = "auto"
    refresh_s: float = 1.0
    compact: bool = False
    keys: tuple[tuple[str, str], ...] = ()
