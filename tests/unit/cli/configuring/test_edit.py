"""`config edit`: a private copy, a check, a question, and nothing that was written is ever lost."""

import re
import stat
import sys
from pathlib import Path

import pytest

from ai_dashboard.cli.configuring import edit
from tests.unit.cli.configuring.conftest import PROVIDERS, Config

Said = pytest.CaptureFixture[str]


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that edits like a person: `editor.write_text(…)` is what it does with the text in `path`."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    script = tmp_path / "editor.py"
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
    return script


def does(editor: Path, what: str) -> None:
    editor.write_text(f"import sys, os, pathlib\npath = pathlib.Path(sys.argv[1])\ntext = path.read_text()\n{what}\n")


def answers(monkeypatch: pytest.MonkeyPatch, *said: str) -> list[str]:
    """A person at the terminal who says these things; the questions are kept."""
    asked: list[str] = []
    left = list(said)

    def answer(question: str) -> str:
        asked.append(question)
        return left.pop(0)

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", answer)
    return asked


def test_a_change_is_shown_asked_about_and_put_in_place(
    config: Config, folder: Path, editor: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    does(editor, "path.write_text(text.replace('[a]', '[a, b]'))")
    asked = answers(monkeypatch, "y")
    assert config("edit", "providers.yaml", "--why", "more") == 0
    assert asked == ["put it in place? [y/N] "]
    assert (folder / "providers.yaml").read_text() == PROVIDERS.replace("[a]", "[a, b]")
    out = capsys.readouterr().out
    assert out.startswith("added model one/b\n")
    assert list(editor.parent.glob("ai-dashboard-edit-*")) == []


def test_the_copy_is_private(config: Config, editor: Path) -> None:
    note = editor.parent / "modes"
    does(editor, f"pathlib.Path({str(note)!r}).write_text(oct(path.stat().st_mode) + oct(path.parent.stat().st_mode))")
    assert config("edit", "providers.yaml") == 0
    assert note.read_text() == oct(stat.S_IFREG | 0o600) + oct(stat.S_IFDIR | 0o700)


def test_a_text_that_would_not_load_is_kept_and_can_be_gone_on_with(
    config: Config, folder: Path, editor: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    does(
        editor,
        "path.write_text(text.replace('vllm', 'wllm') if 'wllm' not in text else text.replace('wllm', 'ollama'))",
    )
    asked = answers(monkeypatch, "", "y")
    assert config("edit", "providers.yaml") == 0
    assert asked == ["open it again? [Y/n] ", "put it in place? [y/N] "]
    said = capsys.readouterr()
    assert "providers.yaml:3:15: error: providers.one.type: should be one of" in said.out
    assert "this would not load" in said.err
    assert "type: ollama" in (folder / "providers.yaml").read_text()


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("path.write_text('providers: [')", ["--yes"]),
        ("path.write_text(text + '# mine too\\n')", []),
        ("path.write_text(text + '# mine too\\n'); sys.exit(3)", ["--yes"]),
        ("path.write_bytes(b'\\xff')", ["--yes"]),
    ],
)
def test_without_a_terminal_a_text_that_is_not_put_in_place_is_kept(
    config: Config, folder: Path, editor: Path, what: str, words: list[str], capsys: Said
) -> None:
    does(editor, what)
    assert config("edit", "providers.yaml", *words) == 1
    assert (folder / "providers.yaml").read_text() == PROVIDERS
    kept = re.search(r"your text is kept in (\S+) ", capsys.readouterr().err)
    assert kept is not None
    assert Path(kept[1]).read_bytes() != PROVIDERS.encode()


def test_somebody_elses_change_is_shown_and_not_overwritten(
    config: Config, folder: Path, editor: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    theirs = PROVIDERS.replace("# mine", "# ours, with sk-0123456789abcdef")
    target = str(folder / "providers.yaml")
    does(editor, f"path.write_text(text.replace('[a]', '[b]')); pathlib.Path({target!r}).write_text({theirs!r})")
    answers(monkeypatch, "y", "n")
    assert config("edit", "providers.yaml") == 1
    said = capsys.readouterr()
    assert "changed by somebody else" in said.err
    assert "+# ours, with sk-…cdef" in said.out
    assert (folder / "providers.yaml").read_text() == theirs
    assert "your text is kept in" in said.err


def test_no_change_is_no_change(config: Config, folder: Path, editor: Path, capsys: Said) -> None:
    does(editor, "")
    assert config("edit", "providers.yaml") == 0
    assert "nothing was changed" in capsys.readouterr().out
    assert list(editor.parent.glob("ai-dashboard-edit-*")) == []
    assert not (folder / ".backups").exists()


def test_a_file_that_is_not_there_is_made(config: Config, folder: Path, editor: Path) -> None:
    does(editor, "path.write_text('drain_s: 3\\n')")
    assert config("edit", "gateway.yaml", "--yes") == 0
    assert (folder / "gateway.yaml").read_text() == "drain_s: 3\n"


@pytest.mark.parametrize("command", ["no-such-editor --wait", "'unclosed"])
def test_an_editor_that_is_none_is_told_before_anything_else(
    config: Config, monkeypatch: pytest.MonkeyPatch, command: str, capsys: Said
) -> None:
    monkeypatch.setenv("VISUAL", command)
    assert config("edit", "providers.yaml") == 2
    assert "EDITOR" in capsys.readouterr().err


def test_visual_goes_before_editor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "false")
    monkeypatch.setenv("VISUAL", "true --wait 'a b'")
    assert edit.editor() == ["true", "--wait", "a b"]
