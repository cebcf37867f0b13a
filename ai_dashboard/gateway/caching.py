"""Where a request meets the cache: what is looked up, what is given again, and what of a new answer is kept.

    found = await caching.look(ask, facts, headers, plan, scope_of(facts, regions), trip.id)
    if isinstance(found, Hit): …reply with `found.body`…
    async with found as ticket: …`ticket.add` every piece, `ticket.keep` once the answer is whole…

Looked up behind the plan and before anything is reserved: an answer of somebody who could not be asked by this plan
(any more) is not given, whoever it was made for.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from ai_dashboard.cache.entry import Entry
from ai_dashboard.cache.exact import ExactCache, Lead
from ai_dashboard.cache.heard import Heard, HeardBefore
from ai_dashboard.cache.judge import judge
from ai_dashboard.cache.keys import ExactKey, Scope, exact_key
from ai_dashboard.cache.memory import MemoryHome
from ai_dashboard.cache.replay import Kept, Told, replay, shape_of, told_by
from ai_dashboard.cache.semantic.embedders import HASHING, Embedder, embedder_of
from ai_dashboard.cache.semantic.standalone import MODEL_VARIABLE, THRESHOLD_VARIABLE, threshold_of
from ai_dashboard.cache.shared import SharedHome
from ai_dashboard.cache.wishes import Wish, wish_of
from ai_dashboard.config.schema.cache import CacheSettings
from ai_dashboard.core.cache import CacheFigures, Expired, Feedback, Invalidated
from ai_dashboard.core.chat import Ask
from ai_dashboard.core.clock import Clock
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import ConfigError
from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import Plan, RouteFacts
from ai_dashboard.core.tenancy import Caller
from ai_dashboard.routing.regions import Regions
from ai_dashboard.state.link import Link

if TYPE_CHECKING:
    from ai_dashboard.cache.semantic.lookup import MeaningCache, Unknown
    from ai_dashboard.cache.semantic.mirror import Mirror

EmbedVia = Callable[[str, Sequence[str], Scope, Caller | None], Awaitable[list[list[float]] | None]]
"""Vectors from a model that the gateway routes (`provider/model`), within a tenant and its residency group, paid for by
whoever asks; None when nobody could make them."""

MISS, BYPASS = b"x-cache: miss\r\n", b"x-cache: bypass\r\n"

NEVER = float("inf")

PASSING = frozenset({
    "unavailable", "auth_failed", "breaker_open", "cooldown", "rate_limit", "draining", "max_latency_ms", "budget",
})  # fmt: skip
"""What may keep a request away from a provider without saying anything of the answers that it gave before: the words
that such reasons begin with. Where it may not be asked at all any more, its answers are not given either."""


class Hit(NamedTuple):
    """An answer that is given again. `head` are its header lines; `told` is what a conversation has to remember of it.
    `similarity` is None for an answer to the very same ask. `waited_s` went by until somebody else had it."""

    body: bytes
    head: bytes
    provider: str
    model: str
    usage: Usage | None
    saved_s: float
    saved_usd: float | None
    told: Told | None = None
    similarity: float | None = None
    waited_s: float = 0.0


@dataclass(slots=True)
class Ticket:
    """The way on for an ask that nothing is known for. Who leaves the block without `keep` has no answer: the next one
    who waits for it asks. `waited_s` went by in vain."""

    caching: "Caching"
    ask: Ask
    wish: Wish
    key: ExactKey | None = None
    lead: Lead | None = None
    unknown: "Unknown | None" = None
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0
    spoiled: bool = False
    waited_s: float = 0.0

    @property
    def head(self) -> bytes:
        """The header line of the reply."""
        return BYPASS if self.key is None else MISS

    @property
    def keeps(self) -> bool:
        """Whether the pieces are wanted at all."""
        return self.key is not None and self.wish.store and not self.spoiled

    def add(self, piece: bytes) -> None:
        """A piece of the reply, as the caller is sent it."""
        if self.keeps:
            self.pieces.append(piece)
            self.size += len(piece)
            if self.size > self.caching.max_entry_bytes:
                self.spoil()

    def spoil(self) -> None:
        """This is no answer to be given again: it was put together from several, or is too large."""
        self.spoiled = True
        self.pieces.clear()

    async def keep(
        self, provider: str, answered: str, usage: Usage | None, took_s: float, cost_usd: float | None = None
    ) -> None:
        """The answer is whole, and was sent."""
        entry = self._entry(provider, answered, usage, took_s, cost_usd) if self.keeps else None
        if entry is None or self.key is None:
            if self.lead is not None:
                await self.lead.release()
            return
        if self.lead is not None:
            await self.lead.land(entry)
        else:
            await self.caching.exact.keep(self.key, entry)
        if self.unknown is not None and self.caching.meanings is not None:
            await self.caching.meanings.keep(self.unknown, entry)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.lead is not None:
            await self.lead.leave()

    def _entry(
        self, provider: str, answered: str, usage: Usage | None, took_s: float, cost_usd: float | None
    ) -> Entry | None:
        body = b"".join(self.pieces)
        judged = judge(self.ask, body)
        if judged is None:
            return None
        form, stream, usage_shown = shape_of(self.ask)
        now, ttl_s = self.caching.clock.wall(), self.caching.ttl_of(self.wish)
        return Entry(
            body, form, stream, usage_shown, judged.answer_id, provider, answered, usage, now, now + ttl_s, took_s,
            cost_usd,
        )  # fmt: skip


class Caching:
    """The caches of a gateway, as `cache` in its configuration has them. `link` is the Redis that gateways share, where
    there is one; `name` tells them apart."""

    def __init__(
        self,
        settings: CacheSettings,
        clock: Clock,
        *,
        embed_via: EmbedVia,
        link: Link | None = None,
        name: str = "",
        env: Mapping[str, str] = os.environ,
    ) -> None:
        self.clock = clock
        self.problem = ""
        self.saved_s = 0.0
        self.saved_usd = 0.0
        self.meanings: MeaningCache | None = None
        self.heard = HeardBefore()
        self._embed_via = embed_via
        self._link = link
        self._name = name
        self._env = env
        self._embedder: Embedder | str = ""
        self._built_for: tuple[object, ...] = ()
        self._mirror: Mirror | None = None
        self._begin(settings)

    @property
    def enabled(self) -> bool:
        """Whether answers are kept at all."""
        return self._settings.enabled

    def _begin(self, settings: CacheSettings) -> None:
        memory = MemoryHome(int(settings.max_mb * (1 << 20)))
        shared: SharedHome | None = None
        if self._link is not None:
            above = int(settings.compress_above_kb * 1024)
            shared = SharedHome(self._link, memory, self.clock, name=self._name, compress_above=above)
            self._link.on_back.append(shared.reconcile)
        self.exact = ExactCache(
            memory, self.clock, wait_s=settings.wait_s, max_joined=settings.max_joined, shared=shared
        )
        self.adopt(settings)

    def adopt(self, settings: CacheSettings) -> None:
        """Go by another configuration. What is kept stays, as far as there is room."""
        self._settings = settings
        self.max_entry_bytes = int(settings.max_entry_mb * (1 << 20))
        self.exact.adopt(int(settings.max_mb * (1 << 20)), settings.wait_s, settings.max_joined)
        try:
            self._adopt_meanings(settings)
            self.problem = ""
        except ConfigError as error:
            self.meanings, self._built_for, self.problem = None, (), error.lines[0]

    async def look(
        self,
        ask: Ask,
        facts: RouteFacts,
        headers: Mapping[str, str],
        plan: Plan,
        scope: Scope,
        reply_id: str,
        until: float = NEVER,
        heard: Heard | None = None,
        caller: Caller | None = None,
    ) -> Hit | Ticket:
        """What there is for an ask. Waits for an answer that somebody else is getting, but not beyond `until`, a
        monotonic moment. `heard` is the ask where it was known before it was read, `caller` whoever pays for looking.
        Raises `CallerError` for wishes that cannot be read."""
        wish, key = wish_of(ask.body, headers), None
        if self._takes_part(ask, wish):
            key = exact_key(scope, ask, facts) if heard is None else heard.key(scope, facts)
        if key is None:
            self.exact.bypasses += 1
            return Ticket(self, ask, wish)
        ticket = Ticket(self, ask, wish, key)
        if not wish.read:
            return ticket
        began = self.clock.monotonic()
        found = await self.exact.find(key, until)
        ticket.waited_s = self.clock.monotonic() - began
        if isinstance(found, Kept):
            return self._given(ticket, key, found, plan, reply_id) or ticket
        ticket.lead = found
        if self.meanings is not None and wish.semantic:
            try:
                return await self._look_for_meaning(self.meanings, ticket, facts, plan, scope, reply_id, caller)
            except BaseException:
                await ticket.__aexit__(None, None, None)
                raise
        return ticket

    def ttl_of(self, wish: Wish) -> float:
        """How long an answer is good for: never longer than the configuration says."""
        usual = self._settings.ttl_s
        return usual if wish.ttl_s is None else min(usual, wish.ttl_s)

    async def invalidate(self, tenant: str | None = None, model: str | None = None) -> Invalidated:
        """Forget answers: a tenant's, those to asks for a model (as callers name it), or all."""
        exact, exact_told = await self.exact.invalidate(tenant, model)
        if self.meanings is None:
            return Invalidated(exact, 0, exact_told)
        semantic, semantic_told = await self.meanings.invalidate(tenant, model)
        return Invalidated(exact, semantic, exact_told and semantic_told)

    def clear_expired(self) -> Expired:
        """Forget what is no longer good."""
        exact = self.exact.clear_expired()
        return Expired(exact, 0 if self.meanings is None else self.meanings.clear_expired(self.clock.wall()))

    async def feedback(self, meaning_id: str, similarity: float | None) -> Feedback | None:
        """A semantic hit was wrong. None when its entry is not known (any more)."""
        return await self.meanings.feedback(meaning_id, similarity) if self.meanings is not None else None

    def figures(self) -> CacheFigures:
        """What has happened."""
        semantic = self.meanings.figures() if self.meanings is not None else None
        return CacheFigures(
            self._settings.enabled, self.exact.figures(), semantic, self.saved_s, self.saved_usd, self.problem
        )

    def _takes_part(self, ask: Ask, wish: Wish) -> bool:
        """Whether an answer may be found or kept: where chance has no say in it, or it does not matter."""
        if not self._settings.enabled or not (wish.read or wish.store) or wish.ttl_s == 0:
            return False
        if wish.always or self._settings.when == "always" or ask.operation == "embed":
            return True
        temperature = ask.body.get("temperature")
        return type(temperature) in (int, float) and temperature == 0

    def _given(self, ticket: Ticket, key: ExactKey, kept: Kept, plan: Plan, reply_id: str) -> Hit | None:
        entry, ask = kept.entry, ticket.ask
        if not could_answer(plan, entry) or (body := self.exact.replayed(key, kept, ask, reply_id)) is None:
            self.exact.hits -= 1
            self.exact.misses += 1
            return None
        head = b"x-cache: hit\r\nage: %d\r\n" % self._age(entry)
        return self._hit(ticket, entry, body, head, told_by(kept, ask, reply_id))

    async def _look_for_meaning(
        self,
        meanings: "MeaningCache",
        ticket: Ticket,
        facts: RouteFacts,
        plan: Plan,
        scope: Scope,
        reply_id: str,
        caller: Caller | None,
    ) -> Hit | Ticket:
        from ai_dashboard.cache.semantic.lookup import Unknown
        from ai_dashboard.cache.semantic.question import question_of

        ask = ticket.ask
        question = question_of(scope, ask, facts, tools=self._settings.semantic.tools)
        if question is None:
            return ticket

        async def embed(texts: Sequence[str]) -> list[list[float]] | None:
            began = self.clock.monotonic()
            try:
                return await self._embed(texts, scope, caller)
            finally:
                ticket.waited_s += self.clock.monotonic() - began

        found = await meanings.find(question, embed, self.clock.wall())
        if found is None:
            return ticket
        if isinstance(found, Unknown):
            ticket.unknown = found
            return ticket
        entry = found.meaning.answer
        if not could_answer(plan, entry) or (body := replay(Kept(entry), ask, reply_id)) is None:
            return ticket
        if ticket.lead is not None:
            await ticket.lead.release()
        lines = b"x-cache: semantic\r\nage: %d\r\nx-cache-similarity: %.4f\r\nx-cache-entry: %b\r\n"
        head = lines % (self._age(entry), found.similarity, found.meaning.id.encode())
        return self._hit(ticket, entry, body, head, None, found.similarity)

    def _hit(
        self, ticket: Ticket, entry: Entry, body: bytes, head: bytes, told: Told | None, similarity: float | None = None
    ) -> Hit:
        self.saved_s += entry.took_s
        self.saved_usd += entry.cost_usd or 0.0
        return Hit(
            body, head, entry.provider, entry.answered, entry.usage, entry.took_s, entry.cost_usd, told, similarity,
            ticket.waited_s,
        )  # fmt: skip

    def _age(self, entry: Entry) -> int:
        return max(0, int(self.clock.wall() - entry.made_at))

    async def _embed(self, texts: Sequence[str], scope: Scope, caller: Caller | None) -> list[list[float]] | None:
        embedder = self._embedder
        if isinstance(embedder, str):
            return await self._embed_via(embedder, texts, scope, caller)
        if embedder.name == HASHING:
            return embedder.embed(texts)
        return await asyncio.to_thread(embedder.embed, texts)

    def _adopt_meanings(self, settings: CacheSettings) -> None:
        """Build the semantic cache anew where anything of it has changed. Raises `ConfigError`."""
        semantic = settings.semantic
        if not (settings.enabled and semantic.enabled):
            self.meanings, self._built_for = None, ()
            return
        named = self._env.get(MODEL_VARIABLE) or semantic.embedder
        threshold = threshold_of(None if self._env.get(THRESHOLD_VARIABLE) else semantic.threshold, self._env)
        wanted = (named, threshold, semantic.max_entries, semantic.embed_timeout_ms)
        if wanted == self._built_for:
            return
        provider, colon, model = named.partition(":")
        self._embedder = f"{provider}/{model}" if colon else embedder_of(named, self._env)
        self.meanings = self._meanings(named, threshold, settings)
        self._built_for = wanted

    def _meanings(self, named: str, threshold: float, settings: CacheSettings) -> "MeaningCache":
        try:
            from ai_dashboard.cache.semantic.lookup import MeaningCache
            from ai_dashboard.cache.semantic.mirror import Mirror
            from ai_dashboard.cache.semantic.store import MeaningStore
        except ImportError:
            raise ConfigError(("the semantic cache needs numpy: pip install 'ai-dashboard[semantic]'",)) from None
        store: MeaningStore[Entry] = MeaningStore(threshold, settings.semantic.max_entries)
        if self._link is not None:
            if self._mirror is not None:
                self._link.on_back.remove(self._mirror.reconcile)
            above = int(settings.compress_above_kb * 1024)
            self._mirror = Mirror(self._link, store, self.clock, name=self._name, compress_above=above)
            self._link.on_back.append(self._mirror.reconcile)
        timeout_s = settings.semantic.embed_timeout_ms / 1000
        return MeaningCache(store, embedder=named, timeout_s=timeout_s, mirror=self._mirror)


def could_answer(plan: Plan, entry: Entry) -> bool:
    """Whether this plan knows who made an answer: as one to be asked, or one that cannot be asked just now."""
    provider, model = entry.provider, entry.answered
    for candidate in plan.attempts:
        if candidate.provider == provider and candidate.model == model:
            return True
    return any(
        it.provider == provider and it.model == model and it.reason.partition(":")[0] in PASSING for it in plan.excluded
    )


def scope_of(facts: RouteFacts, regions: Regions) -> Scope:
    """Whose answers may be given to a request. Raises `UnknownResidency`."""
    if regions.plain and facts.residency is None:
        return Scope(facts.tenant, "")
    rules = [
        [it.name, it.strict, sorted(it.regions), it.compliant and sorted(it.compliant), sorted(it.audits)]
        for it in regions.rules_for(facts)
    ]
    return Scope(facts.tenant, facts.residency or "", repr(rules) if rules else "")
