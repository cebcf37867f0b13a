"""Another configuration while the gateway runs: read, built aside, swapped in at once, watched, and taken back.

Every way to it ends here: a change that is committed, a file that somebody else has changed, SIGHUP. All that can fail
fails before anything is swapped, and leaves the configuration that is in force. One change at a time.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from ai_dashboard.config.backups import Backup, content_hash
from ai_dashboard.config.changes import changes
from ai_dashboard.config.expand import Env
from ai_dashboard.config.load import Config, Loaded, load
from ai_dashboard.config.store import MISSING, ConfigStore, Conflict, Proposal, Refused
from ai_dashboard.core.control import BackupView, Committed, ConfigText, ProposalView, WhatIf
from ai_dashboard.core.diagnostics import Diagnostic, Severity
from ai_dashboard.core.errors import ConfigConflict, ConfigNotWritten, ConfigRefused
from ai_dashboard.gateway.findings import first_error, note, restart_needed
from ai_dashboard.gateway.folder import Contents, contents, lost, present, signs
from ai_dashboard.gateway.generation import Generation, build_generation
from ai_dashboard.gateway.probation import Probation, begun
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.whatif import LAST, what_if
from ai_dashboard.routing.live import KnownProvider

LOOK_S = 0.25
"""How often the requests after a reload are looked at."""

MAX_WATCHED = 2000
"""Records that are looked at after a reload, at most."""


class Reloadable(Protocol):
    """The gateway, to whoever gives it another configuration."""

    generation: Generation
    diagnostics: tuple[Diagnostic, ...]
    runtime: Runtime

    def adopt(self, generation: Generation) -> None:
        """Put it in force, in one step."""
        ...


class Reloader:
    """Keeps a gateway's configuration what its folder says. `fixed` are the settings that the command line has decided;
    `alone` says that no other process keeps the folder."""

    def __init__(
        self, gateway: Reloadable, loaded: Loaded, env: Env, *, fixed: frozenset[str] = frozenset(), alone: bool = True
    ) -> None:
        self._gateway = gateway
        self._env = env
        self._fixed = fixed
        self._alone = alone
        self._started = gateway.generation.settings
        self._store = ConfigStore(loaded.folder, env, gateway.runtime.clock.wall) if loaded.folder else None
        self._lock = asyncio.Lock()
        self._asked = asyncio.Event()
        self._told = self._findings = loaded.diagnostics
        self._origin = loaded.config.origin if loaded.config else None
        self._in_force: Contents = _at_first(loaded.folder) if loaded.folder else {}
        self._seen = self._in_force
        self._before = self._in_force
        self._probation: Probation | None = None

    async def run(self) -> None:
        """Take up what is asked for and what others change, and look how it goes, until cancelled."""
        if self._store is None:
            return
        if self._alone:
            await asyncio.to_thread(self._store.tidy)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._notice(self._store.folder), name="configuration folder")
            group.create_task(self._obey(), name="reload")
            group.create_task(self._look(), name="reload watch")

    def request(self) -> None:
        """Take up what is on disk, soon. For signal handlers."""
        self._asked.set()

    # ── what may be asked ────────────────────────────────────────────────────────────────────────────────────────

    async def reload(self) -> int:
        """Take up what is on disk, confirmed by whoever asks; the number of the configuration. Raises `ConfigRefused`;
        then the one before stays in force, and the findings are shown."""
        async with self._folder() as store:
            return await self._take_up(store, await asyncio.to_thread(contents, store.folder))

    async def text(self, file: str) -> ConfigText:
        """A file as it is on disk. Raises `ConfigRefused` for what is no text."""
        async with self._folder() as store:
            content = await asyncio.to_thread(store.read, file)
        if content is None:
            return ConfigText(file, "", MISSING)
        try:
            return ConfigText(file, content.decode("utf-8"), content_hash(content))
        except UnicodeDecodeError:
            raise ConfigRefused(f"{file} is not UTF-8, so it cannot be edited as text") from None

    async def propose(self, file: str, text: str, base: str | None = None) -> ProposalView:
        """What a change would mean."""
        async with self._folder() as store:
            proposal = await self._proposed(store, file, _encoded(text), base)
            config = proposal.loaded.config
            replayed = None
            if config is not None:
                generation = await self._built(config, proposal.loaded.diagnostics)
                replayed = await self._replayed(generation)
        said = tuple(map(str, proposal.changes))
        return ProposalView(file, proposal.base, proposal.loaded.diagnostics, said, replayed)

    async def commit(self, file: str, text: str, base: str, *, who: str, why: str) -> Committed:
        """Make a change and put it in force. Raises `ConfigConflict`, `ConfigRefused` or `ConfigNotWritten`."""
        async with self._folder() as store:
            return await self._commit(store, file, _encoded(text), base, who=who, why=why)

    async def backups(self, file: str | None = None) -> tuple[BackupView, ...]:
        """The backups, the newest first."""
        async with self._folder() as store:
            found = await asyncio.to_thread(store.backups.all, file)
        return tuple(BackupView(it.id, it.file, it.at, it.size, it.who, it.why) for it in found)

    async def rollback(self, backup_id: str, *, who: str) -> Committed:
        """Put a backup back, by the same path as any change."""
        async with self._folder() as store:
            found = await asyncio.to_thread(store.backups.read, backup_id)
            if found is None:
                raise ConfigRefused(f"there is no backup {backup_id}, or it is damaged")
            backup, content = found
            return await self._commit(store, backup.file, content, None, who=who, why=f"rollback to {backup_id}")

    # ── one change ───────────────────────────────────────────────────────────────────────────────────────────────

    @asynccontextmanager
    async def _folder(self) -> AsyncIterator[ConfigStore]:
        """The folder for one at a time, with its errors in the terms of the house."""
        if self._store is None:
            raise ConfigRefused("there is no configuration folder; make one with `ai-dashboard config init`")
        async with self._lock:
            try:
                yield self._store
            except Conflict as conflict:
                raise ConfigConflict(str(conflict), hint="read it again, and make the change there") from None
            except Refused as refused:
                raise ConfigRefused(str(refused)) from None
            except OSError as error:
                raise ConfigNotWritten(f"{self._store.folder}: {error.strerror or error}") from None

    async def _proposed(self, store: ConfigStore, file: str, content: bytes, base: str | None) -> Proposal:
        in_force = self._gateway.generation.config
        return await asyncio.to_thread(store.propose, file, content, in_force, base=base)

    async def _commit(
        self, store: ConfigStore, file: str, content: bytes, base: str | None, *, who: str, why: str
    ) -> Committed:
        read = {**await asyncio.to_thread(contents, store.folder), file: content}
        proposal = await self._proposed(store, file, content, base)
        if proposal.loaded.config is None:
            raise ConfigRefused(first_error(proposal.loaded), proposal.loaded.diagnostics)
        generation = await self._built(proposal.loaded.config, proposal.loaded.diagnostics)
        backup = await asyncio.to_thread(store.commit, proposal, who=who, why=why)
        self._adopt(generation, proposal.loaded, read)
        return Committed(backup.id if backup else None, generation.number)

    async def _take_up(self, store: ConfigStore, read: Contents, *, confirmed: bool = True) -> int:
        self._seen = read
        loaded = await asyncio.to_thread(load, store.folder, self._env, present(read))
        if loaded.config is None:
            if number := self._gateway.generation.number:
                stays = f"what is on disk has errors; configuration {number} stays in force"
                self._tell((note(stays, severity=Severity.ERROR), *loaded.diagnostics))
            else:
                self._tell(loaded.diagnostics)
            raise ConfigRefused(first_error(loaded), loaded.diagnostics)
        if not confirmed and (lost := self._lost(loaded.config)):
            message = f"not taken up yet, since it removes something: {', '.join(lost)}"
            self._tell((note(message, "confirm it with SIGHUP, or restore the file"), *loaded.diagnostics))
            return self._gateway.generation.number
        generation = await self._built(loaded.config, loaded.diagnostics)
        self._adopt(generation, loaded, read)
        return generation.number

    async def _built(self, config: Config, diagnostics: tuple[Diagnostic, ...]) -> Generation:
        """Aside, and off the loop: requests go on meanwhile."""
        number = self._gateway.generation.number + 1
        named = replace(config, origin=self._origin or config.origin)
        try:
            return await asyncio.to_thread(build_generation, number, named)
        except ValueError as error:
            raise ConfigRefused(f"it cannot be built: {error}", diagnostics) from None

    def _adopt(self, generation: Generation, loaded: Loaded, read: Contents, *, watched: bool = True) -> None:
        """From here on nothing fails."""
        runtime, settings = self._gateway.runtime, generation.settings.reload
        latest = runtime.ring.page(max(0, runtime.requests - settings.watch_requests), settings.watch_requests)
        self._gateway.adopt(generation)
        self._before, self._in_force, self._seen = self._in_force, read, read
        self._probation = None
        if watched:
            self._probation = begun(
                latest.records,
                runtime.running,
                since=runtime.requests,
                wanted=settings.watch_requests,
                limit=settings.max_error_rate,
            )
        later = restart_needed(self._started, generation.settings, self._fixed)
        self._findings = (*later, *loaded.diagnostics)
        self._tell(self._findings)

    def _tell(self, findings: tuple[Diagnostic, ...]) -> None:
        """Show these instead of what was told before; what others have found stays."""
        others = [finding for finding in self._gateway.diagnostics if finding not in self._told]
        self._gateway.diagnostics = (*findings, *others)
        self._told = findings
        self._gateway.runtime.changes += 1

    def _add(self, finding: Diagnostic) -> None:
        """Show one more for as long as this configuration is in force."""
        self._findings = (finding, *self._findings)
        self._tell(self._findings)

    def _lost(self, config: Config) -> list[str]:
        in_force = self._gateway.generation
        if not in_force.settings.reload.confirm_removals:
            return []
        return [str(change) for change in changes(in_force.config, config) if change.verb == "removed"]

    async def _replayed(self, generation: Generation) -> WhatIf:
        runtime, before = self._gateway.runtime, self._gateway.generation.table
        live = {name: KnownProvider(models=state.models) for name, state in runtime.providers.items()}
        since = max(0, runtime.requests - LAST)

        def replay() -> WhatIf:
            return what_if(runtime.ring.page(since, LAST).records, before, generation.table, live)

        return await asyncio.to_thread(replay)

    # ── in the background ────────────────────────────────────────────────────────────────────────────────────────

    async def _obey(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            try:
                await self.reload()
            except ConfigRefused:
                pass  # the findings are shown
            except ConfigNotWritten as error:
                self._tell((note(error.message), *self._findings))

    async def _notice(self, folder: Path) -> None:
        try:
            async for _ in signs(folder):
                await self._look_again()
        except OSError as error:
            message = f"changes that other programs make to {folder} go unnoticed: {error.strerror or error}"
            self._add(note(message, "send SIGHUP after a change"))

    async def _look_again(self) -> None:
        try:
            async with self._folder() as store:
                await self._compare(store, await asyncio.to_thread(contents, store.folder))
        except ConfigRefused:
            pass  # the findings are shown
        except ConfigNotWritten as error:
            self._seen = {}
            self._tell((note(error.message), *self._findings))

    async def _compare(self, store: ConfigStore, read: Contents) -> None:
        if read == self._seen:
            return
        if read == self._in_force:
            self._seen = read
            self._tell(self._findings)
            return
        cut = [name for name, content in present(read).items() if store.is_cut(name, content)]
        missing = lost(read, self._in_force)
        doubts = (
            *(f"{name} is a shortened copy of what was saved here" for name in cut if name not in missing),
            *(f"{name} is gone or empty" for name in missing),
        )
        if doubts:
            self._seen = read
            message = f"{', '.join(doubts)}: not taken up"
            self._tell((note(message, "restore it from a backup, or confirm it with SIGHUP"), *self._findings))
            return
        await self._take_up(store, read, confirmed=False)

    async def _look(self) -> None:
        """Judge a configuration by the first requests on it."""
        while True:
            await asyncio.sleep(LOOK_S)
            watch = self._probation
            if watch is None or self._gateway.runtime.requests - watch.since < watch.wanted:
                continue
            share = watch.failed(self._gateway.runtime.ring.page(watch.since, MAX_WATCHED).records)
            if share is None:
                continue
            self._probation = None
            if watch.is_worse(share):
                await self._take_back(watch, share)

    async def _take_back(self, watch: Probation, share: float) -> None:
        """Restore what was in force before, unless somebody has changed the files meanwhile."""
        number = self._gateway.generation.number
        failed = (
            f"{share:.0%} of {watch.wanted} requests failed on configuration {number}, {watch.before:.0%} before it"
        )
        try:
            async with self._folder() as store:
                if number != self._gateway.generation.number:
                    return
                backups = await self._restore(store, failed)
        except (ConfigRefused, ConfigConflict, ConfigNotWritten) as error:
            self._add(note(f"{failed}; it could not be rolled back: {error.message}"))
        else:
            kept = ", ".join(backup.id for backup in backups)
            self._add(note(f"rolled back, because {failed}; what was taken back is kept as {kept}"))

    async def _restore(self, store: ConfigStore, why: str) -> list[Backup]:
        # A file that was new is emptied, which means the same as that there is none.
        wanted = {name: content or b"" for name, content in self._before.items() if content != self._in_force.get(name)}
        read = {**self._in_force, **wanted}
        loaded = await asyncio.to_thread(load, store.folder, self._env, present(read))
        if loaded.config is None:
            raise ConfigRefused(first_error(loaded), loaded.diagnostics)
        generation = await self._built(loaded.config, loaded.diagnostics)
        backups: list[Backup] = []
        for name, content in wanted.items():
            current = self._in_force.get(name)
            base = MISSING if current is None else content_hash(current)
            proposal = Proposal(name, content, base, loaded, ())
            backup = await asyncio.to_thread(store.commit, proposal, who="the gateway", why=why)
            backups += [backup] if backup is not None else []
        self._adopt(generation, loaded, read, watched=False)
        return backups


def _at_first(folder: Path) -> Contents:
    """What the configuration was read from; nothing is known where that could not be."""
    try:
        return contents(folder)
    except OSError:
        return {}


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise ConfigRefused("the text holds half a character, which no file can") from None
