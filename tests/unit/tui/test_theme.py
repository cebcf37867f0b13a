import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from ai_dashboard.tui.ink import Ink
from ai_dashboard.tui.theme import DEFAULTS, THEMES, cursor_style, ink_styles, yaml_theme

READABLE = 4.5
"""Contrast of text according to WCAG 2.1, level AA."""


def variables(theme: Theme) -> dict[str, str]:
    return {**theme.to_color_system().generate(), **DEFAULTS, **theme.variables}


@pytest.mark.parametrize("theme", [*THEMES, *BUILTIN_THEMES.values()], ids=lambda theme: theme.name)
def test_every_ink_has_a_colour_in_every_theme(theme: Theme) -> None:
    styles = ink_styles(variables(theme))
    assert set(styles) == set(Ink)
    assert all(style.color is not None for style in styles.values())
    assert cursor_style(variables(theme)).bgcolor is not None
    assert yaml_theme(theme).syntax_styles["comment"].color is not None


def luminance(colour: Color) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.normalized]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_text_can_be_read(theme: Theme) -> None:
    found = variables(theme)
    for name in ("foreground", "dim", "success", "warning", "error", "primary", "secondary"):
        for behind in ("background", "surface"):
            light, dark = sorted(
                (luminance(Color.parse(found[name])), luminance(Color.parse(found[behind]))), reverse=True
            )
            assert (light + 0.05) / (dark + 0.05) >= READABLE, (name, behind)


def test_one_theme_is_dark_and_one_is_light() -> None:
    assert [theme.dark for theme in THEMES] == [True, False]
