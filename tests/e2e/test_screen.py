"""The control centre in a real terminal: it shows, it leaves the terminal as it was, and it ends when it is told to."""

import os
import signal
import socket
from pathlib import Path

import pytest

from tests.e2e.program import ENDS_WITHIN_S, alive, descendants, serving, terminal, until

pytestmark = pytest.mark.e2e

DEMO = ("--demo", "--port", "0")
ENTER_ALTERNATE = b"\x1b[?1049h"
LEAVE_ALTERNATE = b"\x1b[?1049l"
SHOW_CURSOR = b"\x1b[?25h"
SHOWN_WITHIN_S = 15.0


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 15)])
def test_it_shows_its_providers_and_q_leaves_the_terminal_clean(size: tuple[int, int], tmp_path: Path) -> None:
    with terminal(DEMO, state=tmp_path, size=size) as screen:
        until(lambda: screen.shows("demo-cloud"), within_s=SHOWN_WITHIN_S, what="a provider on the screen")
        assert ENTER_ALTERNATE in screen.seen
        screen.press(b"q")
        until(screen.ended, within_s=5, what="the end after q")
        assert screen.exit_code == 0
        left = screen.seen.rpartition(LEAVE_ALTERNATE)
        assert left[1]
        assert SHOW_CURSOR in screen.seen
        assert b"Traceback" not in screen.seen


@pytest.mark.parametrize("process", [(), ("--process",)], ids=["thread", "process"])
def test_faults_that_were_asked_for_are_on_the_screen(process: tuple[str, ...], tmp_path: Path) -> None:
    with terminal((*process, *DEMO, "--fault", "slow=1s@demo-ollama"), state=tmp_path, size=(160, 40)) as screen:
        until(lambda: screen.shows("demo-cloud"), within_s=SHOWN_WITHIN_S, what="a provider on the screen")
        assert screen.shows("told to fail: slow=1s@demo-ollama")
        screen.press(b"q")
        until(screen.ended, within_s=5, what="the end after q")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_within_two_seconds(number: signal.Signals, tmp_path: Path) -> None:
    with terminal(DEMO, state=tmp_path) as screen:
        until(lambda: screen.shows("demo-cloud"), within_s=SHOWN_WITHIN_S, what="a provider on the screen")
        os.kill(screen.pid, number)
        until(screen.ended, within_s=ENDS_WITHIN_S, what="the end after the signal")
        assert screen.exit_code == 0
        assert LEAVE_ALTERNATE in screen.seen
        assert b"Traceback" not in screen.seen


def test_a_terminal_that_is_closed_ends_it_within_two_seconds(tmp_path: Path) -> None:
    with terminal(DEMO, state=tmp_path) as screen:
        until(lambda: screen.shows("demo-cloud"), within_s=SHOWN_WITHIN_S, what="a provider on the screen")
        screen.hang_up()
        until(lambda: os.waitid(os.P_PID, screen.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None,
              within_s=ENDS_WITHIN_S, what="the end after the terminal")  # fmt: skip


@pytest.mark.parametrize("ending", ["q", "terminated", "killed"])
def test_a_gateway_in_a_process_of_its_own_ends_with_its_screen(ending: str, tmp_path: Path) -> None:
    with terminal(("--process", *DEMO), state=tmp_path) as screen:
        until(lambda: screen.shows("demo-cloud"), within_s=SHOWN_WITHIN_S, what="a provider on the screen")
        (gateway,) = descendants(screen.pid)
        assert "serve" in gateway.cmdline()
        if ending == "q":
            screen.press(b"q")
        else:
            os.kill(screen.pid, signal.SIGTERM if ending == "terminated" else signal.SIGKILL)
        until(screen.ended, within_s=ENDS_WITHIN_S, what="the end of the screen")
        until(lambda: not alive(gateway), within_s=ENDS_WITHIN_S, what="the end of the gateway")
        assert ending == "killed" or screen.exit_code == 0
        assert b"Traceback" not in screen.seen


def test_a_process_that_does_not_come_up_is_a_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with terminal(("--process", "--demo", "--port", str(port)), state=tmp_path) as screen:
            until(screen.ended, what="the end")
            assert screen.exit_code == 2
            assert f"port {port} is taken by".encode() in screen.seen
            assert ENTER_ALTERNATE not in screen.seen


def test_it_attaches_to_a_gateway_elsewhere_and_leaves_it_running(tmp_path: Path) -> None:
    with serving("--demo", state=tmp_path) as running:
        with terminal(("attach", running.url), state=tmp_path) as screen:
            until(lambda: screen.shows("demo-ollama"), within_s=SHOWN_WITHIN_S, what="a provider on the screen")
            screen.press(b"q")
            until(screen.ended, within_s=5, what="the end after q")
            assert screen.exit_code == 0
        assert running.get("/health/liveliness")[0] == 200


def test_broken_yaml_does_not_keep_the_screen_from_starting(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "providers.yaml").write_text("providers:\n  x: {type: vllm\n  y: 1\n")
    with terminal(("--port", "0", "--no-discovery"), state=tmp_path) as screen:
        until(lambda: screen.shows("providers.yaml"), within_s=SHOWN_WITHIN_S, what="the finding on the screen")
        screen.press(b"q")
        until(screen.ended, within_s=5, what="the end after q")
        assert screen.exit_code == 0


def test_a_port_that_our_own_gateway_holds_leads_to_an_offer(tmp_path: Path) -> None:
    with (
        serving("--demo", state=tmp_path) as running,
        terminal(("--demo", "--port", str(running.port)), state=tmp_path) as screen,
    ):
        question = f"already serves port {running.port}. Show that one? [Y/n]"
        until(lambda: screen.shows(question), within_s=SHOWN_WITHIN_S, what="the offer")
        screen.press(b"n\n")
        until(screen.ended, within_s=5, what="the end after no")
        assert screen.exit_code == 2
        assert b"try --port" in screen.seen


def test_a_port_that_another_program_holds_is_a_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with terminal(("--demo", "--port", str(port)), state=tmp_path) as screen:
            until(screen.ended, what="the end")
            assert screen.exit_code == 2
            assert f"port {port} is taken by".encode() in screen.seen
            assert ENTER_ALTERNATE not in screen.seen
            assert b"Traceback" not in screen.seen
