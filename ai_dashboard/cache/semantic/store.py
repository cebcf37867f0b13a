"""Prompts, their vectors and what was answered, within buckets that nothing crosses. Time is an argument.

A bucket is everything but the last thing that was said: tenant, residency group, model, parameters, system prompt and
earlier turns. So a hit can only ever differ from its ask in the wording of that one prompt.
"""

from collections import OrderedDict, deque
from dataclasses import field
from typing import Generic, TypeVar

from ai_dashboard.cache.semantic.guards import REWORDED, disagreement
from ai_dashboard.cache.semantic.vectors import Vector, Vectors, cosine
from ai_dashboard.core.cache import NearMiss, SemanticFigures
from ai_dashboard.core.data import dataclass

NEAR = 0.05
"""So far below the threshold a prompt still counts as a near miss, and feedback still speaks for its neighbours."""

REWORDED_NEEDS = 0.85
"""Where no words are the same, no lower threshold will do."""

RAISE = 0.02
"""By so much more than a bad hit a hit in its neighbourhood has to be similar."""

STRICTEST = 0.999
MOST_LOOKED_AT = 8
MAX_NEAR_MISSES = 20
MAX_WARY = 64
"""Places in one bucket where feedback asks for more; the oldest are forgotten."""

_BYTES_A_FLOAT = 4
_OVERHEAD_BYTES = 600

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Meaning(Generic[T]):
    """A prompt and what was answered. `size` are the bytes of the answer; `expires_at` is Unix time."""

    id: str
    bucket: bytes
    tenant: str
    model: str
    prompt: str
    vector: Vector
    answer: T
    size: int
    expires_at: float


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A prompt that means the same."""

    meaning: Meaning[T]
    similarity: float


@dataclass(slots=True)
class _Bucket(Generic[T]):
    vectors: Vectors
    ids: list[str] = field(default_factory=list)
    wary: deque[tuple[Vector, float]] = field(default_factory=lambda: deque(maxlen=MAX_WARY))


class MeaningStore(Generic[T]):
    """All of it, the oldest going first."""

    def __init__(self, threshold: float, max_entries: int) -> None:
        self.threshold = threshold
        self.max_entries = max_entries
        self.hits = 0
        self.misses = 0
        self.feedback = 0
        self.bytes = 0
        self._near_misses = 0
        self._similarity = 0.0
        self._near: deque[NearMiss] = deque(maxlen=MAX_NEAR_MISSES)
        self._meanings: OrderedDict[str, tuple[Meaning[T], int]] = OrderedDict()
        self._buckets: dict[bytes, _Bucket[T]] = {}

    def __len__(self) -> int:
        return len(self._meanings)

    def find(self, bucket: bytes, prompt: str, vector: Vector, now: float) -> Found[T] | None:
        """The most similar prompt that is similar enough and agrees in all that the guards compare."""
        found = self._find(bucket, prompt, vector, now)
        if found is None:
            self.misses += 1
        else:
            self.hits += 1
            self._similarity += found.similarity
        return found

    def put(self, meaning: Meaning[T]) -> None:
        """Keep an answer, instead of the one that is there for the same prompt."""
        self.evict(meaning.id)
        bucket = self._buckets.get(meaning.bucket)
        if bucket is None or bucket.vectors.dimensions != len(meaning.vector):
            # Vectors of another length are those of another model: nothing can be compared with them any more.
            for gone in tuple(bucket.ids) if bucket is not None else ():
                self.evict(gone)
            bucket = self._buckets[meaning.bucket] = _Bucket(Vectors(len(meaning.vector)))
        row = bucket.vectors.add(meaning.vector)
        bucket.ids.append(meaning.id)
        self._meanings[meaning.id] = (meaning, row)
        self.bytes += _size(meaning)
        while len(self._meanings) > self.max_entries:
            self.evict(next(iter(self._meanings)))

    def get(self, meaning_id: str) -> Meaning[T] | None:
        """A prompt by its id."""
        kept = self._meanings.get(meaning_id)
        return kept[0] if kept is not None else None

    def evict(self, meaning_id: str) -> bool:
        """Forget a prompt. False when it is not known."""
        kept = self._meanings.pop(meaning_id, None)
        if kept is None:
            return False
        meaning, row = kept
        bucket = self._buckets[meaning.bucket]
        moved_from = bucket.vectors.remove(row)
        moved = bucket.ids.pop()
        if moved_from != row:
            bucket.ids[row] = moved
            self._meanings[moved] = (self._meanings[moved][0], row)
        if not bucket.ids and not bucket.wary:
            del self._buckets[meaning.bucket]
        self.bytes -= _size(meaning)
        return True

    def bad_hit(self, meaning_id: str, similarity: float | None) -> float | None:
        """A hit on this prompt was wrong: forget it, and ask for more in its neighbourhood. The similarity needed there
        from now on; None when the prompt is not known."""
        meaning = self.get(meaning_id)
        if meaning is None:
            return None
        needed = min(STRICTEST, (similarity if similarity is not None else self.threshold + NEAR) + RAISE)
        self.be_wary(meaning.bucket, meaning.vector, needed)
        self.evict(meaning_id)
        self.feedback += 1
        return needed

    def be_wary(self, bucket: bytes, vector: Vector, needed: float) -> None:
        """Ask for more similarity near a vector."""
        place = self._buckets.get(bucket)
        if place is None:
            place = self._buckets[bucket] = _Bucket(Vectors(len(vector)))
        place.wary.append((vector, needed))

    def invalidate(self, tenant: str | None = None, model: str | None = None) -> int:
        """Forget the prompts of a tenant, to a model, or all; how many there were."""
        gone = [
            meaning.id
            for meaning, _ in self._meanings.values()
            if tenant in (None, meaning.tenant) and model in (None, meaning.model)
        ]
        for meaning_id in gone:
            self.evict(meaning_id)
        return len(gone)

    def clear_expired(self, now: float) -> int:
        """Forget the prompts whose answers are no longer good at `now` (Unix time); how many there were."""
        gone = [meaning.id for meaning, _ in self._meanings.values() if now >= meaning.expires_at]
        for meaning_id in gone:
            self.evict(meaning_id)
        return len(gone)

    def figures(self, embedder: str, embed_failures: int = 0) -> SemanticFigures:
        """What has happened."""
        return SemanticFigures(
            embedder,
            self.threshold,
            self.hits,
            self.misses,
            self._near_misses,
            self.feedback,
            embed_failures,
            len(self),
            self.bytes,
            self._similarity / self.hits if self.hits else None,
            tuple(self._near),
        )

    def _find(self, name: bytes, prompt: str, vector: Vector, now: float) -> Found[T] | None:
        bucket = self._buckets.get(name)
        if bucket is None:
            return None
        needed = self._needed(bucket, vector)
        expired: list[str] = []
        reason, nearest = "", 0.0
        result: Found[T] | None = None
        for row, similarity in bucket.vectors.search(vector, self.threshold - NEAR, MOST_LOOKED_AT):
            meaning, _ = self._meanings[bucket.ids[row]]
            if now >= meaning.expires_at:
                expired.append(meaning.id)
                continue
            differs = "similarity" if similarity < needed else disagreement(prompt, meaning.prompt)
            if differs == REWORDED and similarity >= REWORDED_NEEDS:
                differs = None
            if differs is None:
                result = Found(meaning, min(1.0, similarity))
                break
            if not reason:
                reason, nearest = differs, similarity
        for meaning_id in expired:
            self.evict(meaning_id)
        if result is None and reason:
            self._near_misses += 1
            self._near.append(NearMiss(now, round(nearest, 4), reason))
        return result

    def _needed(self, bucket: _Bucket[T], vector: Vector) -> float:
        reach = self.threshold - NEAR
        return max([self.threshold, *(needed for center, needed in bucket.wary if cosine(center, vector) >= reach)])


def _size(meaning: Meaning[T]) -> int:
    return meaning.size + len(meaning.prompt) + len(meaning.vector) * _BYTES_A_FLOAT + _OVERHEAD_BYTES
