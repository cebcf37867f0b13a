"""The tour in tmux: from traffic over a broken provider to its cause, a change of the configuration and its undoing."""

import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.e2e.program import LOOK_S, PROGRAM, environment
from tests.e2e.tour import ARGUMENTS, SIZE, STEPS, Step

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed here"),
]

ROOT = Path(__file__).parents[2]
ENDS_WITHIN_S = 5.0
ENDED_WITH = "ended with "

NAMES: Mapping[str, str] = MappingProxyType({
    "enter": "Enter", "tab": "Tab", "escape": "Escape", "down": "Down", "end": "End", "backspace": "BSpace",
    "ctrl+pagedown": "C-PageDown", "ctrl+s": "C-s", " ": "Space",
})  # fmt: skip
"""What tmux calls keys that are no letters."""


class Pane:
    """A pane of a tmux server of its own."""

    def __init__(self, socket: Path) -> None:
        self._tmux = ["tmux", "-f", "/dev/null", "-S", str(socket)]

    def do(self, *arguments: str) -> str:
        done = subprocess.run([*self._tmux, *arguments], capture_output=True, text=True, check=True, timeout=10)
        return done.stdout

    def press(self, *keys: str) -> None:
        self.do("send-keys", *(NAMES.get(key, key) for key in keys))

    def text(self) -> str:
        return self.do("capture-pane", "-p")

    def walk(self, step: Step) -> None:
        """Do a step, and wait for what it leads to."""
        self.press(*step.keys) if step.keys else None
        give_up = time.monotonic() + step.within_s
        while not all(words in (text := self.text()) for words in step.words):
            assert time.monotonic() < give_up, f"after {step.keys} there is no {step.words} in\n{text}"
            time.sleep(LOOK_S)

    def left(self) -> str:
        """Wait until the app has ended, and its terminal is given back; returns what stands there then."""
        self.walk(Step((), (ENDED_WITH,), within_s=ENDS_WITHIN_S))
        assert self.do("display-message", "-p", "#{alternate_on}").strip() == "0"
        return self.text()


@contextmanager
def pane(state: Path) -> Iterator[Pane]:
    """The demo in a shell in tmux, which says how it ended: tmux does not always learn of it itself."""
    socket = state / "tmux"
    started = Pane(socket)
    width, height = SIZE
    variables = environment(state) | {"PYTHONPATH": str(ROOT)}
    demo = ["env", "-i", *(f"{name}={value}" for name, value in variables.items()), *PROGRAM, *ARGUMENTS]
    script = f"{shlex.join(demo)}; echo {ENDED_WITH}$?; read -r _"
    started.do("new-session", "-d", "-x", str(width), "-y", str(height), "-c", str(state), "sh", "-c", script)
    try:
        yield started
    finally:
        started.do("kill-server")


def test_the_tour(tmp_path: Path) -> None:
    with pane(tmp_path) as shown:
        for step in STEPS:
            shown.walk(step)
        shown.press("q")
        last = shown.left()
        assert f"{ENDED_WITH}0" in last
        assert "Traceback" not in last
