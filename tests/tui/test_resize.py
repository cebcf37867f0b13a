"""Storms of resizes: at any size, in any order, on any screen, every widget paints its own cells and no others."""

import asyncio
from collections.abc import Callable, Iterator, Sequence

from hypothesis import example, given, settings
from hypothesis import strategies as st
from textual import events
from textual.drivers.headless_driver import HeadlessDriver
from textual.geometry import Region, Size

from ai_dashboard.tui.app import ControlCentre
from tests.tui.fakes import FakePort, busy_port, empty_port, hostile_port
from tests.tui.stage import Stage

WAYS = (
    (), ("slash",), ("tab", "z"), ("2",), ("2", "enter"), ("3",), ("4",), ("4", "enter"), ("5",), ("6",), ("7",),
    ("8",), ("9",), ("p",), ("question_mark",), ("c",),
)  # fmt: skip
"""Keys from the overview to every screen, and to what is shown in front of one."""

LIMITS = (20, 5), (300, 100)
CHANGES = ((40, 10), (72, 20), (100, 30))
"""From these sizes on the layout is another one."""

Cells = tuple[int, int]
Gust = tuple[Cells, Cells, Cells]

ANY = st.tuples(st.integers(LIMITS[0][0], LIMITS[1][0]), st.integers(LIMITS[0][1], LIMITS[1][1]))
EDGE = st.sampled_from([(w - dw, h - dh) for w, h in CHANGES for dw in (0, 1) for dh in (0, 1)])
SIZE = st.one_of(ANY, EDGE)
STORM = st.tuples(*[st.tuples(SIZE, SIZE, SIZE) for _ in WAYS])


SWINGS: tuple[Gust, ...] = ((LIMITS[1], LIMITS[0], LIMITS[1]), (LIMITS[0], LIMITS[1], LIMITS[0])) * (len(WAYS) // 2)


@settings(max_examples=3)
@example(port=busy_port, gusts=SWINGS)
@given(port=st.sampled_from([busy_port, empty_port, hostile_port]), gusts=STORM)
def test_no_size_makes_anything_raise_or_paint_outside(port: Callable[[], FakePort], gusts: tuple[Gust, ...]) -> None:
    asyncio.run(storm(port(), gusts))


async def storm(port: FakePort, gusts: Sequence[Gust]) -> None:
    """A gust at each screen: three sizes, the first two of which nobody waits for."""
    app = ControlCentre(port, quit_asks=False)
    async with app.run_test(size=(120, 40)) as pilot:
        await app.feed.poll()
        on = Stage(app, pilot, port)
        for way, (first, second, last) in zip(WAYS, gusts, strict=True):
            await on.home()
            await on.press("escape", *way)
            _blow(app, first)
            _blow(app, second)
            await on.resize(*last)
            outside = list(_outside(app))
            assert outside == [], (way, last)
        app.workers.cancel_all()


def _blow(app: ControlCentre, size: Cells) -> None:
    assert isinstance(app._driver, HeadlessDriver)
    app._driver._size = Size(*size)
    app.post_message(events.Resize(Size(*size), Size(*size)))


def _outside(app: ControlCentre) -> Iterator[str]:
    """Who stands outside the screen, or paints lines that are not as long as its place is wide."""
    whole = app.screen.region
    for widget in app.screen.query("*"):
        if not widget.display or not widget.region.area:
            continue
        if widget.parent is app.screen and widget.region.intersection(whole) != widget.region:
            yield f"{widget} at {widget.region} of {whole}"
        width, height = widget.outer_size
        strips = widget.render_lines(Region(0, 0, width, height))
        if len(strips) != height or any(strip.cell_length != width for strip in strips):
            yield f"{widget} paints {[strip.cell_length for strip in strips]} cells of {width}×{height}"
