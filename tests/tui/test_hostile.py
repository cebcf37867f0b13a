"""Nothing that a provider, a model or a file says reaches the terminal as anything but text."""

import pytest

from ai_dashboard.tui.sanitise import UNSAFE
from tests.tui.conftest import Open
from tests.tui.fakes import HOSTILE, hostile_port, hostile_record

SIZES = ((120, 40), (80, 24), (60, 15), (20, 5))
WAYS = (
    (),
    ("enter",),
    ("down", "enter", "end"),
    ("c",),
    ("c", "d", "j"),
    ("question_mark",),
    ("y",),
    ("slash", "e"),
    ("r",),
    ("2", "j"),
    ("2", "enter", "m", "d", "n"),
    ("3", "enter", "b", "m"),
    ("7", "f", "8", "b", "escape"),
)


@pytest.mark.parametrize("size", SIZES)
async def test_no_unsafe_character_leaves_any_screen(stage: Open, size: tuple[int, int]) -> None:
    async with stage(hostile_port(), size) as on:
        for way in WAYS:
            for key in way:
                await on.press(key)
                assert not any(UNSAFE.search(line) for line in on.lines()), (way, key)
                assert on.fits(), (way, key)
            while len(on.app.screen_stack) > 1:
                on.app.pop_screen()
            await on.press("escape")
        assert on.app.is_running


async def test_it_is_shown_and_not_swallowed(stage: Open) -> None:
    async with stage(hostile_port(), (200, 60)) as on:
        await on.press("down", "enter")
        assert "␛]52;c;ZXZpbA==␇ ␛[2J ␦31m ␛P+q␛\\ [/bold] [@click=app.quit]x[/] ⇄desrever⇄ � ␀␡␍␊␉ 日本語" in on.text()


async def test_a_port_that_fails_with_such_words_is_safe(stage: Open) -> None:
    async with stage(hostile_port()) as on:
        on.port.closed = HOSTILE
        await on.look()
        assert "␛]52;c" in on.text()
        await on.press("c", "escape", "r")
        assert not any(UNSAFE.search(line) for line in on.lines())


async def test_a_copied_command_is_one_printable_line(stage: Open) -> None:
    async with stage(hostile_port()) as on:
        on.port.finished.append(hostile_record(31))
        await on.look()
        await on.press("down", "y")
        assert on.app.clipboard.isprintable()
        assert on.app.clipboard.isascii()


async def test_a_pasted_filter_is_safe(stage: Open) -> None:
    async with stage(hostile_port()) as on:
        await on.press("slash")
        on.app.screen.query_one("#filter").insert("\x1b[2J\u202e", 0)  # type: ignore[attr-defined]
        await on.pilot.pause()
        assert "␛[2J⇄" in on.text()
        assert not any(UNSAFE.search(line) for line in on.lines())
