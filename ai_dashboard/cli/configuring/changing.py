"""How a command changes a file of the configuration: through the running gateway that holds the folder, which takes the
change up at once and watches it, else in the folder itself.

Both ways say the same: a `ProposalView`, then what became of it, or raise `ConfigRefused`, `ConfigConflict` or
`ConfigNotWritten`.
"""

import argparse
import asyncio
import dataclasses
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol, TypeVar

from ai_dashboard.cli.options import DEFAULT_URL, url
from ai_dashboard.config.store import ConfigStore, Conflict, Refused
from ai_dashboard.core.control import Committed, ConfigText, ControlPort, ProposalView
from ai_dashboard.core.diagnostics import Severity
from ai_dashboard.core.errors import ConfigConflict, ConfigNotWritten, ConfigRefused

T = TypeVar("T")

WHERE = "command line"


class Desk(Protocol):
    """Where changes are handed in."""

    folder: Path

    def text(self, file: str) -> ConfigText:
        """A file as it is, and the hash to base a change on."""
        ...

    def propose(self, file: str, text: str, base: str | None = None) -> ProposalView:
        """What a text would mean in its place."""
        ...

    def commit(self, file: str, text: str, base: str, why: str) -> str:
        """Put it in place; what became of it, in words."""
        ...

    def rollback(self, backup_id: str) -> str:
        """Put a backup back; what became of it, in words."""
        ...


def add_gateway_option(parser: argparse.ArgumentParser) -> None:
    """Which running gateway, where it is not the one that this configuration is for."""
    parser.add_argument("--url", type=url, help="address of the running gateway (default: where this folder listens)")


def print_json(proposal: ProposalView | None, done: str) -> None:
    """For programs: what a change means (null where there is none), and what became of it (empty where nothing did)."""
    meant = None if proposal is None else dataclasses.asdict(proposal)
    print(json.dumps({"proposal": meant, "done": done}, ensure_ascii=False, indent=2))


def desk_of(args: argparse.Namespace) -> Desk:
    """The running gateway that holds the folder, else the folder. Raises `ConfigError` when there is no folder."""
    from ai_dashboard.cli.configuring.folder import store_of

    store = store_of(args)
    address = args.url or address_in(store.folder)
    return Running(address, store.folder) if holds(address, store.folder) else Files(store)


def address_in(folder: Path | None) -> str:
    """Where a gateway with this configuration listens; the usual address where the files do not say, or are refused."""
    from ai_dashboard.cli.neighbour import url_of
    from ai_dashboard.config.load import load

    config = load(folder, dict(os.environ)).config
    return url_of(config.gateway.listen.host, config.gateway.listen.port) if config else DEFAULT_URL


def holds(address: str, folder: Path) -> bool:
    """Whether a gateway of ours runs there on this very folder. One that runs elsewhere has folders of its own."""
    from urllib.parse import urlsplit

    from ai_dashboard.cli.neighbour import get_json, is_ours, token_for
    from ai_dashboard.gateway.loopback import is_loopback

    if not is_loopback(urlsplit(address).hostname or "") or not is_ours(address):
        return False
    snapshot = get_json(address, "/api/admin/snapshot", token=token_for(address)) or {}
    held = snapshot.get("config", {}).get("folder")
    return isinstance(held, str) and Path(held).resolve() == folder.resolve()


class Running:
    """A gateway that runs. Each call is a connection of its own."""

    def __init__(self, address: str, folder: Path) -> None:
        self.folder = folder
        self._address = address

    def text(self, file: str) -> ConfigText:
        return self._ask(lambda port: port.config_text(file))

    def propose(self, file: str, text: str, base: str | None = None) -> ProposalView:
        return self._ask(lambda port: port.propose(file, text, base))

    def commit(self, file: str, text: str, base: str, why: str) -> str:
        done: Committed = self._ask(lambda port: port.commit(file, text, base, why))
        return (
            f"{self.folder / file} is in place{_kept(done.backup_id)}; in force at {self._address} as no. {done.number}"
        )

    def rollback(self, backup_id: str) -> str:
        done: Committed = self._ask(lambda port: port.rollback(backup_id))
        replaced = f"; what it replaced is backup {done.backup_id}" if done.backup_id else ""
        return f"{backup_id} is put back{replaced}; in force at {self._address} as no. {done.number}"

    def _ask(self, question: Callable[[ControlPort], Awaitable[T]]) -> T:
        return asyncio.run(ask(self._address, question))


async def ask(address: str, question: Callable[[ControlPort], Awaitable[T]]) -> T:
    """One question to a running gateway. Raises `PortClosed` and whatever the question raises."""
    from ai_dashboard.cli.neighbour import token_for
    from ai_dashboard.control.remote import RemotePort

    port = RemotePort(address, token_for(address))
    try:
        return await question(port)
    finally:
        await port.close()


class Files:
    """The folder itself."""

    def __init__(self, store: ConfigStore) -> None:
        self.folder = store.folder
        self._store = store

    def text(self, file: str) -> ConfigText:
        content = self._tried(lambda: self._store.read(file)) or b""
        try:
            return ConfigText(file, content.decode(), self._store.hash(file))
        except UnicodeDecodeError:
            raise ConfigRefused(f"{file} is not UTF-8, so it cannot be edited as text") from None

    def propose(self, file: str, text: str, base: str | None = None) -> ProposalView:
        from ai_dashboard.config.load import load

        in_force = load(self._store.folder, self._store.env).config
        made = self._tried(lambda: self._store.propose(file, text.encode(), in_force, base=base))
        return ProposalView(file, made.base, made.loaded.diagnostics, tuple(map(str, made.changes)), None)

    def commit(self, file: str, text: str, base: str, why: str) -> str:
        from ai_dashboard.cli.configuring.folder import who

        made = self._tried(lambda: self._store.propose(file, text.encode(), None, base=base))
        if made.refused:
            raise ConfigRefused(str(made.refused[0]), made.loaded.diagnostics)
        backup = self._tried(lambda: self._store.commit(made, who=who(), why=why, where=WHERE))
        return f"{self.folder / file} is in place{_kept(backup.id if backup else None)}"

    def rollback(self, backup_id: str) -> str:
        from ai_dashboard.cli.configuring.folder import who
        from ai_dashboard.config.load import load

        in_force = load(self._store.folder, self._store.env).config
        made, backup = self._tried(lambda: self._store.rollback(backup_id, in_force, who=who(), where=WHERE))
        replaced = f"; what it replaced is backup {backup.id}" if backup else ""
        return "\n".join([*map(str, made.changes), f"{self.folder / made.file} is as it was{replaced}"])

    @staticmethod
    def _tried(step: Callable[[], T]) -> T:
        """The store's refusals as those of a gateway."""
        try:
            return step()
        except Conflict as conflict:
            raise ConfigConflict(str(conflict), hint="read it again, and make the change there") from None
        except Refused as refused:
            raise ConfigRefused(str(refused)) from None
        except OSError as error:
            raise ConfigNotWritten(f"the file is as it was: {error.strerror or error}") from None


def _kept(backup_id: str | None) -> str:
    return f"; the old one is backup {backup_id}" if backup_id else ""


def show(proposal: ProposalView) -> None:
    """Its errors, or what it changes and who would go elsewhere, one line each."""
    for finding in proposal.diagnostics:
        if finding.severity is Severity.ERROR:
            print(finding)
    for change in proposal.changes:
        print(change)
    if not proposal.refused and not proposal.changes:
        print(f"{proposal.file}: nothing that counts is different")
    show_what_if(proposal)


def show_what_if(proposal: ProposalView) -> None:
    """How many of the last requests would go elsewhere, with examples."""
    if (what_if := proposal.what_if) is None:
        return
    if not what_if.requests:
        print("what-if: the gateway has had no request yet that could be replayed")
        return
    print(f"what-if: {what_if.moved} of the last {what_if.requests} requests would go elsewhere")
    for moved in what_if.examples:
        print(f"  {moved.asked}: {moved.before} → {moved.after}")
