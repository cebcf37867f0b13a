"""The pictures of `docs/tour.md`, taken by the app itself on its way: `python -m tests.docs.tour_pictures`.

They are made when somebody wants them anew, and not compared: no two evenings are alike.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from ai_dashboard.cli.main import APP, parser_of
from ai_dashboard.cli.opening import opened, order_from
from ai_dashboard.control.local import LocalPort
from ai_dashboard.core.screen import ScreenSettings
from ai_dashboard.gateway.thread import GatewayThread
from ai_dashboard.tui.app import ControlCentre
from tests.docs.blocks import ROOT
from tests.e2e.tour import ARGUMENTS, SIZE, STEPS, Step

FOLDER = ROOT / "docs" / "tour"
WATCHED_S = 60
"""Traffic before the first picture, so that every panel has something to show; the provider leaves after that."""

LOOK_S = 0.05


async def walk(folder: Path) -> None:
    """Walk the tour, and take its pictures."""
    arguments = [f"flap={2 * WATCHED_S}s@demo-vllm" if it.startswith("flap") else it for it in ARGUMENTS]
    args: argparse.Namespace = parser_of(APP).parse_args(arguments)
    thread = GatewayThread(lambda: opened(order_from(args)))
    gateway = await asyncio.to_thread(thread.start)
    try:
        app = ControlCentre(
            LocalPort(thread, gateway, drain_s=0.0), settings=ScreenSettings(theme="dark"), quit_asks=False
        )
        async with app.run_test(size=SIZE) as pilot:
            await asyncio.sleep(WATCHED_S - 5)
            for step in STEPS:
                await pilot.press(*step.keys)
                await _until(pilot, step)
                if step.picture:
                    (folder / f"{step.picture}.svg").write_text(app.export_screenshot(title="ai-dashboard --demo"))
    finally:
        await asyncio.to_thread(thread.stop, 0.0)


async def _until(pilot: Pilot[None], step: Step) -> None:
    async with asyncio.timeout(2 * WATCHED_S):
        while not all(words in _text(pilot) for words in step.words):
            await pilot.pause(LOOK_S)
    await pilot.pause(1.0)  # what comes a little later, such as a chart


def _text(pilot: Pilot[None]) -> str:
    return "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())


def main() -> int:
    """Take them all."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as state:
        os.environ["AI_DASHBOARD_STATE_DIR"] = state
        asyncio.run(walk(FOLDER))
    return 0


if __name__ == "__main__":
    sys.exit(main())
