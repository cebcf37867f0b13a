import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from ai_dashboard.core.screen import ThemeName
from ai_dashboard.tui.ink import Ink
from ai_dashboard.tui.theme import DEFAULTS, THEMES, cursor_style, ink_styles, opposite, theme_for, yaml_theme

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


def test_without_colour_weight_and_reversal_tell_what_colour_would() -> None:
    styles = ink_styles({}, colour=False)
    assert all(style.color is None and style.bgcolor is None for style in styles.values())
    assert styles[Ink.BAD].bold
    assert styles[Ink.DIM].dim
    assert cursor_style({}, colour=False).reverse


@pytest.mark.parametrize(
    ("name", "few", "theme"),
    [
        ("auto", False, "centre-dark"),
        ("auto", True, "ansi-dark"),
        ("dark", True, "centre-dark"),
        ("light", False, "centre-light"),
        ("ansi-light", False, "ansi-light"),
    ],
)
def test_the_theme_that_was_asked_for(name: ThemeName, few: bool, theme: str) -> None:
    assert theme_for(name, few_colours=few) == theme


def test_dark_and_light_turn_into_each_other_in_as_many_colours() -> None:
    known = {theme.name: theme for theme in THEMES} | BUILTIN_THEMES
    turned = {
        name: opposite(known[name]) for name in ("centre-dark", "centre-light", "ansi-dark", "ansi-light", "nord")
    }
    assert turned == {
        "centre-dark": "centre-light",
        "centre-light": "centre-dark",
        "ansi-dark": "ansi-light",
        "ansi-light": "ansi-dark",
        "nord": "centre-light",
    }
