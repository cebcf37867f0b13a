"""Vectors in one matrix, searched exactly: every one that is similar enough is found.

Reading a hundred thousand vectors whole takes longer than a lookup may. So the first third of every vector lies in a
matrix of its own, and beside it the length of the rest: what a rest can add to a product is at most the product of the
two lengths (Cauchy-Schwarz). Those that cannot reach the floor even so are never looked at again.

Needs numpy, which only the extra `ai-dashboard[semantic]` installs: imported where vectors are really compared.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float32]

HEAD_SHARE = 3
FIRST_ROWS = 4
ROUNDING = 1e-4
"""What rounding to 32 bits may make of a product of two vectors of length 1, generously."""


def unit(numbers: Sequence[float]) -> Vector | None:
    """A vector of length 1 in this direction; None for one without a direction."""
    vector = np.asarray(numbers, dtype=np.float32)
    length = float(np.linalg.norm(vector)) if vector.ndim == 1 and vector.size else 0.0
    return vector / np.float32(length) if 0.0 < length < float("inf") else None


def cosine(one: Vector, other: Vector) -> float:
    """The similarity of two vectors of length 1; 0 where they are of different models."""
    return float(one @ other) if one.shape == other.shape else 0.0


class Vectors:
    """Rows of vectors of one length. A row that is taken out is filled with the last one."""

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self._split = max(1, dimensions // HEAD_SHARE)
        self._size = 0
        self._heads = np.zeros((FIRST_ROWS, self._split), np.float32)
        self._rests = np.zeros((FIRST_ROWS, dimensions - self._split), np.float32)
        self._lengths = np.zeros(FIRST_ROWS, np.float32)

    def __len__(self) -> int:
        return self._size

    def add(self, vector: Vector) -> int:
        """A row for a vector."""
        if self._size == len(self._lengths):
            self._grow()
        row = self._size
        self._heads[row] = vector[: self._split]
        self._rests[row] = vector[self._split :]
        self._lengths[row] = np.linalg.norm(self._rests[row])
        self._size += 1
        return row

    def remove(self, row: int) -> int:
        """Take a row out. The row that has moved into its place, which may be itself."""
        self._size -= 1
        last = self._size
        for part in (self._heads, self._rests, self._lengths):
            part[row] = part[last]
        return last

    def search(self, query: Vector, floor: float, most: int) -> list[tuple[int, float]]:
        """The rows that are at least `floor` similar, with their similarity, the most similar first."""
        size = self._size
        if not size or len(query) != self.dimensions:
            return []
        head, rest = query[: self._split], query[self._split :]
        reach = self._heads[:size] @ head
        rows = np.flatnonzero(reach + self._lengths[:size] * np.linalg.norm(rest) >= floor - ROUNDING)
        similar = reach[rows] + self._rests[rows] @ rest
        order = np.argsort(-similar, kind="stable")[:most]
        return [(int(rows[it]), float(similar[it])) for it in order if similar[it] >= floor - ROUNDING]

    def _grow(self) -> None:
        rows = 2 * len(self._lengths)
        for name in ("_heads", "_rests", "_lengths"):
            old = getattr(self, name)
            new = np.zeros((rows, *old.shape[1:]), np.float32)
            new[: self._size] = old
            setattr(self, name, new)
