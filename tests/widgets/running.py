"""Widgets as they are started: by hand, and by WTH. What WTH does is read from its source."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BIN = Path(__file__).parents[2] / "wth-widgets" / "litellm" / "bin"
WIDGETS = sorted(path.stem for path in BIN.glob("*.sh") if path.stem != "common")
NEEDED = ("bash", "sh", "curl", "date", "tail", "timeout", "cat", "sleep")
"""What there is on a machine that has neither jq nor gum; an awk comes to it."""


def tools(folder: Path, *more: str, awk: str = "awk") -> str:
    """A PATH with little in it: what widgets need, and `more`. An awk named `busybox` is a link that does as awk."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, program in [*((name, name) for name in (*NEEDED, *more)), ("awk", awk)]:
        if (found := shutil.which(program)) is not None and not (folder / name).exists():
            (folder / name).symlink_to(found)
    return str(folder)


def environment(home: Path, **more: str) -> dict[str, str]:
    """Nothing of whoever runs the tests."""
    return {"HOME": str(home), "PATH": os.environ["PATH"], "TZ": "UTC", "LANG": "C.UTF-8", "TERM": "xterm", **more}


def widget(
    name: str, *arguments: str, env: Mapping[str, str], shell: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """One, to its end."""
    return subprocess.run(
        [*shell, str(BIN / f"{name}.sh"), *arguments],
        env=dict(env),
        capture_output=True,
        text=True,
        timeout=20,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell of WTH has in it: `printed` by the command, and `shown` of that."""

    printed: list[str]
    shown: list[str]


def wth(command: str, width: int, height: int, env: Mapping[str, str]) -> Cell:
    """A cell of WTH's command module. It splits the command without a shell, runs it and waits, tells it the inner
    size, cuts lines, keeps the last of them, and has but an exit code to show for a command that fails."""
    words = shlex.split(command)
    own = dict(env)
    while words and "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        own[name] = value
    own |= {"COLUMNS": str(width - 4), "HEIGHT": str(height - 4)}
    done = subprocess.run(words, env=own, capture_output=True, text=True, check=False)
    content = done.stdout
    if done.returncode:
        content = f"{words[0]} [{' '.join(words)}]:\nexit status {done.returncode}\n"
    lines = content.split("\n")
    last = len(lines) - 1
    first = last - height + 4 if last > height else 0
    kept = [line[: width - 6] for line in lines[first:]]
    return Cell(content.split("\n")[:-1], kept[: height - 4])
