"""Keys and scripts; what they do is tested on a Redis, with the ledger."""

import pytest

from ai_dashboard.costs.redis_scripts import ADOPT, BEAT, KEYS, RESERVE, SETTLE
from ai_dashboard.state.link import Script


def test_all_keys_are_in_one_slot_of_a_cluster() -> None:
    assert all(key.startswith("aid:{costs}:") for key in KEYS)
    assert len(set(KEYS)) == len(KEYS)


@pytest.mark.parametrize("script", [RESERVE, SETTLE, BEAT, ADOPT])
def test_every_key_of_a_script_is_one_that_it_is_given(script: Script) -> None:
    assert "aid:" not in script.source
    assert "KEYS[1]" in script.source
