"""Asking the user's own systemd, through `systemctl --user`."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from ai_dashboard.cli.servicing.unit import OURS, UNIT
from ai_dashboard.config.atomic import replace_file
from ai_dashboard.core.data import dataclass

COMMAND_S = 60.0
"""Seconds that a command is given: a gateway that is stopped may finish what it has begun."""

ABSENT = (
    "systemd does not run for this user here; start `ai-dashboard serve` from whatever looks after programs on this "
    "machine"
)

_PROPERTIES = (
    "LoadState", "ActiveState", "SubState", "Result", "MainPID", "NRestarts", "UnitFileState", "ExecMainStartTimestamp",
)  # fmt: skip


class NoManager(Exception):
    """There is no systemd to ask, or it refuses; the message says so in a line."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The service as systemd sees it, in its words. `since` is empty for one that never ran."""

    installed: bool
    active: str
    sub: str
    result: str
    pid: int
    restarts: int
    enabled: bool
    since: str

    @property
    def runs(self) -> bool:
        return self.active == "active"


class Manager:
    """The systemd of the user whose environment this is."""

    def __init__(self, env: Mapping[str, str], home: Path) -> None:
        self._env = dict(env)
        self.path = Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "systemd" / "user" / UNIT

    @property
    def foreign(self) -> bool:
        """Whether there is a unit of that name that somebody else has written."""
        return self.path.exists() and not self.path.read_text(errors="replace").startswith(OURS)

    def there(self) -> None:
        """Raises `NoManager` where there is none to ask."""
        self._systemctl("show", "--property=Version", told=ABSENT)

    def install(self, text: str) -> None:
        """Put the unit in place and run it, now and at every log-in. Raises `NoManager`, and `OSError`."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(self.path, text.encode(), mode=0o644)
        self._systemctl("daemon-reload")
        self._systemctl("enable", "--quiet", UNIT)
        self._systemctl("restart", UNIT)

    def uninstall(self) -> None:
        """Stop it and take the unit away. Raises `NoManager`, and `OSError`."""
        self._systemctl("disable", "--quiet", "--now", UNIT)
        self.path.unlink()
        self._systemctl("daemon-reload")

    def standing(self) -> Standing:
        """How it is now. Raises `NoManager`."""
        said = self._systemctl("show", f"--property={','.join(_PROPERTIES)}", "--", UNIT, told=ABSENT)
        facts = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
        return Standing(
            installed=facts.get("LoadState") == "loaded",
            active=facts.get("ActiveState", ""),
            sub=facts.get("SubState", ""),
            result=facts.get("Result", ""),
            pid=_number(facts.get("MainPID")),
            restarts=_number(facts.get("NRestarts")),
            enabled=facts.get("UnitFileState") == "enabled",
            since=facts.get("ExecMainStartTimestamp", ""),
        )

    def lingers(self, user: str) -> bool:
        """Whether the user's services go on without a session; True where nobody can say."""
        try:
            said = self._run("loginctl", "show-user", "--property=Linger", "--value", "--", user)
        except OSError:
            return True
        return said.stdout.strip() != "no"

    def _systemctl(self, *arguments: str, told: str = "") -> str:
        try:
            done = self._run("systemctl", "--user", "--no-pager", *arguments)
        except FileNotFoundError:
            raise NoManager(ABSENT) from None
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NoManager(f"`systemctl --user {arguments[0]}`: {error}") from None
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
            raise NoManager(told or f"`systemctl --user {arguments[0]}`: {lines[0]}")
        return done.stdout

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - systemd's own tools, without a shell
            command, env=self._env | {"LC_ALL": "C"}, capture_output=True, text=True, timeout=COMMAND_S, check=False
        )


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdigit() else 0
