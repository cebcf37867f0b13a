from pathlib import Path

import pytest

from ai_dashboard.tui.editor.outside import OutsideFailed, edited, editor_of


def script(folder: Path, body: str) -> list[str]:
    """An editor that does this to the file `$1`."""
    path = folder / "editor.sh"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o700)
    return [str(path)]


def test_another_editor_sees_a_private_copy_that_is_deleted(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    command = script(tmp_path, f'echo "$1" > {seen}; stat -c %a "$1" >> {seen}; echo more >> "$1"; touch "$1.swp"')
    assert edited("providers.yaml", "é: 1\n", command) == "é: 1\nmore\n"
    path, mode = seen.read_text().split()
    assert mode == "600"
    assert Path(path).name == "providers.yaml"
    assert not Path(path).parent.exists()


@pytest.mark.parametrize(
    ("body", "said"),
    [("exit 3", "ended with 3"), ("printf '\\377' > \"$1\"", "not UTF-8"), ('rm "$1"', "No such file")],
)
def test_an_editor_that_fails_changes_nothing(tmp_path: Path, body: str, said: str) -> None:
    with pytest.raises(OutsideFailed, match=said):
        edited("a.yaml", "a: 1\n", script(tmp_path, body))


def test_an_editor_that_is_not_there_is_told() -> None:
    with pytest.raises(OutsideFailed, match="no-such-editor: No such file"):
        edited("a.yaml", "a: 1\n", ["no-such-editor"])


@pytest.mark.parametrize(
    ("env", "command"),
    [
        ({}, ["vi"]),
        ({"EDITOR": "nano -w"}, ["nano", "-w"]),
        ({"EDITOR": "nano", "VISUAL": "code --wait"}, ["code", "--wait"]),
    ],
)
def test_the_preferred_editor_is_taken_from_the_environment(env: dict[str, str], command: list[str]) -> None:
    assert editor_of(env) == command
