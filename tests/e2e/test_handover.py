"""Leaving the gateway running: it goes on without its screen, on the same port and with the same state."""

import http.client
import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.e2e.program import ENDS_WITHIN_S, Terminal, alive, terminal, until

pytestmark = pytest.mark.e2e

SHOWN_WITHIN_S = 15.0
TOLD = re.compile(rb"goes on at http://127\.0\.0\.1:(\d+) \(pid (\d+)\)")


@contextmanager
def left_running(screen: Terminal) -> Iterator[tuple[int, psutil.Process]]:
    """Press the key, wait for the end of the screen, and end what goes on."""
    screen.press(b"Q")
    until(screen.ended, within_s=SHOWN_WITHIN_S, what="the end of the screen")
    told = TOLD.search(screen.seen)
    assert told, screen.seen[-400:]
    port, daemon = int(told[1]), psutil.Process(int(told[2]))
    try:
        yield port, daemon
        daemon.send_signal(signal.SIGTERM)
        until(lambda: not alive(daemon), within_s=ENDS_WITHIN_S + 2, what="the end of the gateway")
    finally:
        if alive(daemon):
            daemon.kill()


@pytest.mark.parametrize("process", [(), ("--process",)], ids=["thread", "process"])
def test_the_gateway_goes_on_without_its_screen(process: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "providers.yaml").write_text("providers: {}\n")
    with terminal((*process, "--port", "0", "--no-discovery"), state=tmp_path) as screen:
        until(lambda: screen.shows("cfg #1"), within_s=SHOWN_WITHIN_S, what="the screen")
        with left_running(screen) as (port, daemon):
            assert screen.exit_code == 0
            assert b"Traceback" not in screen.seen
            assert os.getsid(daemon.pid) != os.getsid(0)
            token = (tmp_path / "state" / "admin-token").read_text()
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/api/admin/snapshot", headers={"authorization": f"Bearer {token}"})
            snapshot = json.loads(connection.getresponse().read())
            connection.close()
            assert snapshot["gateway"]["pid"] == daemon.pid
            assert snapshot["config"]["folder"] == str(tmp_path / "config")
