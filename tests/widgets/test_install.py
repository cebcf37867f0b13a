"""install.sh: what it puts where, what it leaves alone, and that --uninstall leaves no trace of it."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
import yaml

from tests.widgets.running import BIN, WIDGETS

SCRIPT = BIN.parents[1] / "install.sh"
PLACE = Path(".local/share/wth-widgets")


def install(
    home: Path, *arguments: str, shell: tuple[str, ...] = (), env: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    own = {"HOME": str(home), "PATH": os.environ["PATH"], "SHELL": "/bin/bash", **env}
    command = [*shell, str(SCRIPT), *arguments]
    return subprocess.run(command, env=own, capture_output=True, text=True, check=False)


def tree(folder: Path) -> dict[str, bytes | None]:
    """Every path below, with what is in it."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.mark.parametrize("before", [None, b"", b"export A=1\n", b"export A=1", b"# \xff\n\n\nend\n\n"])
def test_uninstall_leaves_everything_as_it_was(before: bytes | None, tmp_path: Path) -> None:
    if before is not None:
        (tmp_path / ".bashrc").write_bytes(before)
    untouched = tree(tmp_path)
    assert install(tmp_path).returncode == 0
    assert install(tmp_path).returncode == 0
    assert (tmp_path / ".bashrc").read_bytes().count(b'alias wth-lite="wth"') == 1
    assert (tmp_path / PLACE / "litellm/bin/health-status.sh").stat().st_mode & 0o111
    assert install(tmp_path, "--uninstall").returncode == 0
    assert tree(tmp_path) == untouched


@pytest.mark.parametrize("shell", ["dash", "busybox sh"])
def test_other_shells_do_the_same(shell: str, tmp_path: Path) -> None:
    words = tuple(shell.split())
    if shutil.which(words[0]) is None:
        pytest.skip(f"there is no {words[0]}")
    (tmp_path / ".bashrc").write_text("export A=1")
    untouched = tree(tmp_path)
    assert install(tmp_path, shell=words).stderr == ""
    assert install(tmp_path, "--uninstall", shell=words).stderr == ""
    assert tree(tmp_path) == untouched


def test_the_configuration_names_what_is_installed(tmp_path: Path) -> None:
    module = tmp_path / "my modules" / "command.so"
    module.parent.mkdir()
    module.touch()
    home = tmp_path / "a home"
    home.mkdir()
    assert "command module" not in install(home, env={"WTH_COMMAND_MODULE": str(module)}).stdout
    config = yaml.safe_load((home / ".config/wth.yaml").read_text())
    commands = [shlex.split(it["config"]["command"]) for it in config["modules"]]
    assert commands == [[str(home / PLACE / "litellm/bin" / f"{it['id']}.sh"), "--wth"] for it in config["modules"]]
    assert sorted(it["id"] for it in config["modules"]) == WIDGETS
    assert {it["path"] for it in config["modules"]} == {str(module)}
    assert all(Path(script).is_file() for script, _ in commands)


def test_a_configuration_of_ones_own_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".config").mkdir()
    (tmp_path / ".config/wth.yaml").write_text("modules: []\n")
    done = install(tmp_path)
    assert f"WTH reads {tmp_path}/.config/wth.yaml, which is left as it is" in done.stdout
    assert (
        f"alias wth-lite=\"XDG_CONFIG_HOME='{tmp_path / PLACE}/litellm/config' wth\""
        in (tmp_path / ".bashrc").read_text()
    )
    install(tmp_path, "--uninstall")
    assert tree(tmp_path) == {".config": None, ".config/wth.yaml": b"modules: []\n"}


def test_what_was_changed_since_stays(tmp_path: Path) -> None:
    install(tmp_path)
    config, own = tmp_path / ".config/wth.yaml", tmp_path / PLACE / "litellm/bin/mine.sh"
    config.write_text(config.read_text() + "# mine\n")
    own.write_text("# mine\n")
    assert "left as it is" in install(tmp_path).stdout
    done = install(tmp_path, "--uninstall")
    assert f"{config} was changed since: it stays" in done.stdout
    assert f"{own.parent} is not empty: it stays" in done.stdout
    assert sorted(path for path in tree(tmp_path) if (tmp_path / path).is_file()) == [
        str(config.relative_to(tmp_path)), str(own.relative_to(tmp_path)),
    ]  # fmt: skip


def test_an_alias_that_is_there_is_left_alone(tmp_path: Path) -> None:
    rc = {"WTH_ALIAS_FILE": str(tmp_path / "rc")}
    (tmp_path / "rc").write_text("  alias wth-lite='echo mine'\n")
    assert "has an alias wth-lite already" in install(tmp_path, env=rc).stdout
    assert install(tmp_path, env=rc | {"WTH_ALIAS_NAME": "llm"}).returncode == 0
    assert 'alias llm="wth"' in (tmp_path / "rc").read_text()
    install(tmp_path, "--uninstall")
    assert (tmp_path / "rc").read_text() == "  alias wth-lite='echo mine'\n"


@pytest.mark.parametrize(
    ("arguments", "env", "code", "said"),
    [
        (["--remove"], {}, 2, "there is no option --remove"),
        (["--uninstall"], {}, 1, "nothing is installed in "),
        ([], {"WTH_WIDGET_DIR": "/tmp/it's here"}, 1, "a path with quotes or backslashes in it cannot be used"),
        ([], {"WTH_ALIAS_NAME": "a b"}, 1, "a b cannot be the name of an alias"),
    ],
)
def test_wrong_use_is_told(arguments: list[str], env: dict[str, str], code: int, said: str, tmp_path: Path) -> None:
    done = install(tmp_path, *arguments, env=env)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert tree(tmp_path) == {}


def test_tmux_takes_the_examples(tmp_path: Path) -> None:
    if (tmux := shutil.which("tmux")) is None:
        pytest.skip("there is no tmux")
    example = BIN.parent / "config" / "tmux.conf"
    own = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TMUX_TMPDIR": str(tmp_path), "TERM": "xterm"}
    command = [tmux, "-L", "widgets", "-f", "/dev/null", "start-server", ";", "source-file", "-n", str(example)]
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
