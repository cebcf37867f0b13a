"""Every screen at three sizes, in the dark, in the light, in sixteen colours and in none: `python -m tests.tui.looks`
writes the grids anew, to be looked at in the diff."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest

from ai_dashboard.core.screen import ScreenSettings
from ai_dashboard.tui.app import ControlCentre
from ai_dashboard.tui.screens.editing import EditingScreen
from tests.tui.conftest import hurry
from tests.tui.editor.folder import FolderPort
from tests.tui.fakes import FINDINGS, busy, config, records
from tests.tui.grid import Grid, grid_of, written
from tests.tui.stage import Stage

FOLDER = Path(__file__).with_name("grids")
SIZES = ((120, 40), (80, 24), (60, 15))

SCREENS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "overview": (),
        "providers": ("2",),
        "provider": ("2", "enter"),
        "latency": ("3",),
        "requests": ("4",),
        "request": ("4", "down", "enter"),
        "routing": ("5",),
        "cache": ("6",),
        "host": ("7",),
        "costs": ("8",),
        "logs": ("9",),
        "playground": ("p",),
        "config": ("c",),
    }
)
"""Every screen, and the keys that lead to it from the overview."""

Env = Mapping[str, str | None]
FULL: Env = MappingProxyType({"COLORTERM": "truecolor", "TERM": "xterm-256color", "NO_COLOR": None, "TZ": "UTC"})

LOOKS: Mapping[str, tuple[ScreenSettings, Env]] = MappingProxyType(
    {
        "dark": (ScreenSettings(theme="dark"), FULL),
        "light": (ScreenSettings(theme="light"), FULL),
        "sixteen": (ScreenSettings(), {**FULL, "COLORTERM": None, "TERM": "xterm-16color"}),
        "none": (ScreenSettings(), {**FULL, "NO_COLOR": "1"}),
    }
)
"""How the operator wants it, and what the terminal says of itself."""

Looks = dict[str, dict[str, Grid]]
"""For the name of each grid what the screen looks like in every look."""


def name_of(screen: str, size: tuple[int, int]) -> str:
    return f"{screen}-{size[0]}x{size[1]}"


def taken() -> Looks:
    """What everything looks like now."""
    looks: Looks = {}
    for look, (settings, env) in LOOKS.items():
        with _in(env):
            asyncio.run(_take(look, settings, looks))
    return looks


async def _take(look: str, settings: ScreenSettings, looks: Looks) -> None:
    port = FolderPort(busy(config=config(*FINDINGS, screen=settings)), records(60))
    app = ControlCentre(port, settings=settings)
    async with app.run_test(size=SIZES[0]) as pilot:
        await app.feed.poll()
        on = Stage(app, pilot, port)
        for screen, way in SCREENS.items():
            await on.home()
            await on.press(*way)
            await _settled(on)
            for size in SIZES:
                await on.resize(*size)
                looks.setdefault(name_of(screen, size), {})[look] = grid_of(app.screen._compositor.render_strips())
        app.workers.cancel_all()


async def _settled(on: Stage) -> None:
    """What the screen has asked the gateway for is there."""
    screen = on.app.screen
    while any(worker.node is screen and worker.group != "checks" for worker in on.app.workers):
        await on.pilot.pause()
    while isinstance(screen, EditingScreen) and (screen.draft is None or screen.draft.proposal is None):
        await on.pilot.pause()


@contextmanager
def _in(env: Env) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in env}
    _set(env)
    try:
        yield
    finally:
        _set(before)


def _set(env: Env) -> None:
    for name, value in env.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    time.tzset()


def main() -> int:
    """Write them all."""
    FOLDER.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        hurry(patch)
        looks_now = taken()
    for name, looks in looks_now.items():
        (FOLDER / f"{name}.txt").write_text(written(looks))
    return 0


if __name__ == "__main__":
    sys.exit(main())
