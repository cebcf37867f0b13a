from dataclasses import replace

from ai_dashboard.core.logs import AuditTrail
from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.audit_trail import View, draw, until, verdict
from tests.tui.events import trail
from tests.tui.fakes import HOSTILE, busy

TRAIL = trail(busy(), 9)


def test_the_newest_change_is_on_top_with_who_and_why() -> None:
    lines = [text_of(line) for line in draw(View(TRAIL), 160)]
    assert "alert.ack" in lines[1]
    for words in ("config.commit", "providers.yaml", "this screen", "::1", "aaaaaaaa → bbbbbbbb", "a port"):
        assert words in lines[2], words


def test_the_state_of_the_record_is_in_words() -> None:
    assert verdict(TRAIL) == "✓ whole · 2 entries"
    assert verdict(replace(TRAIL, total=1, problems=("x", "y"), waiting=3)) == (
        "✗ 2 problems · 1 entry · ⚠ 3 not written yet"
    )


def test_problems_are_said_where_there_is_no_entry_left() -> None:
    lines = [text_of(line) for line in draw(View(AuditTrail(kept=True, problems=("3 entries are missing",))), 60)]
    assert lines == ["✗ 3 entries are missing", "nothing was changed yet"]


def test_whatever_somebody_wrote_fits() -> None:
    assert all(
        width_of(line) == 90 and text_of(line).isprintable() for line in draw(View(trail(busy(), 9, HOSTILE)), 90)
    )


def test_a_trail_of_the_past_has_only_what_was_changed_by_then() -> None:
    first, second = TRAIL.entries
    then = until(replace(TRAIL, waiting=3, total=9), first.at)
    assert (then.entries, then.total, then.waiting) == ((first,), 8, 0)
    assert until(TRAIL, second.at) == TRAIL
