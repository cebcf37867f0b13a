"""The benchmark of translations: what it measures is a whole stream, for every pair."""

import pytest

from ai_dashboard.core.chat import Form
from benchmarks.translation import FROM, TO, TOKENS, measure, relayed, stream_of


@pytest.mark.parametrize("caller", FROM)
@pytest.mark.parametrize("provider", TO)
def test_every_piece_reaches_the_caller_and_the_stream_ends_well(caller: Form, provider: Form) -> None:
    stream = stream_of(provider, 2 * len(TOKENS))
    sent = relayed(caller, provider, stream)
    assert b"".join(sent).count("möglich".encode()) >= 2
    silent = len(stream) - 2 * len(TOKENS)
    assert sum(1 for piece in sent if piece) >= len(sent) - silent - 1


def test_the_table_has_a_row_for_each_caller_and_a_figure_for_each_pair() -> None:
    head, _, *rows = [line for line in measure(1, chunks=200).splitlines() if line.startswith("|")]
    assert [cell.strip() for cell in head.strip("|").split("|")[1:]] == list(TO)
    assert len(rows) == len(FROM)
    assert all(cell.strip().replace(",", "").isdecimal() for row in rows for cell in row.strip("|").split("|")[1:])
