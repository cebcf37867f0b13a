"""The semantic cache of a gateway: embed what was asked, look among what is known, keep what was answered."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from ai_dashboard.cache.entry import Entry
from ai_dashboard.cache.semantic.mirror import Forgotten, Mirror, Wary
from ai_dashboard.cache.semantic.question import Question
from ai_dashboard.cache.semantic.standalone import meaning_id_of
from ai_dashboard.cache.semantic.store import Found, Meaning, MeaningStore
from ai_dashboard.cache.semantic.vectors import Vector, unit
from ai_dashboard.core.cache import Feedback, SemanticFigures
from ai_dashboard.core.data import dataclass

Embed = Callable[[Sequence[str]], Awaitable[list[list[float]] | None]]
"""Vectors for texts; None when nobody could make them. Who makes them may see the text: the caller minds where it goes
(the residency group of the ask)."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing that means the same is known; what is needed to change that."""

    question: Question
    vector: Vector


class MeaningCache:
    """One store, and perhaps other gateways that have a copy of it. `timeout_s` is what a vector may take."""

    def __init__(
        self, store: MeaningStore[Entry], *, embedder: str, timeout_s: float, mirror: Mirror | None = None
    ) -> None:
        self.store = store
        self.embed_failures = 0
        self._embedder = embedder
        self._timeout_s = timeout_s
        self._mirror = mirror

    async def find(self, question: Question, embed: Embed, now: float) -> Found[Entry] | Unknown | None:
        """What is known, or what to keep the answer with; None when there is no vector to look with."""
        if self._mirror is not None:
            await self._mirror.listen()
        try:
            async with asyncio.timeout(self._timeout_s):
                vectors = await embed([question.prompt])
        except TimeoutError:
            vectors = None
        vector = unit(vectors[0]) if vectors else None
        if vector is None:
            self.embed_failures += 1
            return None
        found = self.store.find(question.bucket, question.prompt, vector, now)
        return Unknown(question, vector) if found is None else found

    async def keep(self, unknown: Unknown, entry: Entry) -> None:
        """Keep an answer."""
        question = unknown.question
        meaning = Meaning(
            id=meaning_id_of(question.bucket, question.prompt),
            bucket=question.bucket,
            tenant=question.tenant,
            model=question.model,
            prompt=question.prompt,
            vector=unknown.vector,
            answer=entry,
            size=entry.size,
            expires_at=entry.expires_at,
        )
        self.store.put(meaning)
        if self._mirror is not None:
            await self._mirror.tell(meaning)

    async def feedback(self, meaning_id: str, similarity: float | None) -> Feedback | None:
        """A hit was wrong. None when it is not known (any more)."""
        needed = self.store.bad_hit(meaning_id, similarity)
        if needed is None:
            return None
        if self._mirror is not None:
            await self._mirror.tell(Wary(meaning_id, needed))
        return Feedback(meaning_id, needed)

    async def invalidate(self, tenant: str | None, model: str | None) -> tuple[int, bool]:
        """Forget answers; how many here, and whether the other gateways have been told."""
        gone = self.store.invalidate(tenant, model)
        told = self._mirror is None or await self._mirror.tell(Forgotten(tenant, model))
        return gone, told

    def clear_expired(self, now: float) -> int:
        """Forget what is no longer good; how many here. Other gateways do so for themselves."""
        return self.store.clear_expired(now)

    def figures(self) -> SemanticFigures:
        """What has happened."""
        return self.store.figures(self._embedder, self.embed_failures)
