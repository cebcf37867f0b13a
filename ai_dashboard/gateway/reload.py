"""Another configuration while the gateway runs: read, built aside, swapped in at once, watched, and taken back.

Every way to it ends here: a change that is committed, a file that somebody else has changed, SIGHUP. All that can fail
fails before anything is swapped, and leaves the configuration that is in force. One change at a time.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
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
from ai_dashboard.core.errors import CallerError, ConfigConflict, ConfigNotWritten, ConfigRefused
from ai_dashboard.core.snapshot import Alert
from ai_dashboard.gateway.auditing import GATEWAY, Auditing, By
from ai_dashboard.gateway.config_text import as_bytes, as_text
from ai_dashboard.gateway.findings import (
    Told,
    alert,
    first_error,
    gone,
    not_taken_back,
    note,
    restart_needed,
    taken_back,
)
from ai_dashboard.gateway.folder import Contents, contents, differing, doubts, fingerprint, present, signs, untold
from ai_dashboard.gateway.generation import Generation, build_generation
from ai_dashboard.gateway.guard import Guard
from ai_dashboard.gateway.probation import WELL, Probation, begun, went_by
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.whatif import LAST, what_if
from ai_dashboard.routing.live import KnownProvider, Live
from ai_dashboard.state.beat import next_beat
from ai_dashboard.telemetry.audit import Audit

LOOK_S = 0.25
"""How often the requests after a reload are looked at."""

MAX_WATCHED = 2000
"""Records that are looked at after a reload, at most."""

OTHERS = "another program"
"""Who it was when a file was changed on disk."""


class Reloadable(Protocol):
    """The gateway, to whoever gives it another configuration."""

    generation: Generation
    diagnostics: tuple[Diagnostic, ...]
    runtime: Runtime
    guard: Guard

    def adopt(self, generation: Generation) -> None:
        """Put it in force, in one step."""
        ...


class Reloader:
    """Keeps a gateway's configuration what its folder says. `fixed` are the settings that the command line has decided;
    `alone` says that no other process keeps the folder; every change goes into the `audit` log."""

    def __init__(
        self,
        gateway: Reloadable,
        loaded: Loaded,
        env: Env,
        *,
        fixed: frozenset[str] = frozenset(),
        alone: bool = True,
        audit: Audit | None = None,
    ) -> None:
        self._gateway = gateway
        self._env = env
        self._fixed = fixed
        self._alone = alone
        self._started = gateway.generation.settings
        now = gateway.runtime.clock.wall
        self._store = ConfigStore(loaded.folder, env, now, journal=audit) if loaded.folder else None
        self._auditing = Auditing(audit)
        self._lock = asyncio.Lock()
        self._asked = asyncio.Event()
        self._told = Told(gateway)
        self._origin = loaded.config.origin if loaded.config else None
        self._in_force: Contents = _at_first(loaded.folder) if loaded.folder else {}
        self.hash = fingerprint(self._in_force)
        self._seen = self._in_force
        self._before = self._in_force
        self._probation: Probation | None = None

    async def run(self) -> None:
        """Take up what is asked for and what others change, and look how it goes, until cancelled."""
        if self._store is None:
            return
        if self._alone:
            with suppress(OSError):  # what cannot be cleared up does no harm
                await asyncio.to_thread(self._store.tidy)
        self._noted(await self._auditing.started(self._store.folder, self._in_force))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._notice(self._store.folder), name="configuration folder")
            group.create_task(self._look_around(self._store.folder), name="configuration files")
            group.create_task(self._obey(), name="reload")
            group.create_task(self._look(), name="reload watch")

    @property
    def alert(self) -> Alert | None:
        """What a person should look at now: a change that was rolled back, or that is not taken up, and why."""
        return self._told.alert

    def request(self) -> None:
        """Take up what is on disk, soon. For signal handlers."""
        self._asked.set()

    # ── what may be asked ────────────────────────────────────────────────────────────────────────────────────────

    async def reload(self, *, who: str = "SIGHUP", where: str = "this process") -> int:
        """Take up what is on disk, confirmed by whoever asks; the number of the configuration. Raises `ConfigRefused`;
        then the one before stays in force, and the findings are shown."""
        async with self._folder() as store:
            read = await asyncio.to_thread(contents, store.folder)
            return await self._take_up(store, read, By(who, where, "", "config.reload"), confirmed=True)

    async def text(self, file: str) -> ConfigText:
        """A file as it is on disk. Raises `ConfigRefused` for what is no text."""
        async with self._folder() as store:
            content = await asyncio.to_thread(store.read, file)
        return as_text(file, content)

    async def propose(self, file: str, text: str, base: str | None = None) -> ProposalView:
        """What a change would mean."""
        async with self._folder() as store:
            proposal = await self._proposed(store, file, as_bytes(text), base)
            config = proposal.loaded.config
            replayed = None
            if config is not None:
                generation = await self._built(config, proposal.loaded.diagnostics)
                replayed = await self._replayed(generation)
        said = tuple(map(str, proposal.changes))
        return ProposalView(file, proposal.base, proposal.loaded.diagnostics, said, replayed)

    async def commit(
        self, file: str, text: str, base: str, *, who: str, why: str, where: str = "this process"
    ) -> Committed:
        """Make a change and put it in force. Raises `ConfigConflict`, `ConfigRefused` or `ConfigNotWritten`."""
        by = By(who, where, why, "config.commit")
        async with self._folder() as store:
            return await self._commit(store, file, as_bytes(text), base, by)

    async def backups(self, file: str | None = None) -> tuple[BackupView, ...]:
        """The backups, the newest first."""
        async with self._folder() as store:
            found = await asyncio.to_thread(store.backups.all, file)
        return tuple(BackupView(it.id, it.file, it.at, it.size, it.who, it.why) for it in found)

    async def backup_text(self, backup_id: str) -> ConfigText:
        """What a file was. Raises `ConfigRefused` for a backup that is not there, damaged, or no text."""
        async with self._folder() as store:
            found = await asyncio.to_thread(store.backups.read, backup_id)
        if found is None:
            raise ConfigRefused(f"there is no backup {backup_id}, or it is damaged")
        backup, content = found
        return as_text(backup.file, content, called=backup_id)

    async def rollback(self, backup_id: str, *, who: str, where: str = "this process") -> Committed:
        """Put a backup back, by the same path as any change."""
        by = By(who, where, f"rollback to {backup_id}", "config.rollback")
        async with self._folder() as store:
            found = await asyncio.to_thread(store.backups.read, backup_id)
            if found is None:
                raise ConfigRefused(f"there is no backup {backup_id}, or it is damaged")
            backup, content = found
            return await self._commit(store, backup.file, content, None, by)

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
                place = self._store.folder
                if isinstance(error.filename, str) and not Path(error.filename).is_relative_to(place):
                    place = Path(error.filename)  # the audit log, for one
                raise ConfigNotWritten(f"{place}: {error.strerror or error}", hint="nothing was changed") from None

    async def _proposed(self, store: ConfigStore, file: str, content: bytes, base: str | None) -> Proposal:
        in_force = self._gateway.generation.config
        proposal = await asyncio.to_thread(store.propose, file, content, in_force, base=base)
        return replace(proposal, loaded=self._judged(proposal.loaded))

    def _judged(self, loaded: Loaded) -> Loaded:
        """With an error where it would let everybody on the network in."""
        if loaded.config is None:
            return loaded
        try:
            self._gateway.guard.check(loaded.config.gateway)
        except CallerError as open_:
            error = Diagnostic(Severity.ERROR, "gateway.yaml", 0, 0, "auth.master_key", open_.message, open_.hint or "")
            return Loaded(None, (error, *loaded.diagnostics), loaded.folder)
        return loaded

    async def _commit(self, store: ConfigStore, file: str, content: bytes, base: str | None, by: By) -> Committed:
        read = {**await asyncio.to_thread(contents, store.folder), file: content}
        proposal = await self._proposed(store, file, content, base)
        if proposal.loaded.config is None:
            raise ConfigRefused(first_error(proposal.loaded), proposal.loaded.diagnostics)
        generation = await self._built(proposal.loaded.config, proposal.loaded.diagnostics)
        backup = await asyncio.to_thread(store.commit, proposal, who=by.who, why=by.why, where=by.where, what=by.what)
        self._adopt(generation, proposal.loaded, read)
        return Committed(backup.id if backup else None, generation.number)

    async def _take_up(self, store: ConfigStore, read: Contents, by: By, *, confirmed: bool) -> int:
        self._seen = read
        loaded = self._judged(await asyncio.to_thread(load, store.folder, self._env, present(read)))
        if loaded.config is None:
            if number := self._gateway.generation.number:
                stays = f"what is on disk has errors; configuration {number} stays in force"
                self._hold(note(stays, severity=Severity.ERROR), loaded.diagnostics)
            else:
                self._told.show(loaded.diagnostics, None)
            raise ConfigRefused(first_error(loaded), loaded.diagnostics)
        in_force = self._gateway.generation
        different = changes(in_force.config, loaded.config)
        losses = [change for change in different if change.loses] if not confirmed and not in_force.refused else []
        if losses and in_force.settings.reload.confirm_removals:
            message = f"not taken up yet, since it removes something: {', '.join(map(str, losses))}"
            self._hold(note(message, "confirm it with SIGHUP, or restore the file"), loaded.diagnostics)
            return in_force.number
        generation = await self._built(loaded.config, loaded.diagnostics)
        kept = await asyncio.to_thread(self._keep, store, read, by.who, confirmed)
        problem = await self._auditing.reloaded(by, self._in_force, read, different)
        self._adopt(generation, loaded, read)
        self._noted(problem)
        if losses:
            self._add(gone(losses, kept))
        return generation.number

    def _keep(self, store: ConfigStore, read: Contents, who: str, confirmed: bool) -> list[Backup]:
        """Back up what others have changed, where the folder lets us; what was confirmed is no accident."""
        kept: list[Backup] = []
        for name in differing(self._in_force, read):
            before, after = self._in_force.get(name), read.get(name)
            with suppress(OSError):
                if before and not self._gateway.generation.refused:
                    kept.append(store.keep(name, before, who=who, why="changed by another program"))
                if after is not None and confirmed and store.is_cut(name, after):
                    store.accept(name, after)
        return kept

    async def _built(self, config: Config, diagnostics: tuple[Diagnostic, ...]) -> Generation:
        """Aside, and off the loop: requests go on meanwhile."""
        before = self._gateway.generation
        named = replace(config, origin=self._origin or config.origin)
        try:
            return await asyncio.to_thread(
                build_generation, before.number + 1, named, turns=before.planner.turns, completed=before.completed
            )
        except ValueError as error:
            raise ConfigRefused(f"it cannot be built: {error}", diagnostics) from None

    def _adopt(self, generation: Generation, loaded: Loaded, read: Contents, *, watched: bool = True) -> None:
        """From here on nothing fails."""
        runtime, settings = self._gateway.runtime, generation.settings.reload
        well = frozenset(name for name, state in runtime.providers.items() if state.health in WELL)
        went = went_by(self._gateway.generation.table, self._listed())
        latest = runtime.ring.page(max(0, runtime.requests - settings.watch_requests), settings.watch_requests)
        self._gateway.adopt(generation)
        self._before, self._in_force, self._seen = self._in_force, read, read
        self.hash = fingerprint(read)
        self._probation = None
        if watched:
            self._probation = begun(
                latest.records,
                runtime.running,
                since=runtime.requests,
                wanted=settings.watch_requests,
                limit=settings.max_error_rate,
                well=well,
                went=went,
            )
        later = restart_needed(self._started, generation.settings, self._fixed)
        self._told.stand((*later, *loaded.diagnostics))
        runtime.changes += 1

    def _hold(self, finding: Diagnostic, others: Sequence[Diagnostic] | None = None) -> None:
        """Say why what is on disk is not in force, with what else there is to say of it."""
        runtime = self._gateway.runtime
        others = self._told.standing if others is None else others
        self._told.show((finding, *others), alert(finding, runtime.clock.wall()))
        runtime.changes += 1

    def _add(self, finding: Diagnostic, as_: Alert | None = None) -> None:
        """Say one thing more for as long as this configuration is in force."""
        runtime = self._gateway.runtime
        self._told.add(finding, as_ or alert(finding, runtime.clock.wall()))
        runtime.changes += 1

    def _noted(self, problem: str) -> None:
        """Say what the audit log has not taken; it is tried again."""
        if problem:
            self._add(note(f"the audit log cannot be written, and what is to be in it waits: {problem}"))

    def _listed(self) -> Live:
        """Providers, all of them well, with the models that they list."""
        return {name: KnownProvider(models=state.models) for name, state in self._gateway.runtime.providers.items()}

    async def _replayed(self, generation: Generation) -> WhatIf:
        runtime, before, live = self._gateway.runtime, self._gateway.generation.table, self._listed()
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
                self._hold(note(error.message))

    async def _notice(self, folder: Path) -> None:
        """Take changes up at once, where the system tells of them."""
        with suppress(OSError):
            async for _ in signs(folder):
                await self._look_again()

    async def _look_around(self, folder: Path) -> None:
        """Find what nobody told of."""
        async for _ in untold(folder, lambda: self._seen):
            await self._look_again()

    async def _look_again(self) -> None:
        try:
            async with self._folder() as store:
                await self._compare(store, await asyncio.to_thread(contents, store.folder))
        except ConfigRefused:
            pass  # the findings are shown
        except ConfigNotWritten as error:
            self._seen = {}
            self._hold(note(error.message))

    async def _compare(self, store: ConfigStore, read: Contents) -> None:
        if read == self._seen:
            return
        if read == self._in_force:
            self._seen = read
            self._told.show_standing()
            self._gateway.runtime.changes += 1
            return
        if found := await asyncio.to_thread(lambda: list(doubts(read, self._in_force, store.is_cut))):
            self._seen = read
            message = f"{', '.join(found)}: not taken up"
            self._hold(note(message, "restore it, or confirm it with SIGHUP"))
            return
        await self._take_up(store, read, By(OTHERS, str(store.folder), "", "config.reload"), confirmed=False)

    async def _look(self) -> None:
        """Judge a configuration by the first requests on it."""
        while True:
            await next_beat(LOOK_S)
            await self._auditing.retry()
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
        failed, at = watch.reason(share, number), self._gateway.runtime.clock.wall()
        try:
            async with self._folder() as store:
                if number != self._gateway.generation.number:
                    return
                backups = await self._restore(store, failed)
        except (ConfigRefused, ConfigConflict, ConfigNotWritten) as error:
            finding = note(f"{failed}; it could not be rolled back: {error.message}")
            self._add(finding, not_taken_back(number, failed, error.message, at))
        else:
            kept = ", ".join(backup.id for backup in backups)
            finding = note(f"rolled back, because {failed}; what was taken back is kept as {kept}")
            self._add(finding, taken_back(number, failed, kept, at))

    async def _restore(self, store: ConfigStore, why: str) -> list[Backup]:
        # A file that was new is emptied, which means the same as that there is none.
        wanted = {name: content or b"" for name, content in self._before.items() if content != self._in_force.get(name)}
        read = {**self._in_force, **wanted}
        loaded = self._judged(await asyncio.to_thread(load, store.folder, self._env, present(read)))
        if loaded.config is None:
            raise ConfigRefused(first_error(loaded), loaded.diagnostics)
        generation = await self._built(loaded.config, loaded.diagnostics)
        different = changes(self._gateway.generation.config, loaded.config)
        backups: list[Backup] = []
        for name, content in wanted.items():
            current = self._in_force.get(name)
            base = MISSING if current is None else content_hash(current)
            proposal = Proposal(name, content, base, loaded, different)
            backup = await asyncio.to_thread(store.commit, proposal, who=GATEWAY, why=why, what="config.rollback")
            backups += [backup] if backup is not None else []
        self._adopt(generation, loaded, read, watched=False)
        return backups


def _at_first(folder: Path) -> Contents:
    """What the configuration was read from; nothing is known where that could not be."""
    try:
        return contents(folder)
    except OSError:
        return {}
