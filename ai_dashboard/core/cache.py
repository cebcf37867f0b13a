"""The cache as the admin API and the command line show it."""

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.history import Mark, Window


@dataclass(frozen=True, slots=True)
class ExactFigures:
    """Answers to the very same ask. `bypasses` are asks that were not looked up at all; `joined` those that waited for
    another caller's answer. Bytes and entries are this gateway's own memory, whatever Redis holds beside it;
    `mean_ttl_s` is how long what is in it is good for still, on average."""

    hits: int = 0
    misses: int = 0
    bypasses: int = 0
    joined: int = 0
    stored: int = 0
    evicted: int = 0
    entries: int = 0
    bytes: int = 0
    max_bytes: int = 0
    shared: bool = False
    mean_ttl_s: float | None = None


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A stored prompt that was close, and why its answer was not given; no text of either prompt. `at` is Unix time."""

    at: float
    similarity: float
    reason: str


@dataclass(frozen=True, slots=True)
class SemanticFigures:
    """Answers to asks that mean the same. `embed_failures` are lookups given up because the embedder did not answer."""

    embedder: str
    threshold: float
    hits: int = 0
    misses: int = 0
    near_misses: int = 0
    feedback: int = 0
    embed_failures: int = 0
    entries: int = 0
    bytes: int = 0
    mean_similarity: float | None = None
    near: tuple[NearMiss, ...] = ()


@dataclass(frozen=True, slots=True)
class CacheFigures:
    """All of it. `saved_s` is the time that the first answers took and hits did not, `saved_usd` what those had cost,
    as far as that is known. `semantic` is None where it is off, or cannot be used: then `problem` says why."""

    enabled: bool
    exact: ExactFigures = ExactFigures()
    semantic: SemanticFigures | None = None
    saved_s: float = 0.0
    saved_usd: float = 0.0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class CacheStep:
    """What became of the asks that were looked up in one step of a window: known, known by their meaning, or neither.
    `index` counts steps back from now: 0 is the unfinished one."""

    index: int
    exact: int
    semantic: int
    missed: int


@dataclass(frozen=True, slots=True)
class CacheView:
    """All that was counted since the start, and the course of a window: steps oldest first, without those in which
    nothing happened, what was saved and evicted in it, and when the configuration changed."""

    window: Window
    at: float
    figures: CacheFigures
    steps: tuple[CacheStep, ...] = ()
    saved_s: float = 0.0
    saved_usd: float = 0.0
    evicted: int = 0
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Invalidated:
    """How many entries are gone. `complete` is False where Redis could not be asked: what it holds may come back."""

    exact: int
    semantic: int
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Feedback:
    """What became of a bad hit: the entry that was evicted, and the similarity that its neighbourhood now needs."""

    entry: str
    threshold: float


@dataclass(frozen=True, slots=True)
class Expired:
    """How many entries are gone because their time was over. Those in Redis go by themselves."""

    exact: int
    semantic: int
