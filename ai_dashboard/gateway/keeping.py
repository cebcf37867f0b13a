"""What a gateway keeps beside the requests themselves: money, keys, limits, answers, and what was asked.

Each concern has a room of its own; here they are opened, told of each new configuration, and closed. With a `folder`
they outlive the process, with a `link` they are shared with other gateways, and without either they are in memory.
"""

import secrets
from collections.abc import Coroutine, Iterator
from pathlib import Path

from ai_dashboard.core.clock import Clock
from ai_dashboard.core.costs import dollars
from ai_dashboard.core.errors import ConfigError
from ai_dashboard.core.events import Usage
from ai_dashboard.core.logs import LogLevel
from ai_dashboard.core.tenancy import Quota
from ai_dashboard.costs.book import Book
from ai_dashboard.costs.catalogue import Catalogue, public_prices
from ai_dashboard.costs.journal import Journal, MemoryJournal, SqliteJournal
from ai_dashboard.costs.ledger import Ledger, MemoryLedger
from ai_dashboard.costs.pricing import Prices
from ai_dashboard.costs.receipt import receipt
from ai_dashboard.costs.reports import Reports
from ai_dashboard.gateway.caching import Caching, EmbedVia
from ai_dashboard.gateway.generation import Generation
from ai_dashboard.gateway.log_entry import entry_of
from ai_dashboard.gateway.quotas import QuotaBeginnings, name_of
from ai_dashboard.gateway.trip import Attempt, Trip
from ai_dashboard.state.link import Link
from ai_dashboard.state.sqlite_writer import FileState
from ai_dashboard.telemetry.json_log import JsonLog
from ai_dashboard.telemetry.log_reader import LogReader
from ai_dashboard.telemetry.request_log import RequestLog
from ai_dashboard.tenancy.identity import Identity
from ai_dashboard.tenancy.key_book import KeyBook
from ai_dashboard.tenancy.key_homes import KeyHome, MemoryKeys, SharedKeys, SqliteKeys
from ai_dashboard.tenancy.limits import LimitHome
from ai_dashboard.tenancy.memory_limits import MemoryLimits
from ai_dashboard.tenancy.tenants import tenant_view
from ai_dashboard.tenancy.tokens import TokenCheck

LEASE_BEYOND_S = 60.0
"""A reservation is held for as long as a request may take, and so long beyond that."""


class Keeping:
    """One gateway's. `name` tells it from others on the same Redis."""

    def __init__(
        self,
        generation: Generation,
        clock: Clock,
        *,
        admin_token: str,
        embed_via: EmbedVia,
        folder: Path | None = None,
        config_folder: Path | None = None,
        link: Link | None = None,
        public: Catalogue | None = None,
        events: JsonLog,
    ) -> None:
        self._clock = clock
        self._events = events
        self._link = link
        self._admin_token = admin_token
        self._config_folder = config_folder
        self.name = secrets.token_hex(6)
        settings = generation.settings
        self._public = public if public is not None else public_prices()
        self.book = Book(self._ledger(generation, folder), clock, self._prices(generation), settings.budgets)
        self.reports = Reports(self.book)
        home: KeyHome = SqliteKeys(folder / "keys.sqlite") if folder is not None else MemoryKeys()
        if link is not None:
            home = shared = SharedKeys(home, link)
            link.on_back.append(shared.reconcile)
        self.keys = KeyBook(home, clock=clock, entropy=secrets.token_bytes)
        self.memory_limits = MemoryLimits(clock)
        self.limits: LimitHome = self.memory_limits
        path = folder / "requests.sqlite" if folder is not None else None
        if link is not None:
            self.limits = self._shared_limits(link, name_of(path) if path is not None else self.name)
        self.log: RequestLog[Trip] | None = None
        self.log_reader: LogReader | None = None
        self._quotas: QuotaBeginnings | None = None
        if path is not None:
            self.log = RequestLog(path, settings.request_log, entry_of, clock=clock, tell=self._file_changed)
            self.log_reader = LogReader(path, clock)
            self._quotas = QuotaBeginnings(self.limits, self.log, self.log_reader, settings.tenants, clock, events)
            if link is not None:
                link.on_back.append(self._quotas.look_again)
        self.caching = Caching(settings.cache, clock, embed_via=embed_via, link=link, name=self.name)
        self.trouble = ""
        """Why nobody is let in who brings a signed token, while that is so."""
        self._tenants = settings.tenants
        self.identity = self._identity(generation)

    async def open(self) -> None:
        """Take up what was there before. Nothing of it may keep a gateway from starting."""
        await self.book.look()
        await self.keys.look()
        if self._link is not None:
            self._link.on_back.append(self.book.look)
        if self._quotas is not None:
            await self._quotas.tell()
        if self.log is not None:
            self.log.start()

    def _file_changed(self, state: FileState) -> None:
        """The request log's file takes rows again, or no more. Called on its writer's thread."""
        level = LogLevel.INFO if state.well else LogLevel.ERROR
        self._events.note(level, "request_log_well" if state.well else "request_log_troubled", state.message)

    def tasks(self) -> Iterator[tuple[str, Coroutine[object, object, None]]]:
        """What has to be done while the gateway runs, until it is cancelled."""
        yield "books", self.book.run()
        yield "outlook", self.reports.outlook.run()
        yield "keys", self.keys.watch()
        if self.log is not None:
            yield "request log", self.log.tend()
        if self._quotas is not None:
            yield "quotas", self._quotas.run()

    def adopt(self, generation: Generation) -> None:
        """Go by another configuration. What was spent, made and remembered stays."""
        settings = generation.settings
        self.book.adopt(self._prices(generation), settings.budgets)
        self.caching.adopt(settings.cache)
        if self.log is not None:
            self.log.adopt(settings.request_log)
        if self._quotas is not None:
            self._quotas.adopt(settings.tenants)
        self._tenants = settings.tenants
        self.identity = self._identity(generation)

    async def close(self) -> None:
        """Write what is not written yet."""
        await self.book.close()
        if self.log is not None:
            self.log.close()

    def _ledger(self, generation: Generation, folder: Path | None) -> Ledger:
        lease_s = generation.settings.timeouts.total_s + LEASE_BEYOND_S
        journal: Journal = SqliteJournal(folder / "costs.sqlite") if folder is not None else MemoryJournal()
        if self._link is None:
            return MemoryLedger(journal, lease_s)
        from ai_dashboard.costs.redis_ledger import RedisLedger

        return RedisLedger(self._link, self.name, journal, self._clock, lease_s)

    def _shared_limits(self, link: Link, log: str) -> LimitHome:
        from ai_dashboard.tenancy.redis_limits import RedisLimits

        limits = RedisLimits(
            link, self.memory_limits, wall=self._clock.wall, new_lease=lambda: secrets.token_hex(8), log=log
        )
        link.on_back.append(limits.reconcile)
        return limits

    def _prices(self, generation: Generation) -> Prices:
        providers = generation.table.providers
        return Prices(
            generation.config.providers, self._public, lambda provider, model: providers[provider].keeps(model)
        )

    def _identity(self, generation: Generation) -> Identity:
        settings = generation.settings
        tokens: TokenCheck | None = None
        self.trouble = ""
        if settings.auth.jwt is not None:
            try:
                tokens = TokenCheck.of(settings.auth.jwt, self._config_folder)
            except ConfigError as error:
                self.trouble = error.lines[0]
        return Identity(
            settings, self.keys, tokens, admin_token=self._admin_token, wall=self._clock.wall, closed=bool(self.trouble)
        )

    @property
    def token_quotas(self) -> dict[str, int]:
        """The tokens that tenants have for a month."""
        tenants = self._tenants
        return {
            name: limit.tokens
            for name in tenants
            for limit in tenant_view(tenants, name).limits
            if isinstance(limit, Quota) and limit.calendar == "month"
        }

    # ── one request ──────────────────────────────────────────────────────────────────────────────────────────────────

    def watch(self, trip: Trip, raw: bytes) -> None:
        """Keep what is said, as far as the log keeps it."""
        if self.log is not None and self.log.keeps_bodies:
            trip.asked_body, trip.said = raw, []

    def settle(self, trip: Trip) -> None:
        """Each attempt's receipt."""
        for attempt in trip.attempts:
            if attempt.ticket is not None:
                used = _used(trip, attempt)
                made = self.book.settle(attempt.ticket, used, answered=attempt.tokens is not None)
                attempt.cost = made.amount if made is not None else 0
                if used is not trip.usage:
                    attempt.usage = used  # on record is what it was paid for
                attempt.ticket = None

    async def settle_limits(self, trip: Trip) -> None:
        """Correct what was taken from the limits of whoever asked, and of those who were asked."""
        if trip.taken is not None:
            await self.limits.settle(trip.taken, trip.tokens)
        for attempt in trip.attempts:
            if attempt.taken is not None:
                used, taken, attempt.taken = _used(trip, attempt), attempt.taken, None
                await self.limits.settle(taken, used.prompt_tokens + used.completion_tokens if used is not None else 0)

    def likely_cost(self, attempt: Attempt, usage: Usage | None) -> float | None:
        """What an answer is about to cost, in dollars: what it saves whoever is given it again."""
        ticket = attempt.ticket
        if ticket is None or usage is None:
            return None
        made = receipt(ticket.priced, usage, at=ticket.at, provider="", model="", factor=ticket.factor)
        return None if made.amount is None else dollars(made.amount)

    def note(self, trip: Trip) -> None:
        """Write a finished request down."""
        if self.log is not None:
            size = 0
            if trip.said is not None:
                size = len(trip.asked_body or b"") + sum(map(len, trip.said))
            self.log.note(trip, size)


def _used(trip: Trip, attempt: Attempt) -> Usage | None:
    """What an attempt is paid for: its own usage, or the request's if it is the one that answered. Whoever was called
    off has read the prompt."""
    if attempt.usage is not None:
        return attempt.usage
    if trip.usage is not None and attempt is (trip.winner or trip.attempts[-1]):
        return trip.usage
    if attempt.error is None and attempt.tokens is None and trip.facts is not None:
        return Usage(trip.facts.prompt_tokens, 0, estimated=True)
    return None
