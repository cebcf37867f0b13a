"""Usage and stop reasons, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.events import Finished, Usage
from ai_dashboard.dialects.anthropic.usage import REASONS, Counts, reason_of, stop_of, usage_object

COUNT = st.integers(0, 10**6)


@given(COUNT, COUNT, COUNT, COUNT, COUNT)
def test_usage_survives_both_ways(fresh: int, cached: int, written: int, output: int, thinking: int) -> None:
    thought = min(thinking, output)
    usage = Usage(fresh + cached + written, output, cached, thought, cache_write_tokens=written)
    counts = Counts()
    assert counts.note(usage_object(usage))
    assert counts.usage == usage


def test_later_totals_replace_earlier_ones_and_the_rest_stays() -> None:
    counts = Counts()
    counts.note({"input_tokens": 7, "cache_read_input_tokens": 2, "output_tokens": 1})
    counts.note({"output_tokens": 9, "cache_read_input_tokens": None})
    assert counts.usage == Usage(9, 9, cached_tokens=2)


@pytest.mark.parametrize("nothing", [None, {}, [], "x", 3])
def test_nothing_said_is_no_usage(nothing: object) -> None:
    counts = Counts()
    assert not counts.note(nothing)
    assert counts.usage is None


@pytest.mark.parametrize("wrong", [True, -1, "3", 2.5, None, {}])
def test_figures_that_are_none_are_not_counted(wrong: object) -> None:
    counts = Counts()
    names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
    assert counts.note(dict.fromkeys(names, wrong) | {"output_tokens_details": wrong})
    assert counts.usage == Usage(0, 0)


def test_an_unknown_usage_is_written_as_zeros() -> None:
    assert usage_object(None) == {"input_tokens": 0, "output_tokens": 0}


@pytest.mark.parametrize("stop", REASONS)
def test_every_stop_reason_has_its_finish_reason(stop: str) -> None:
    assert reason_of(stop) == REASONS[stop]


@pytest.mark.parametrize(("stop", "found"), [("brand_new", "stop"), (None, None), ("", None), ({}, None), ([], None)])
def test_stop_reasons_that_are_new_or_none(stop: object, found: str | None) -> None:
    assert reason_of(stop) == found


def test_finish_reasons_are_written_as_stop_reasons() -> None:
    assert stop_of(Finished("stop")) == ("end_turn", None)
    assert stop_of(Finished("stop", stop_sequence="\n")) == ("stop_sequence", "\n")
    assert stop_of(Finished("length")) == ("max_tokens", None)
    assert stop_of(Finished("tool_calls")) == ("tool_use", None)
    assert stop_of(Finished("content_filter")) == ("refusal", None)
