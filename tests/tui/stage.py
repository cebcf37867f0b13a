"""What a test sees of a running app: the grid of characters, and the keys."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.pilot import Pilot

from ai_dashboard.tui.app import ControlCentre
from tests.tui.fakes import FakePort


@dataclass(frozen=True, slots=True)
class Stage:
    """An app, its pilot, and the gateway behind it."""

    app: ControlCentre
    pilot: Pilot[None]
    port: FakePort

    async def press(self, *keys: str) -> None:
        """Press keys, and wait until everything they caused is drawn."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def resize(self, width: int, height: int) -> None:
        """Change the size of the terminal, and wait until the screen has it."""
        await self.pilot.resize_terminal(width, height)
        async with asyncio.timeout(5):
            while not self.fits():
                await self.pilot.pause()

    async def look(self) -> None:
        """Let the app ask its gateway now."""
        await self.app.feed.poll()
        await self.pilot.pause()

    async def home(self) -> None:
        """Back to the overview, from wherever the app is."""
        self.app.action_show_screen(1)
        await self.pilot.pause()

    def lines(self) -> list[str]:
        """The screen on top as text, a line a row."""
        # The strips that Textual would write to a terminal.
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    def text(self) -> str:
        """The screen on top as one text."""
        return "\n".join(self.lines())

    def fits(self, lines: Sequence[str] | None = None) -> bool:
        """Whether the screen (or these lines of it) is exactly as large as the terminal."""
        width, height = self.app.size
        lines = self.lines() if lines is None else lines
        return len(lines) == height and all(cell_len(line) == width for line in lines)

    def line_with(self, words: str) -> str:
        """The first line that contains these words."""
        return next(line for line in self.lines() if words in line)
