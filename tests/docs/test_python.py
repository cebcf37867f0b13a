"""Every Python example of the documents runs, with the official clients, as it stands but for the address."""

import gc
import io
from collections.abc import Iterator
from contextlib import redirect_stdout

import pytest

from tests.docs.blocks import Block, blocks_in
from tests.docs.front import ADDRESSES
from tests.docs.world import KEYS, World, world


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One gateway for all: examples only ask."""
    with pytest.MonkeyPatch.context() as patch, world(tmp_path_factory.mktemp("world")) as running:
        for name in KEYS:
            patch.delenv(name, raising=False)
        yield running


@pytest.mark.parametrize("block", blocks_in("python"), ids=str)
@pytest.mark.filterwarnings("default::DeprecationWarning", "ignore::ResourceWarning")
def test_it_runs_and_says_something(block: Block, shared: World) -> None:
    text = ADDRESSES.sub(shared.authority, block.text)
    said = io.StringIO()
    with redirect_stdout(said):
        exec(compile(text, str(block), "exec"), {"__name__": "__main__"})  # noqa: S102 - these are our own documents
    gc.collect()  # a script leaves its connections to the end of the process, which is here
    assert said.getvalue().strip() or "print" not in text
