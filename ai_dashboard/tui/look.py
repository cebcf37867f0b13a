"""How the screen looks, as the operator wrote it: theme, keys, and how often it looks at the gateway."""

from collections.abc import Sequence

from textual.app import App
from textual.filter import DimFilter, LineFilter, Monochrome, NoColor

from ai_dashboard.core.screen import ScreenSettings
from ai_dashboard.tui.theme import theme_for

UNCHOSEN = "textual-dark"
"""Textual's theme while nobody has said anything."""

SIXTEEN = "standard"
"""What rich calls the colours of a terminal that has no more than sixteen."""


def put_on(app: App[None], settings: ScreenSettings, before: ScreenSettings | None) -> None:
    """Look like that. What is as `before` stays as it is now: somebody may have switched the theme meanwhile."""
    chosen_elsewhere = before is None and settings.theme == "auto" and app.theme != UNCHOSEN  # by TEXTUAL_THEME
    if not chosen_elsewhere and (before is None or settings.theme != before.theme):
        few = app.no_color or app.console.color_system == SIXTEEN
        app.theme = theme_for(settings.theme, few_colours=few)
    if before is None or settings.keys != before.keys:
        app.set_keymap(dict(settings.keys))


def colourless(filters: Sequence[LineFilter]) -> list[LineFilter]:
    """What Textual's lines go through when nobody wants colour. Its own way are shades of grey, which are colours too,
    and dimmed text in a colour of its own."""
    return [*(it for it in filters if not isinstance(it, (Monochrome, NoColor, DimFilter))), NoColor()]
