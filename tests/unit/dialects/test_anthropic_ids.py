"""Ids of tool calls that Anthropic takes."""

import re

from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.dialects.anthropic.ids import PlainIds


def test_an_id_that_will_do_stays_as_it_is() -> None:
    assert PlainIds("r").of("call_abc-1") == "call_abc-1"


def test_others_are_made_plain_or_made_anew() -> None:
    ids = PlainIds("r/1")
    found = [ids.of(call_id) for call_id in ("functions.get:0", "", "functions_get_0", "")]
    assert found == ["functions_get_0", "toolu_r_1_0", "toolu_r_1_1", "toolu_r_1_2"]


@given(st.lists(st.text(max_size=5) | st.sampled_from(["toolu_x_0", "toolu_x_1"]), max_size=30))
def test_no_two_are_alike_and_all_are_plain(given_ids: list[str]) -> None:
    ids = PlainIds("x")
    found = [ids.of(call_id) for call_id in given_ids]
    assert len(set(found)) == len(found)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", call_id) for call_id in found)
