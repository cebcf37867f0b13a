"""Nothing can be altered, taken out or put in without being told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ai_dashboard.telemetry.audit import Audit
from ai_dashboard.telemetry.audit_check import verify

Lines = list[bytes]


def log(folder: Path, entries: int = 5) -> Path:
    """A log with this many entries, and its segment."""
    audit = Audit(folder, lambda: 1_700_000_000.0)
    for number in range(1, entries + 1):
        audit.record("config.commit", f"file {number}", who="ada")
    return folder / "audit-000001.jsonl"


def test_a_log_as_it_was_written_is_whole(tmp_path: Path) -> None:
    log(tmp_path)
    verdict = verify(tmp_path)
    assert (verdict.entries, verdict.problems, verdict.notes) == (5, (), ())
    assert verify(tmp_path / "none").entries == 0


@pytest.mark.parametrize(
    ("meddle", "said"),
    [
        (lambda lines: [lines[0].replace(b"file 1", b"file 9"), *lines[1:]], "line 1 is not what was written"),
        (lambda lines: [*lines[:4], lines[4].replace(b"ada", b"bob")], "its last entry"),
        (lambda lines: [*lines[:2], *lines[3:]], "entry 4 follows entry 2"),
        (lambda lines: lines[1:], "entry 2 follows entry 0"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "entry 2 follows entry 0"),
        (lambda lines: [*lines[:3], lines[2], *lines[3:]], "entry 3 follows entry 3"),
        (lambda lines: lines[:3], "2 entries at the end are missing: entry 5 was written"),
        (lambda lines: [*lines[:2], b"", *lines[2:]], "line 3 is not what was written"),
    ],
    ids=["altered", "altered at the end", "taken out", "beginning gone", "exchanged", "twice", "end gone", "put in"],
)
def test_what_was_done_to_it_is_said(tmp_path: Path, meddle: Callable[[Lines], Lines], said: str) -> None:
    path = log(tmp_path)
    lines = meddle(path.read_bytes().splitlines())
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    assert any(said in problem for problem in verify(tmp_path).problems), verify(tmp_path).problems


def test_an_end_that_is_gone_is_told_of_for_ever(tmp_path: Path) -> None:
    path = log(tmp_path)
    path.write_bytes(b"".join(line + b"\n" for line in path.read_bytes().splitlines()[:3]))
    Audit(tmp_path, lambda: 0.0).record("config.commit", who="ada")
    assert verify(tmp_path).problems == ("2 entries at the end of the log are missing (entry 4 says so)",)


def test_entries_of_another_log_do_not_fit(tmp_path: Path) -> None:
    ours = log(tmp_path / "ours")
    audit = Audit(tmp_path / "theirs", lambda: 1.0)
    for _ in range(5):
        audit.record("config.commit", who="eve")
    theirs = (tmp_path / "theirs" / "audit-000001.jsonl").read_bytes().splitlines()
    mixed = [*ours.read_bytes().splitlines()[:2], *theirs[2:]]
    ours.write_bytes(b"".join(line + b"\n" for line in mixed))
    problems = verify(tmp_path / "ours").problems
    assert any("entry 3 was not written after this entry 2" in problem for problem in problems)
    assert "entry 5 is not the one that was written" in problems


def test_a_torn_end_that_nothing_accounts_for_is_a_problem(tmp_path: Path) -> None:
    path = log(tmp_path)
    audit = Audit(tmp_path, lambda: 1.0)
    path.write_bytes(path.read_bytes() + b'{"seq": 6')
    audit.record("config.commit", who="ada")
    assert verify(tmp_path).problems == ()
    path.write_bytes(path.read_bytes() + b", ")
    assert any("nothing says why" in problem for problem in verify(tmp_path).problems)
