"""Two themes of our own, calm enough to look at all day, and what the inks look like in any theme.

Colour is kept for states; everything else is text, dimmed text and rules. Textual's own themes work as well, the ones
for 16 colours included: what they lack is in `DEFAULTS`. Without colour, weight and reversal tell what colour would.
"""

from collections.abc import Mapping

from rich.style import Style
from textual.color import Color
from textual.theme import Theme
from textual.widgets.text_area import TextAreaTheme

from ai_dashboard.core.screen import ThemeName
from ai_dashboard.tui.ink import Ink

DARK = Theme(
    name="centre-dark",
    dark=True,
    primary="#7aa2d8",
    secondary="#a48fd0",
    accent="#7aa2d8",
    foreground="#c9ced6",
    background="#101318",
    surface="#151a21",
    panel="#1d232c",
    success="#83b97c",
    warning="#d8a657",
    error="#e5736f",
    variables={"dim": "#7d8794", "rule": "#333c48", "cursor": "#243044"},
)

LIGHT = Theme(
    name="centre-light",
    dark=False,
    primary="#2f62a8",
    secondary="#74519c",
    accent="#2f62a8",
    foreground="#2a2f36",
    background="#fbfbf9",
    surface="#f3f3f0",
    panel="#e9e9e5",
    success="#39772f",
    warning="#8f5f00",
    error="#b8322d",
    variables={"dim": "#626a75", "rule": "#c9ccd0", "cursor": "#dce6f3"},
)

THEMES = (DARK, LIGHT)

DEFAULTS = {"dim": "ansi_bright_black", "rule": "ansi_bright_black", "cursor": "ansi_blue"}
"""Our variables for themes that do not define them."""


_OPPOSITE = {DARK.name: LIGHT.name, LIGHT.name: DARK.name, "ansi-dark": "ansi-light", "ansi-light": "ansi-dark"}


def theme_for(name: ThemeName, *, few_colours: bool) -> str:
    """The theme that somebody has asked for; `auto` keeps to the colours that there are."""
    match name:
        case "auto":
            return "ansi-dark" if few_colours else DARK.name
        case "dark":
            return DARK.name
        case "light":
            return LIGHT.name
        case "ansi-dark" | "ansi-light":
            return name


def opposite(theme: Theme) -> str:
    """The light theme for a dark one, and the other way round, in as many colours."""
    return _OPPOSITE.get(theme.name, LIGHT.name if theme.dark else DARK.name)


CURSOR = "cursor"
"""The variable that holds the background of the selected line."""

# The variable that colours each ink, and whether it is bold. State inks are bold where somebody has to act.
_INKS: dict[Ink, tuple[str, bool]] = {
    Ink.PLAIN: ("foreground", False),
    Ink.STRONG: ("foreground", True),
    Ink.DIM: ("dim", False),
    Ink.LABEL: ("dim", False),
    Ink.RULE: ("rule", False),
    Ink.KEY: ("accent", True),
    Ink.GOOD: ("success", False),
    Ink.WARN: ("warning", False),
    Ink.BAD: ("error", True),
    Ink.FIRST: ("primary", False),
    Ink.SECOND: ("secondary", False),
}


_FAINT = frozenset({Ink.DIM, Ink.LABEL, Ink.RULE})
_HEAVY = frozenset({Ink.STRONG, Ink.KEY, Ink.BAD, Ink.WARN})


def ink_styles(variables: Mapping[str, str], *, colour: bool = True) -> dict[Ink, Style]:
    """What each ink looks like under a theme's variables, or without any colour."""
    if not colour:
        return {ink: Style(bold=ink in _HEAVY or None, dim=ink in _FAINT or None) for ink in Ink}
    return {
        ink: Style(color=Color.parse(variables[name]).rich_color, bold=bold or None)
        for ink, (name, bold) in _INKS.items()
    }


def cursor_style(variables: Mapping[str, str], *, colour: bool = True) -> Style:
    """What the selected line looks like behind its text."""
    if not colour:
        return Style(reverse=True)
    return Style(bgcolor=Color.parse(variables[CURSOR]).rich_color)


def yaml_theme(theme: Theme) -> TextAreaTheme:
    """How YAML is coloured under a theme. Keys, values and comments differ; punctuation keeps quiet."""
    variables = DEFAULTS | theme.variables
    dim = _rich(variables["dim"])
    return TextAreaTheme(
        name=f"yaml-{theme.name}",
        syntax_styles={
            "yaml.field": Style(color=_rich(theme.primary)),
            "string": Style(),
            "number": Style(color=_rich(theme.secondary or theme.primary)),
            "boolean": Style(color=_rich(theme.secondary or theme.primary)),
            "constant.builtin": Style(color=_rich(theme.secondary or theme.primary)),
            "comment": Style(color=dim, italic=True),
            "type": Style(color=_rich(theme.secondary or theme.primary)),
            "error": Style(color=_rich(theme.error or theme.primary), underline=True),
            "punctuation.delimiter": Style(color=dim),
            "punctuation.bracket": Style(color=dim),
        },
    )


def _rich(colour: str) -> str:
    """Rich's name for a colour of the stylesheet."""
    return colour.removeprefix("ansi_")
