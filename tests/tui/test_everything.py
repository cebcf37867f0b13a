"""Every key, wherever it works: at three sizes, whatever the gateway says or fails to say, nothing raises, nothing is
painted outside, and no panel gives up."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.screen import Screen
from textual.widget import Widget

from ai_dashboard.core.control import BackupView, PortClosed
from ai_dashboard.core.errors import CallerError, LedgerUnavailable
from ai_dashboard.core.history import ServiceAction, ServiceView
from ai_dashboard.core.records import RecordPage
from ai_dashboard.core.snapshot import Health, Snapshot
from ai_dashboard.tui import in_order
from ai_dashboard.tui.app import ControlCentre, Ending
from ai_dashboard.tui.keys import KEYS, Scope, key_of
from ai_dashboard.tui.panels.alert_list import AlertList
from ai_dashboard.tui.panels.requests import RequestsPanel
from ai_dashboard.tui.sanitise import UNSAFE
from ai_dashboard.tui.screens import config, editing
from ai_dashboard.tui.screens.config import ConfigScreen
from ai_dashboard.tui.screens.costs import CostsScreen
from ai_dashboard.tui.screens.provider import ProviderScreen
from tests.tui.conftest import Open
from tests.tui.editor.folder import PROVIDERS, FolderPort
from tests.tui.fakes import NOW, FakePort, busy, empty, empty_port, hostile_port, records, stale_port
from tests.tui.stage import Stage

SIZES = ((120, 40), (80, 24), (60, 15))


Step = Callable[[Stage], Awaitable[None]]
Way = tuple[str | Step, ...]


async def changed(on: Stage) -> None:
    """Somebody else saves the file that is being edited."""
    if isinstance(on.port, FolderPort) and isinstance(on.app.screen, ConfigScreen):
        on.port.texts["providers.yaml"] += "# theirs\n"
        await on.app.screen._look_now()
        await on.pilot.pause()


async def past(on: Stage) -> None:
    """Time goes by, and somebody looks back."""
    now = on.port.picture
    on.port.picture = replace(now, version=now.version + 1, at=now.at + 60)
    await on.look()
    await on.press("[")


async def told(on: Stage) -> None:
    """What the gateway was asked for is there."""
    await on.pilot.pause()
    async with asyncio.timeout(5):
        # The editor's checks never end.
        while any(worker.node is on.app.screen and worker.group != "checks" for worker in on.app.workers):
            await on.pilot.pause()


def to_provider(name: str) -> Step:
    """That provider in detail; the first one where there is none of that name."""

    async def lead(on: Stage) -> None:
        there = on.app.feed.picture.snapshot
        names = [it.name for it in there.providers] if there is not None else []
        on.app.push_screen(ProviderScreen(on.app._latest, on.port, name if name in names or not names else names[0]))
        await on.pilot.pause()

    return lead


async def to_alerts(on: Stage) -> None:
    """The alerts are selected, whatever was."""
    await on.pilot.pause()
    on.app.screen.query_one(AlertList).focus()
    await on.pilot.pause()


PLACES: Mapping[str, Way] = MappingProxyType(
    {
        "overview": (),
        "its filter": ("slash",),
        "its zoom": ("tab", "z"),
        "the past": (past,),
        "help": ("?",),
        "quitting": ("q",),
        "providers": ("2",),
        "a provider": (to_provider("off"), told),
        "another provider": (to_provider("ollama"), told),
        "a question": ("2", "home", "x"),
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
        "alerts": ("9", to_alerts),
        "a question to models": ("p",),
        "whom to ask": ("p", "i", "ctrl+o"),
        "answers": ("p", "i", "h", "enter", told, "tab"),
        "a file": (
            "c",
            told,
        ),
        "completion": ("c", told, "ctrl+end", "ctrl+space"),
        "panes": ("c", told, "escape"),
        "backups": ("c", told, "escape", "tab", "tab", "tab"),
        "differences": ("c", told, "escape", "tab", "tab", "tab", "enter", told),
        "a file of two": ("c", told, "x", changed),
        "mine or theirs": ("c", told, "x", changed, "ctrl+o"),
        "both": ("c", told, "x", changed, "ctrl+o", "d"),
        "leaving": ("c", told, "x", "escape", "escape"),
    }
)
"""Every place where keys mean something of their own, and the way there from the overview."""

MOVING = frozenset({Scope.VIEW, Scope.SCROLL, Scope.TRAVEL})
"""Keys that mean the same on every screen: pressed where one key leads to."""

EVERYWHERE = frozenset({Scope.APP})
"""Keys that mean the same wherever they work: pressed on the overview."""


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


SCHEMA = json.dumps({"properties": {"providers": {"description": "Who can answer"}, "prices": {"type": "object"}}})


@dataclass
class Working(FolderPort):
    """A gateway that can do everything, with a file that has something odd in it, and a service that is down."""

    async def config_schema(self, file: str) -> str:
        return SCHEMA

    async def service(self, provider: str, action: ServiceAction | None = None) -> ServiceView:
        state = "failed" if provider == "ollama" else "active"
        return ServiceView(f"{provider}.service", state, "as it is")


def working_port() -> FakePort:
    picture = busy()
    first, *others = picture.providers
    backup = BackupView("backup-1", "providers.yaml", NOW, 12, "this screen", "a try")
    return Working(
        replace(
            picture,
            providers=(replace(first, name="off", health=Health.DISABLED, wish="disabled", local=True), *others),
        ),
        records(30),
        texts={"providers.yaml": f"# odd\n{PROVIDERS}", "gateway.yaml": ""},
        kept=[(backup, PROVIDERS.replace("ollama", "other"))],
    )


def first_run_port() -> FakePort:
    """Nobody has written a configuration yet."""
    picture = empty()
    return FakePort(replace(picture, config=replace(picture.config, folder=None)), files=())


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
    driver = on.app._driver
    assert driver is not None
    driver.send_message(events.Key(_character_to_key(key) if len(key) == 1 else key, key if len(key) == 1 else None))
    for _ in range(2):
        await on.pilot._wait_for_screen()


async def go(on: Stage, way: Way) -> None:
    """From wherever the app is to the end of a way."""
    for _ in range(3):
        await hit(on, "escape")  # lines that are open, a zoom, a filter
    on.app.feed.live()
    await on.home()
    await hit(on, "escape")
    for step in way:
        await (hit(on, step) if isinstance(step, str) else step(on))
        if way[0] == "c":  # what the editor does takes a while
            await on.pilot.pause()
    await on.pilot.pause()


def keys_here(on: Stage, spared: frozenset[Scope] = frozenset()) -> dict[str, str]:
    """The id of every key that works here, and what to press."""
    found = {}
    for pressed, active in on.app.screen.active_bindings.items():
        key = key_of(active.binding)
        if active.enabled and key is not None and key.scope not in spared:
            found[str(active.binding.id)] = pressed
    return found


async def back(on: Stage, way: Way, screen: Screen[object], focused: Widget | None) -> None:
    """Where the app was before a key led it elsewhere, by a short cut where there is one."""
    if screen not in on.app.screen_stack or screen.is_modal:
        await go(on, way)
        return
    while on.app.screen is not screen:
        on.app.pop_screen()
    if focused is not None and focused.is_attached and focused.display:
        screen.set_focus(focused)
    await on.pilot.pause()


async def everything(on: Stage, places: Mapping[str, Way], spared: frozenset[Scope] = frozenset()) -> set[str]:
    """Press everything that works at these places, what a screen has in several of them once; the ids of what was
    pressed."""
    pressed: set[tuple[type, str]] = set()
    for place, way in places.items():
        await go(on, way)
        screen, focused = on.app.screen, on.app.screen.focused
        kind = type(screen)
        common = frozenset[Scope]() if not way else EVERYWHERE if len(way) == 1 else EVERYWHERE | MOVING
        for name, key in keys_here(on, spared | common).items():
            if (kind, name) in pressed:
                continue
            pressed.add((kind, name))
            where = f"{key} at {place}, {on.app.size}"
            await hit(on, key)
            if on.app.screen is not screen:
                await on.pilot.pause()
            lines = on.lines()
            assert on.fits(lines), where
            assert not any("cannot be drawn" in line or UNSAFE.search(line) for line in lines), "\n".join(
                [where, *lines]
            )
            if (on.app.screen, on.app.screen.focused) != (screen, focused):
                await back(on, way, screen, focused)
                screen, focused = on.app.screen, on.app.screen.focused
    await on.pilot.pause()
    return {name for _, name in pressed}


@pytest.fixture(autouse=True)
def nothing_ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keys that would end the app are pressed like any other; what is written goes nowhere."""
    monkeypatch.setattr(ControlCentre, "exit", lambda *_: None)
    monkeypatch.setattr(editing, "QUIET_S", 0.0)
    monkeypatch.setattr(config, "LOOK_S", 3600.0)
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.chdir(tmp_path)


async def test_every_key_that_there_is_works_somewhere(stage: Open) -> None:
    async with stage(working_port(), endings=frozenset(Ending)) as on:
        pressed = await everything(on, PLACES)
    async with stage(first_run_port(), endings=frozenset(Ending)) as on:
        pressed |= keys_here(on).keys()
        await on.press("D")
        assert on.app.ending is Ending.DEMO
    # There are more numbers than files.
    keys = {str(binding.id) for key in KEYS for binding in key.bindings() if key.id != "config.file"}
    assert keys - pressed == set()


def shared_out(size: tuple[int, int]) -> Iterator[tuple[str, Mapping[str, Way]]]:
    """Every place at that size, with one kind of trouble; with another one at the next size."""
    kinds = list(PORTS)
    for at, kind in enumerate(kinds):
        shift = at + 2 * SIZES.index(size)
        yield kind, dict(list(PLACES.items())[shift % len(kinds) :: len(kinds)])


@pytest.mark.parametrize(
    ("kind", "size", "places"),
    [pytest.param(kind, size, places, id=f"{kind}-{size[0]}x{size[1]}")
     for size in SIZES[1:] for kind, places in shared_out(size)],
)  # fmt: skip
async def test_no_key_raises_whatever_the_gateway_does(
    stage: Open, kind: str, size: tuple[int, int], places: Mapping[str, Way]
) -> None:
    async with stage(PORTS[kind](), size) as on:
        if kind == "stale":
            on.port.closed = ""
            await on.look()
            on.port.closed = "connection refused"
            await on.look()
        pressed = await everything(on, places, EVERYWHERE | MOVING)
    assert pressed


async def test_a_picture_may_come_before_the_screen_it_is_for_is_made(stage: Open) -> None:
    async with stage(working_port()) as on:
        for number in range(2, 10):
            on.app.action_show_screen(number)
            on.app._published(on.app.feed.picture)
            await on.pilot.pause()
        assert on.fits()


def at_once(on: Stage, *keys: str) -> None:
    """Keys that arrive together."""
    assert on.app._driver is not None
    for key in keys:
        on.app._driver.send_message(events.Key(key, key if len(key) == 1 else None))


async def test_keys_that_arrive_together_are_taken_in_their_order(stage: Open) -> None:
    async with stage(working_port()) as on:
        await go(on, ("c", told))
        assert isinstance(on.app.screen, ConfigScreen)
        at_once(on, *["down"] * 4, "end", *["backspace"] * 6, *"vllm", "enter", *"timeout")
        await on.pilot.pause()
        assert on.app.screen.area is not None
        assert on.app.screen.area.lines[4:6] == ["    type: vllm", "    timeout"]


async def test_what_follows_an_enter_does_not_go_into_the_line_that_it_closes(stage: Open) -> None:
    async with stage(working_port()) as on:
        at_once(on, "4", "slash", *"vllm", "enter", "j", "j")
        await on.pilot.pause()
        panel = on.app.screen.query_one(RequestsPanel)
        assert panel.filter.text == "vllm"
        assert panel.view is not None
        assert panel.selected == panel.view.rows[2]


async def test_what_is_pasted_takes_its_turn_among_keys(stage: Open) -> None:
    async with stage(working_port()) as on:
        at_once(on, "4", "slash", *"vl")
        assert on.app._driver is not None
        on.app._driver.send_message(events.Paste("lm st"))
        at_once(on, *"age")
        await on.pilot.pause()
        assert on.app.screen.query_one(RequestsPanel).filter.text == "vllm stage"


async def test_a_key_that_is_lost_with_its_widget_holds_the_others_up_for_a_moment_only(
    stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_order, "PATIENCE_S", 0.01)
    async with stage(working_port()) as on:
        monkeypatch.setattr(in_order.KeyDone, "bubble", False)  # it never comes back
        at_once(on, "2", "3", "8")
        async with asyncio.timeout(5):
            while not isinstance(on.app.screen, CostsScreen):
                await on.pilot.pause()
