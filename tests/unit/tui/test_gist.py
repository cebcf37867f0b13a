import pytest

from ai_dashboard.core.records import Stage
from ai_dashboard.tui.gist import haystack, is_running, why
from tests.tui.fakes import record, running


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (Stage.WAITING, "waiting · upstream_error"),
        (Stage.STREAMING, "streaming · upstream_error"),
        (Stage.CUT, "cut · upstream_error"),
        (Stage.GONE, "gone · upstream_error"),
        (Stage.FAILED, "upstream_error"),
        (Stage.DONE, "upstream_error"),
    ],
)
def test_what_is_special_comes_first(stage: Stage, words: str) -> None:
    assert why(record(1, stage=stage, error="upstream_error", plan=None)) == words


def test_a_fallback_and_the_rule_are_told() -> None:
    assert why(record(4)) == "fallback←openai · capabilities.general_chat"
    assert why(record(4), brief=True) == "fallback←openai · general_chat"
    assert why(record(1, plan=None)) == ""
    assert why(record(1, plan=None, cached="semantic")) == "semantic hit"


def test_only_what_has_not_ended_is_running() -> None:
    assert is_running(running(1))
    assert not any(is_running(record(1, stage=stage)) for stage in (Stage.DONE, Stage.FAILED, Stage.CUT, Stage.GONE))


def test_what_a_row_shows_can_be_searched() -> None:
    one = record(4)
    for part in (one.id, one.asked, one.model, one.provider, "200", why(one)):
        assert part.casefold() in haystack(one)
