"""A running app at some size, and a collector that sees everything again after each test."""

import gc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from textual import _wait

from ai_dashboard.tui.app import ControlCentre, Ending
from tests.tui.fakes import FakePort
from tests.tui.stage import Stage

Open = Callable[..., AbstractAsyncContextManager[Stage]]


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    """The app takes what stands after its start out of the collector's sight; a test run starts many apps."""
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pilot looks every 2 ms, not 20, whether the app has come to rest; a start does not collect garbage."""
    monkeypatch.setattr(gc, "collect", lambda: 0)
    monkeypatch.setattr(_wait, "SLEEP_GRANULARITY", 0.002)
    monkeypatch.setattr(_wait, "SLEEP_IDLE", 0.001)


@pytest.fixture(autouse=True)
def colourful(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal with all colours, whatever the tests run in."""
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture
def stage() -> Open:
    """Opens an app on a port: `async with stage(port, size=(80, 24)) as on:`."""

    @asynccontextmanager
    async def opened(
        port: FakePort,
        size: tuple[int, int] = (120, 40),
        *,
        quit_asks: bool = True,
        compact: bool = False,
        endings: frozenset[Ending] = frozenset(),
    ) -> AsyncIterator[Stage]:
        app = ControlCentre(port, quit_asks=quit_asks, compact=compact, endings=endings)
        async with app.run_test(size=size) as pilot:
            await app.feed.poll()
            await pilot.pause()
            yield Stage(app, pilot, port)
            app.workers.cancel_all()  # as a real end does

    return opened
