"""What turns prompts into vectors on this machine. Those that providers make come through the gateway.

`local` is all-MiniLM-L6-v2 on the processor, from the extra `ai-dashboard[semantic]`. Nothing is downloaded while
anything runs: the model has to be on disk. `hashing` needs nothing at all and knows no meaning: it sees which letters
two prompts have in common. It is for tests and trials.
"""

import os
import re
from collections.abc import Mapping, Sequence
from math import sqrt
from pathlib import Path
from typing import Protocol
from zlib import crc32

from ai_dashboard.core.errors import ConfigError

LOCAL, HASHING = "local", "hashing"
LOCAL_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
CACHE_VARIABLE = "FASTEMBED_CACHE_PATH"
INSTALL = "pip install 'ai-dashboard[semantic]'"
DOWNLOAD = f"python -c \"from fastembed import TextEmbedding; TextEmbedding('{LOCAL_MODEL}')\""

HASHED_DIMENSIONS = 512
_GRAMS = (3, 4)
_WORD = re.compile(r"\w+")
_SIGN = 1 << 31


class Embedder(Protocol):
    """Anything that has a vector for a text. `name` tells vectors of different models apart."""

    @property
    def name(self) -> str: ...
    def embed(self, texts: Sequence[str]) -> list[list[float]]: ...


class HashingEmbedder:
    """Pieces of three and four letters, and whole words, counted in as many places as a hash has."""

    name = HASHING

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [_hashed(text) for text in texts]


class LocalEmbedder:
    """all-MiniLM-L6-v2 by fastembed, on one thread. Raises `ConfigError` where either is missing."""

    name = LOCAL

    def __init__(self, folder: Path | None = None) -> None:
        try:
            from fastembed import TextEmbedding
        except ImportError:
            line = f"the semantic cache's embedder `local` is not installed: {INSTALL}"
            raise ConfigError((line,)) from None
        try:
            self._model = TextEmbedding(
                LOCAL_MODEL, cache_dir=str(folder) if folder else None, threads=1, local_files_only=True
            )
        except (ValueError, OSError):
            where = folder or os.environ.get(CACHE_VARIABLE) or "fastembed's own folder"
            line = f"{LOCAL_MODEL} is not on disk ({where}), and is not downloaded while the gateway runs: {DOWNLOAD}"
            raise ConfigError((line,)) from None

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [vector.tolist() for vector in self._model.embed(list(texts))]


def embedder_of(name: str, env: Mapping[str, str] = os.environ) -> Embedder:
    """An embedder of this machine, by its name. Raises `ConfigError` for one that is not there."""
    if name == HASHING:
        return HashingEmbedder()
    if name in (LOCAL, LOCAL_MODEL, LOCAL_MODEL.rpartition("/")[2]):
        folder = env.get(CACHE_VARIABLE)
        return LocalEmbedder(Path(folder) if folder else None)
    raise ConfigError((f"there is no embedder {name!r} on this machine: write `{LOCAL}` or `{HASHING}`",))


def _hashed(text: str) -> list[float]:
    counts = [0.0] * HASHED_DIMENSIONS
    for word in _WORD.findall(text.casefold()):
        framed = f" {word} "
        pieces = [framed, *(framed[at : at + size] for size in _GRAMS for at in range(len(framed) - size + 1))]
        for piece in pieces:
            found = crc32(piece.encode())
            counts[found % HASHED_DIMENSIONS] += -1.0 if found & _SIGN else 1.0
    length = sqrt(sum(count * count for count in counts)) or 1.0
    return [count / length for count in counts]
