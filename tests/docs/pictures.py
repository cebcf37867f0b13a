"""The pictures of the README, taken by the app of itself: `python -m tests.docs.pictures`, with the demo's traffic.

They are made when somebody wants them anew, and not compared: no two evenings are alike.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Mapping
from types import MappingProxyType

from textual.pilot import Pilot

from ai_dashboard.cli.main import APP, parser_of
from ai_dashboard.cli.opening import opened, order_from
from ai_dashboard.control.local import LocalPort
from ai_dashboard.core.screen import ScreenSettings
from ai_dashboard.gateway.thread import GatewayThread
from ai_dashboard.tui.app import ControlCentre
from tests.docs.blocks import ROOT

FOLDER = ROOT / "docs" / "images"
SIZE = (120, 40)
TRAFFIC_S = 90
"""Until every panel has something to show."""

SETTLES_S = 2.5

SCREENS: Mapping[str, str] = MappingProxyType({"overview": "1", "routing": "5"})
"""Each picture, and the key of its screen."""


async def take(names: list[str]) -> None:
    """Watch the demo for a while, and take these pictures of it."""
    args: argparse.Namespace = parser_of(APP).parse_args(["--demo", "--port", "0"])
    thread = GatewayThread(lambda: opened(order_from(args)))
    gateway = await asyncio.to_thread(thread.start)
    try:
        port = LocalPort(thread, gateway, drain_s=0.0)
        app = ControlCentre(port, settings=ScreenSettings(theme="dark"), quit_asks=False)
        async with app.run_test(size=SIZE) as pilot:
            await asyncio.sleep(TRAFFIC_S)
            for name in names:
                await _take(app, pilot, name)
    finally:
        await asyncio.to_thread(thread.stop, 0.0)


async def _take(app: ControlCentre, pilot: Pilot[None], name: str) -> None:
    await pilot.press(SCREENS[name])
    await asyncio.sleep(SETTLES_S)
    await pilot.pause()
    (FOLDER / f"{name}.svg").write_text(app.export_screenshot(title="ai-dashboard"))


def main() -> int:
    """Take all pictures, or those that are named."""
    names = sys.argv[1:] or list(SCREENS)
    with tempfile.TemporaryDirectory() as state:
        os.environ["AI_DASHBOARD_STATE_DIR"] = state
        asyncio.run(take(names))
    return 0


if __name__ == "__main__":
    sys.exit(main())
