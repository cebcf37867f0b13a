from pathlib import Path

from ai_dashboard.core.logs import AuditTrail
from ai_dashboard.gateway.audit_trail import Trail
from ai_dashboard.telemetry.audit import Audit


def log(folder: Path, *subjects: str) -> Audit:
    audit = Audit(folder, lambda: 1_790_000_000.0)
    for subject in subjects:
        audit.record("config.commit", subject, who="me", why="a reason")
    return audit


async def test_the_newest_entries_are_shown_with_the_state_of_all(tmp_path: Path) -> None:
    found = await Trail(log(tmp_path, "a", "b", "c")).newest(2)
    assert [entry.subject for entry in found.entries] == ["b", "c"]
    assert (found.kept, found.total, found.problems, found.waiting) == (True, 3, (), 0)
    assert (found.entries[0].who, found.entries[0].why, found.entries[0].seq) == ("me", "a reason", 2)


async def test_a_line_that_was_altered_is_a_problem_as_soon_as_the_file_changes(tmp_path: Path) -> None:
    trail = Trail(log(tmp_path, "a", "b"))
    assert (await trail.newest(9)).problems == ()
    path = tmp_path / "audit-000001.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"a"', b'"zz"'))
    assert (await trail.newest(9)).problems != ()


async def test_what_is_added_counts(tmp_path: Path) -> None:
    audit = log(tmp_path, "a")
    trail = Trail(audit)
    assert (await trail.newest(9)).total == 1
    audit.note("alert.ack", "x", who="me")
    assert (await trail.newest(9)).total == 2


async def test_a_log_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    trail = Trail(log(tmp_path, "a"))
    (tmp_path / "audit-000009.jsonl").mkdir()
    found = await trail.newest(9)
    assert (found.entries, len(found.problems)) == ((), 1)


async def test_where_no_record_is_kept_that_is_said(tmp_path: Path) -> None:
    assert await Trail(None).newest(9) == AuditTrail(kept=False)
    assert await Trail(Audit(tmp_path / "none", lambda: 0.0)).newest(9) == AuditTrail(kept=True)
