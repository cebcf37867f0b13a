"""`SemanticCache`: answers by meaning, for programs of one's own, without a gateway.

    cache = SemanticCache(similarity_threshold=0.85)
    cache.set("How do I reset my password?", "Open the settings …", model="llama3.1:8b", ttl=3600)
    cache.get("How can I reset my password?", model="llama3.1:8b")
    # {"response": "Open the settings …", "similarity": 0.97, "prompt": …, "model": …, "id": …, "age_s": …}

Needs the extra `ai-dashboard[semantic]`.
"""

import os
import time
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from ai_dashboard.cache.semantic.embedders import INSTALL, LOCAL, Embedder, embedder_of
from ai_dashboard.core.clock import Clock
from ai_dashboard.core.errors import ConfigError

if TYPE_CHECKING:
    from ai_dashboard.cache.semantic.store import MeaningStore
    from ai_dashboard.cache.semantic.vectors import Vector

THRESHOLD_VARIABLE = "SEMANTIC_CACHE_THRESHOLD"
MODEL_VARIABLE = "SEMANTIC_CACHE_EMBEDDING_MODEL"
USUAL_THRESHOLD = 0.85
USUAL_TTL_S = 3600.0


class _SystemClock:
    monotonic = staticmethod(time.monotonic)
    wall = staticmethod(time.time)


class _Answer(NamedTuple):
    response: str
    made_at: float


class Hit(TypedDict):
    """What `get` finds. `id` is for `feedback`."""

    response: str
    similarity: float
    prompt: str
    model: str
    id: str
    age_s: float


class Stats(TypedDict):
    """What `get_stats` tells."""

    hits: int
    misses: int
    near_misses: int
    hit_rate: float
    entries: int
    bytes: int
    threshold: float
    embedding_model: str
    mean_similarity: float | None


class SemanticCache:
    """In this process' memory. Not for several threads at one time. Raises `ConfigError` where the embedder is
    missing, or the threshold is none."""

    def __init__(
        self,
        similarity_threshold: float | None = None,
        *,
        embedding_model: str | None = None,
        embedder: Embedder | None = None,
        max_entries: int = 20_000,
        ttl: float = USUAL_TTL_S,
        clock: Clock | None = None,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        """What is not given is taken from `SEMANTIC_CACHE_THRESHOLD` and `SEMANTIC_CACHE_EMBEDDING_MODEL`."""
        self._store = _store(similarity_threshold, max_entries, env)
        self._embedder = embedder or embedder_of(embedding_model or env.get(MODEL_VARIABLE) or LOCAL, env)
        self._ttl = ttl
        self._clock = clock or _SystemClock()

    def get(self, prompt: str, model: str = "") -> Hit | None:
        """The answer to a prompt that means the same, of the same model."""
        vector = self._vector(prompt)
        now = self._clock.wall()
        found = self._store.find(_bucket(model), prompt, vector, now) if vector is not None else None
        if found is None:
            return None
        meaning, answer = found.meaning, found.meaning.answer
        return Hit(
            response=answer.response,
            similarity=found.similarity,
            prompt=meaning.prompt,
            model=model,
            id=meaning.id,
            age_s=now - answer.made_at,
        )

    def set(self, prompt: str, response: str, model: str = "", ttl: float | None = None) -> None:
        """Keep an answer for `ttl` seconds."""
        from ai_dashboard.cache.semantic.store import Meaning

        if (vector := self._vector(prompt)) is None:
            return  # nothing can be similar to what has no direction
        now = self._clock.wall()
        bucket = _bucket(model)
        meaning_id = meaning_id_of(bucket, prompt)
        expires_at = now + (self._ttl if ttl is None else ttl)
        answer = _Answer(response, now)
        self._store.put(Meaning(meaning_id, bucket, "", model, prompt, vector, answer, len(response), expires_at))

    def invalidate(self, model: str | None = None) -> int:
        """Forget the answers of a model, or all; how many there were."""
        return self._store.invalidate(model=model)

    def feedback(self, hit_id: str, similarity: float | None = None) -> float | None:
        """A hit was wrong: its answer is forgotten, and prompts near it need more similarity from now on."""
        return self._store.bad_hit(hit_id, similarity)

    def get_stats(self) -> Stats:
        """What has happened."""
        figures = self._store.figures(self._embedder.name)
        asked = figures.hits + figures.misses
        return Stats(
            hits=figures.hits,
            misses=figures.misses,
            near_misses=figures.near_misses,
            hit_rate=figures.hits / asked if asked else 0.0,
            entries=figures.entries,
            bytes=figures.bytes,
            threshold=figures.threshold,
            embedding_model=figures.embedder,
            mean_similarity=figures.mean_similarity,
        )

    def _vector(self, prompt: str) -> "Vector | None":
        from ai_dashboard.cache.semantic.vectors import unit

        return unit(self._embedder.embed([prompt])[0])


def threshold_of(given: float | None, env: Mapping[str, str]) -> float:
    """The threshold that is given, else that of the environment. Raises `ConfigError` for what is none."""
    said: float | str | None = given if given is not None else env.get(THRESHOLD_VARIABLE)
    try:
        threshold = USUAL_THRESHOLD if said is None or said == "" else float(said)
    except ValueError:
        threshold = -1.0
    if not 0 < threshold <= 1:
        raise ConfigError((f"{said!r} is no similarity: {THRESHOLD_VARIABLE} is a number above 0, up to 1",))
    return threshold


def meaning_id_of(bucket: bytes, prompt: str) -> str:
    """The id of a prompt: the same everywhere, and nothing of it can be read there."""
    return sha256(bucket + prompt.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _store(threshold: float | None, max_entries: int, env: Mapping[str, str]) -> "MeaningStore[_Answer]":
    try:
        from ai_dashboard.cache.semantic.store import MeaningStore
    except ImportError:
        raise ConfigError((f"the semantic cache needs numpy: {INSTALL}",)) from None
    return MeaningStore(threshold_of(threshold, env), max_entries)


def _bucket(model: str) -> bytes:
    return sha256(model.encode()).digest()
