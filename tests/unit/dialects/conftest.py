"""Replies cut into chunks as a network may cut them."""

from collections.abc import Callable, Iterator

import pytest

Chunkings = Callable[[bytes], Iterator[list[bytes]]]


@pytest.fixture(scope="session")
def chunkings() -> Chunkings:
    """`chunkings(data)`: in one piece, in two pieces cut at every byte, and byte by byte."""

    def chunkings(data: bytes) -> Iterator[list[bytes]]:
        yield [data]
        for cut in range(1, len(data)):
            yield [data[:cut], data[cut:]]
        yield [data[place : place + 1] for place in range(len(data))]

    return chunkings
