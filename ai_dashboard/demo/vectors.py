"""Embeddings without a model: unit vectors of the words in a text, so that texts with words in common are close."""

import math
import struct
from base64 import b64encode
from hashlib import sha256

from ai_dashboard.demo.prose import tokens_of

PLACES = 8
"""In how many dimensions each word shows."""


def vector(text: str, model: str, dimensions: int) -> list[float]:
    """The same for the same text, model and length; of length 1."""
    values = [0.0] * dimensions
    words = [token.strip().lower() for token in tokens_of(text)] or [""]
    for word in words:
        digest = sha256(f"{model}/{word}".encode()).digest()
        for place in range(PLACES):
            (number,) = struct.unpack_from("<I", digest, 4 * place)
            values[(number >> 1) % dimensions] += 1.0 if number & 1 else -1.0
    length = math.sqrt(sum(value * value for value in values))
    if not length:  # every word met its opposite
        values[0] = length = 1.0
    return [value / length for value in values]


def packed(values: list[float]) -> str:
    """A vector as OpenAI's `encoding_format: base64`: 32-bit floats, little-endian."""
    return b64encode(struct.pack(f"<{len(values)}f", *values)).decode()
