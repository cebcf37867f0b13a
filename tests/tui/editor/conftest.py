"""The editor on a folder in memory. It asks at once what a text means, and looks at the disk when it is told to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import pytest

from ai_dashboard.tui.editor.shelf import Shelf
from ai_dashboard.tui.editor.text import YamlText
from ai_dashboard.tui.screens import config, editing
from ai_dashboard.tui.screens.config import ConfigScreen
from tests.tui.conftest import Open
from tests.tui.editor.folder import FolderPort, folder_port
from tests.tui.stage import Stage

PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Desk:
    """An open editor, and the gateway behind it."""

    on: Stage
    port: FolderPort

    @property
    def screen(self) -> ConfigScreen:
        screen = next(it for it in self.on.app.screen_stack if isinstance(it, ConfigScreen))
        assert isinstance(screen, ConfigScreen)
        return screen

    @property
    def area(self) -> YamlText:
        assert self.screen.area is not None
        return self.screen.area

    @property
    def shelf(self) -> Shelf:
        return self.screen.shelf

    async def until(self, true: Callable[[], object]) -> None:
        """Let the app work until something holds."""
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                await self.on.pilot.pause()

    async def shows(self, *words: str) -> None:
        """Wait for words on the screen."""
        for word in words:
            await self.until(lambda word=word: word in self.on.text())  # type: ignore[misc]

    async def press(self, *keys: str) -> None:
        await self.on.press(*keys)

    async def to_pane(self, name: str) -> None:
        """Leave the text, and turn to a pane."""
        await self.press("escape")
        while self.shelf.pane != name:
            await self.press("tab")

    async def look(self) -> None:
        """Compare with the disk now."""
        await self.screen._look_now()
        await self.on.pilot.pause()


OpenDesk = Callable[..., AbstractAsyncContextManager[Desk]]


@pytest.fixture
def desk(stage: Open, monkeypatch: pytest.MonkeyPatch) -> OpenDesk:
    """Opens the editor on its first file."""
    monkeypatch.setattr(editing, "QUIET_S", 0.0)
    monkeypatch.setattr(config, "LOOK_S", 3600.0)

    @asynccontextmanager
    async def opened(port: FolderPort | None = None, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Desk]:
        port = port or folder_port()
        async with stage(port, size) as on:
            await on.press("c")
            at = Desk(on, port)
            await at.until(lambda: at.screen.area is not None and at.screen.draft is not None)
            await at.until(lambda: at.screen.draft.proposal is not None)  # type: ignore[union-attr]
            yield at

    return opened
