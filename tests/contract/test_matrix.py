"""Every official client with every provider, row by row; and the document that tells what was found."""

import os

import pytest

from tests.contract.features.catalogue import FEATURES
from tests.contract.matrix import DIALECTS, DOCUMENT, WRITE, Cell, Matrix
from tests.contract.names import CALLER_NAMES

CELLS = [Cell(name, feature, dialect) for name in CALLER_NAMES for feature in FEATURES for dialect in DIALECTS]

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("cell", CELLS, ids=str)
async def test_it_works_or_cannot_be_expressed(matrix: Matrix, cell: Cell) -> None:
    await matrix.look(cell)


async def test_the_document_tells_what_was_found(matrix: Matrix) -> None:
    for cell in CELLS:
        await matrix.look(cell)
    found = matrix.document(FEATURES)
    if os.environ.get(WRITE):
        DOCUMENT.write_text(found)
    written = DOCUMENT.read_text() if DOCUMENT.exists() else ""
    assert written == found, (
        f"docs/{DOCUMENT.name} says something else than what works now: "
        f"make it anew with `{WRITE}=1 ./dev test tests/contract`, and look at what has changed"
    )
