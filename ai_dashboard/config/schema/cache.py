"""`cache` in `gateway.yaml`: which answers are kept, for how long, and what counts as the same ask."""

from typing import Annotated, Literal

from pydantic import Field

from ai_dashboard.config.schema.base import Count, Positive, Section

Similarity = Annotated[float, Field(ge=0.5, le=1)]


class SemanticSettings(Section):
    """Answers for asks that mean the same as one before."""

    enabled: bool = False
    """Whether meanings are compared at all. Needs the extra `ai-dashboard[semantic]`."""
    threshold: Similarity = 0.85
    """The cosine similarity from which on two prompts may be taken for the same. `SEMANTIC_CACHE_THRESHOLD` wins."""
    embedder: Annotated[str, Field(min_length=1)] = "local"
    """What turns prompts into vectors: `provider:model` for an embedding model that this gateway routes, `local` for
    all-MiniLM-L6-v2 on this machine's processor, or `hashing` for trials (it compares spelling, not meaning).
    `SEMANTIC_CACHE_EMBEDDING_MODEL` wins."""
    embed_timeout_ms: Positive = 500
    """Milliseconds that a request waits for a vector; without one it is answered as if nothing were known."""
    max_entries: Annotated[int, Field(gt=0, le=100_000)] = 20_000
    """Prompts that are kept; the oldest go first."""
    tools: bool = False
    """Whether asks with tools and an earlier turn take part. What a tool said last week is rarely true today."""


class CacheSettings(Section):
    """Which answers are kept and given again."""

    enabled: bool = False
    """Whether answers are kept at all."""
    when: Literal["deterministic", "always"] = "deterministic"
    """Which asks take part: those with `temperature: 0` (and embeddings), or all. A caller may say `"always"`."""
    ttl_s: Positive = 3600
    """Seconds that an answer is good for; `x-cache-ttl` of a caller wins when it is shorter."""
    max_mb: Positive = 256
    """MiB of answers in this gateway's memory; the least recently used go first."""
    max_entry_mb: Positive = 4
    """MiB of one answer; a larger one is not kept."""
    compress_above_kb: Positive = 4
    """KiB from which on an answer is compressed in Redis."""
    wait_s: Positive = 60
    """Seconds that a request waits for another caller's answer to the same ask before it asks for itself."""
    max_joined: Count = 10_000
    """Requests that may wait so at one time; further ones ask for themselves."""
    semantic: SemanticSettings = SemanticSettings()
    """Answers for asks that mean the same."""
