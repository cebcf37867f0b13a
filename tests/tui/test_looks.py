"""How every screen looks: characters and paint, held against what somebody has looked at (`tests/tui/looks.py`)."""

import difflib
from collections.abc import Iterator

import pytest
from rich.color import ColorType

from tests.tui.conftest import hurry
from tests.tui.grid import colours_of, written
from tests.tui.looks import FOLDER, SCREENS, SIZES, Looks, name_of, taken

NAMES = [name_of(screen, size) for screen in SCREENS for size in SIZES]


@pytest.fixture(scope="module")
def looks() -> Iterator[Looks]:
    with pytest.MonkeyPatch.context() as patch:
        hurry(patch)
        yield taken()


@pytest.mark.parametrize("name", NAMES)
def test_a_screen_looks_as_somebody_has_seen_it(looks: Looks, name: str) -> None:
    now, seen = written(looks[name]), (FOLDER / f"{name}.txt").read_text()
    difference = "\n".join(difflib.unified_diff(seen.split("\n"), now.split("\n"), "seen", "now", lineterm="", n=0))
    assert now == seen, f"`python -m tests.tui.looks` writes them anew:\n{difference}"


def test_every_grid_is_of_a_screen() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_sixteen_colours_are_those_of_the_terminal(looks: Looks, name: str) -> None:
    assert {colour.type for colour in colours_of(looks[name]["sixteen"])} <= {ColorType.STANDARD}


@pytest.mark.parametrize("name", NAMES)
def test_no_colour_is_no_colour(looks: Looks, name: str) -> None:
    assert colours_of(looks[name]["none"]) == set()


@pytest.mark.parametrize("name", NAMES)
def test_colour_says_nothing_that_characters_do_not(looks: Looks, name: str) -> None:
    assert looks[name]["dark"].text == looks[name]["light"].text == looks[name]["sixteen"].text
