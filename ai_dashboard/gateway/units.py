"""Systemd user units that run providers: how they are, what they last said, and starting and stopping them.

Only units that the configuration names are ever touched. No systemd is no error: services are started by hand then.
"""

import asyncio
import re
from collections.abc import Sequence

from ai_dashboard.core.history import ServiceAction, ServiceView

COMMAND_S = 20.0
"""Seconds that a command is given; a unit that takes longer to stop goes on stopping."""

JOURNAL_LINES = 12

NO_SYSTEMD = "no systemd for this user here: start and stop it by hand"

_UNIT = re.compile(r"[A-Za-z0-9:_.@\\][A-Za-z0-9:_.@\\-]{0,254}")


async def look(unit: str) -> ServiceView:
    """How a unit is, with the latest lines of its journal."""
    if not _UNIT.fullmatch(unit):
        return ServiceView(unit, "", "this is no name of a systemd unit; see `service` in providers.yaml")
    shown = await _run("systemctl", "--user", "show", "--property=LoadState,ActiveState,SubState", "--", unit)
    if shown is None or shown[0] != 0:
        return ServiceView(unit, "", NO_SYSTEMD)
    facts = dict(line.split("=", 1) for line in shown[1].splitlines() if "=" in line)
    if facts.get("LoadState") == "not-found":
        return ServiceView(unit, "", "systemd knows no such unit of this user; see `service` in providers.yaml")
    return ServiceView(unit, facts.get("ActiveState", ""), facts.get("SubState", ""), await _journal(unit))


async def act(unit: str, action: ServiceAction) -> ServiceView:
    """Start, stop or restart a unit, and say how it is then."""
    before = await look(unit)
    if not before.state:
        return before
    done = await _run("systemctl", "--user", action, "--", unit)
    after = await look(unit)
    if done is None:
        return ServiceView(
            unit, after.state, f"{action} takes longer than {COMMAND_S:.0f} s; it goes on", after.journal
        )
    code, said = done
    note = f"{action}: {said.strip().splitlines()[-1]}" if code and said.strip() else f"{action}: {after.state}"
    return ServiceView(unit, after.state, note, after.journal)


async def _journal(unit: str) -> tuple[str, ...]:
    told = await _run(
        "journalctl", "--user", "--unit", unit, f"--lines={JOURNAL_LINES}", "--output=short", "--no-pager"
    )
    return tuple(told[1].splitlines()) if told is not None and told[0] == 0 else ()


async def _run(*command: str) -> tuple[int, str] | None:
    """Exit code and output of a command; None where there is none of that name, or it takes too long."""
    process = await _start(command)
    if process is None:
        return None
    try:
        async with asyncio.timeout(COMMAND_S):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    return process.returncode or 0, said.decode("utf-8", "replace")


async def _start(command: Sequence[str]) -> asyncio.subprocess.Process | None:
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
    except OSError:
        return None
