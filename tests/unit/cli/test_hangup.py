import os
import pty

from ai_dashboard.cli.hangup import on_hangup


def test_a_terminal_that_goes_away_is_told_from_one_that_stays() -> None:
    heard: list[str] = []
    ours, theirs = pty.openpty()
    handler = on_hangup(lambda: heard.append("gone"), lambda: heard.append("read again"), theirs)
    handler()
    os.close(ours)
    handler()
    os.close(theirs)
    assert heard == ["read again", "gone"]


def test_without_a_terminal_it_can_only_mean_to_read_again() -> None:
    heard: list[str] = []
    ours, theirs = os.pipe()
    handler = on_hangup(lambda: heard.append("gone"), lambda: heard.append("read again"), ours)
    handler()
    os.close(ours)
    handler()
    os.close(theirs)
    assert heard == ["read again", "read again"]
