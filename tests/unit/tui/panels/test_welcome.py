from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.snapshot import Snapshot
from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.welcome import draw, is_first_run, select
from ai_dashboard.tui.picture import Freshness, Picture
from tests.tui.fakes import busy, config, empty, gateway, provider

FIRST = replace(empty(), config=config(folder=None))
FOUND = replace(FIRST, providers=(provider("ollama"), provider("llamacpp", models=())))


@pytest.mark.parametrize(
    ("snapshot", "first"),
    [
        (FIRST, True),
        (FOUND, True),
        (empty(), False),  # somebody has written a folder
        (replace(FIRST, gateway=gateway(requests=1, in_flight=0)), False),
        (replace(FIRST, gateway=gateway(requests=0, in_flight=1)), False),
        (replace(FIRST, gateway=gateway(requests=0, in_flight=0, simulated=True)), False),
        (busy(), False),
        (None, False),
    ],
)
def test_a_first_run_is_one_without_files_and_requests(snapshot: Snapshot | None, first: bool) -> None:
    assert is_first_run(Picture(snapshot)) is first


def test_the_past_needs_no_welcome() -> None:
    assert not is_first_run(Picture(FIRST, freshness=Freshness.PAST))


def text(snapshot: Snapshot, width: int = 110, height: int = 40, *, demo: bool = True) -> str:
    return "\n".join(text_of(line) for line in draw(select(Picture(snapshot), demo=demo), width, height))


def test_it_says_what_was_found_and_where_to_point_a_client() -> None:
    said = text(FOUND)
    assert "Found on this machine" in said
    assert "● ollama" in said
    assert "2 models: llama3.1:8b, qwen2.5-coder:7b" in said
    assert "no model yet" in said
    assert "http://127.0.0.1:4000/v1" in said
    assert "ANTHROPIC_BASE_URL=http://127.0.0.1:4000 " in said
    assert "curl -s http://127.0.0.1:4000/v1/chat/completions" in said


def test_it_offers_the_demo_by_key_where_there_is_one() -> None:
    assert "D starts the demo here" in text(FIRST)
    assert "ai-dashboard --demo" in text(FIRST, demo=False)
    assert "Nothing that answers yet." in text(FIRST)


@given(st.integers(10, 140), st.integers(1, 45), st.sampled_from([FIRST, FOUND]))
def test_it_fits_wherever_it_stands(width: int, height: int, snapshot: Snapshot) -> None:
    lines = draw(select(Picture(snapshot), demo=True), width, height)
    assert all(width_of(line) <= width for line in lines)
