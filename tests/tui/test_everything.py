"""Every key, wherever it works: at three sizes, whatever the gateway says or fails to say, nothing raises, nothing is
painted outside, and no panel gives up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest
from textual import events
from textual.keys import _character_to_key

from ai_dashboard.core.control import BackupView, PortClosed
from ai_dashboard.core.errors import CallerError, LedgerUnavailable
from ai_dashboard.core.records import RecordPage
from ai_dashboard.core.snapshot import Snapshot
from ai_dashboard.tui.app import ControlCentre, Ending
from ai_dashboard.tui.keys import KEYS, Scope, key_of
from ai_dashboard.tui.sanitise import UNSAFE
from tests.tui.conftest import Open
from tests.tui.editor.folder import PROVIDERS, FolderPort
from tests.tui.fakes import NOW, FakePort, busy, empty_port, hostile_port, records, stale_port
from tests.tui.stage import Stage

SIZES = ((120, 40), (80, 24), (60, 15))

CHANGED, LATER = "somebody else saves the file", "time goes by"
"""Among the keys of a way: what has to happen for a place to be there."""

PLACES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "overview": (),
        "its filter": ("slash",),
        "the past": (LATER, "["),
        "help": ("?",),
        "quitting": ("q",),
        "providers": ("2",),
        "a provider": ("2", "enter"),
        "a question": ("2", "x"),
        "latency": ("3",),
        "requests": ("4",),
        "a request": ("4", "down", "enter"),
        "two requests": ("4", "m", "down", "down", "m"),
        "a line": ("4", "e"),
        "routing": ("5",),
        "asking": ("5", "a"),
        "cache and queue": ("6",),
        "host": ("7",),
        "will it fit": ("7", "f"),
        "costs": ("8",),
        "logs": ("9",),
        "their words": ("9", "slash"),
        "alerts": ("9", "tab"),
        "a question to models": ("p",),
        "whom to ask": ("p", "ctrl+o"),
        "answers": ("p", "h", "enter", "tab"),
        "a file": ("c",),
        "completion": ("c", "ctrl+end", "ctrl+space"),
        "panes": ("c", "escape"),
        "backups": ("c", "escape", "tab", "tab", "tab"),
        "differences": ("c", "escape", "tab", "tab", "tab", "enter"),
        "mine or theirs": ("c", "x", CHANGED, "ctrl+o"),
        "leaving": ("c", "x", "escape", "escape"),
    }
)
"""Every place where keys mean something of their own, and the way there from the overview."""

EVERYWHERE = frozenset({Scope.APP, Scope.TRAVEL, Scope.VIEW, Scope.SCROLL})
"""Keys that mean the same wherever they work. They are pressed on the screens that one key leads to."""


@dataclass
class Failing(FakePort):
    """A gateway that can be looked at and refuses all else, in turn in every way that there is."""

    refused: int = 0

    async def snapshot(self) -> Snapshot:
        return self.picture

    async def records(self, after: int, limit: int = 500) -> RecordPage:
        return RecordPage(tuple(self.finished[after:]), len(self.finished), 0)

    def _door(self) -> None:
        self.refused += 1
        match self.refused % 4:
            case 0:
                raise PortClosed("connection reset")
            case 1:
                raise CallerError("no such thing", hint="ask for another")
            case 2:
                raise TimeoutError
            case _:
                raise LedgerUnavailable("the books cannot be read now")


def working_port() -> FolderPort:
    """A gateway that can do everything."""
    backup = BackupView("backup-1", "providers.yaml", NOW, 12, "this screen", "a try")
    return FolderPort(busy(), records(30), kept=[(backup, PROVIDERS.replace("ollama", "other"))])


def failing_port() -> FakePort:
    return Failing(busy(), records(30))


PORTS: Mapping[str, Callable[[], FakePort]] = MappingProxyType(
    {
        "working": working_port,
        "empty": empty_port,
        "stale": stale_port,
        "failing": failing_port,
        "hostile": hostile_port,
    }
)


async def hit(on: Stage, key: str) -> None:
    """Press a key, and let everybody who is there hear of it; whatever it began may go on."""
    name = key if len(key) > 1 else _character_to_key(key)
    driver = on.app._driver
    assert driver is not None
    driver.send_message(events.Key(name, key if len(key) == 1 else None))
    await on.pilot._wait_for_screen()
    await on.pilot._wait_for_screen()


async def go(on: Stage, way: tuple[str, ...]) -> None:
    """From wherever the app is to the end of a way."""
    while len(on.app.screen_stack) > 1:
        on.app.pop_screen()
    for _ in range(3):
        await hit(on, "escape")  # lines that are open, a zoom, a filter
    for step in way:
        match step:
            case "somebody else saves the file":
                if isinstance(on.port, FolderPort):
                    on.port.texts["providers.yaml"] += "# theirs\n"
            case "time goes by":
                on.port.picture = busy(on.port.picture.version + 9)
                await on.look()
            case _:
                await on.press(step)


def keys_here(on: Stage, way: tuple[str, ...]) -> dict[str, str]:
    """The id of every key that works here, and what to press."""
    found = {}
    for pressed, active in on.app.screen.active_bindings.items():
        key = key_of(active.binding)
        if active.enabled and key is not None and (key.scope not in EVERYWHERE or len(way) <= 1):
            found[str(active.binding.id)] = pressed
    return found


async def everything(on: Stage, places: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Press everything that works at these places; the ids of what was pressed."""
    pressed: set[str] = set()
    for place, way in places.items():
        await go(on, way)
        here, screen, focused = keys_here(on, way), on.app.screen, on.app.screen.focused
        for name, key in here.items():
            where = f"{key} at {place}, {on.app.size}"
            await hit(on, key)
            if on.app.screen is not screen:
                await on.pilot.pause()
            assert on.fits(), where
            text = on.text()
            assert "cannot be drawn" not in text, f"{where}:\n{text}"
            assert UNSAFE.search(text.replace("\n", "")) is None, where
            pressed.add(name)
            if (on.app.screen, on.app.screen.focused) != (screen, focused):
                await go(on, way)
                screen, focused = on.app.screen, on.app.screen.focused
    await on.pilot.pause()
    return pressed


@pytest.fixture(autouse=True)
def nothing_ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keys that would end the app are pressed like any other; what is written goes nowhere."""
    monkeypatch.setattr(ControlCentre, "exit", lambda *_: None)
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.chdir(tmp_path)


async def test_every_key_there_is_does_something_somewhere(stage: Open) -> None:
    async with stage(working_port(), (120, 40), endings=frozenset(Ending)) as on:
        pressed = await everything(on, PLACES)
    unpressed = {str(binding.id) for key in KEYS for binding in key.bindings()} - pressed
    assert unpressed == set()
