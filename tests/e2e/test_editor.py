"""The configuration editor in a real terminal, with a real gateway and real files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.program import Terminal, terminal, until

pytestmark = pytest.mark.e2e

PROVIDERS = """\
# Mine.
providers:
  nobody:
    type: vllm
    base_url: http://127.0.0.1:9
    api_key: sk-topsecret-0123456789
"""
SHOWN_WITHIN_S = 15.0
CTRL_S, CTRL_E, ESCAPE = b"\x13", b"\x05", b"\x1b"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A folder with one file, and an editor that changes the port in it."""
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "providers.yaml").write_text(PROVIDERS)
    return folder


def shows(screen: Terminal, text: str) -> Callable[[], bool]:
    """Whether something was written since now."""
    screen.read()
    seen = len(screen.seen)

    def shown() -> bool:
        screen.read()
        return text.encode() in screen.seen[seen:]

    return shown


@pytest.mark.parametrize("process", [(), ("--process",)], ids=["thread", "process"])
def test_a_file_is_edited_saved_and_in_force(process: tuple[str, ...], config: Path, tmp_path: Path) -> None:
    with terminal((*process, "--port", "0", "--no-discovery"), state=tmp_path) as screen:
        until(lambda: screen.shows("nobody"), within_s=SHOWN_WITHIN_S, what="the provider on the screen")
        screen.press(b"c")
        until(lambda: screen.shows("as on disk"), what="the editor")
        screen.press(b"#")
        until(lambda: screen.shows("edited"), what="the mark of an edit")
        saved = shows(screen, "saved: configuration")
        screen.press(CTRL_S)
        until(saved, what="the word that it is saved")
        assert (config / "providers.yaml").read_text() == f"#{PROVIDERS}"
        (backup,) = (config / ".backups").glob("providers.*.yaml")
        assert backup.read_text() == PROVIDERS
        followed = shows(screen, "changed on disk")
        (config / "providers.yaml").write_text(f"# outside\n{PROVIDERS}")
        until(followed, what="the news that the file changed")
        screen.press(ESCAPE)
        left = shows(screen, "Requests")
        until(lambda: _pressed(screen, ESCAPE, left), what="the overview")
        until(lambda: _pressed(screen, b"q", screen.ended), within_s=5, what="the end after q")
        assert screen.exit_code == 0
        assert b"topsecret" not in screen.seen
        assert b"Traceback" not in screen.seen


def test_the_operators_own_editor_is_given_the_terminal(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    script = tmp_path / "editor"
    script.write_text(f'#!/bin/sh\ntty > {seen}; echo "the editor is here"; sed -i "s/# Mine/# Ours/" "$1"\n')
    script.chmod(0o700)
    monkeypatch.setattr("tests.e2e.program.environment", _with_editor(script))
    with terminal(("--port", "0", "--no-discovery"), state=tmp_path) as screen:
        until(lambda: screen.shows("nobody"), within_s=SHOWN_WITHIN_S, what="the provider on the screen")
        screen.press(b"c")
        until(lambda: screen.shows("as on disk"), what="the editor")
        screen.press(CTRL_E)
        until(lambda: screen.shows("the editor is here"), what="the other editor")
        until(lambda: screen.shows("the text is what the editor left"), what="the way back")
        assert seen.read_text().startswith("/dev/")
        saved = shows(screen, "saved: configuration")
        screen.press(CTRL_S)
        until(saved, what="the word that it is saved")
        assert (config / "providers.yaml").read_text() == PROVIDERS.replace("Mine", "Ours")


def _pressed(screen: Terminal, keys: bytes, shown: Callable[[], bool]) -> bool:
    """Press again until it has worked: a key that follows an escape closely is taken for a part of it."""
    if shown():
        return True
    screen.press(keys)
    return False


def _with_editor(script: Path) -> Callable[[Path], dict[str, str]]:
    from tests.e2e.program import environment

    return lambda state: environment(state) | {"EDITOR": str(script)}
