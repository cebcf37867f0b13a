"""What the audit log is told of files that were taken up."""

from pathlib import Path

from ai_dashboard.config.changes import Change
from ai_dashboard.gateway.auditing import Auditing, By
from ai_dashboard.telemetry.audit import Audit

BY = By("another program", "/etc/ai-dashboard", "", "config.reload")


async def test_one_file_is_told_with_its_hashes_and_what_it_means(tmp_path: Path) -> None:
    audit = Audit(tmp_path, lambda: 1.0)
    before = {"providers.yaml": b"a", "gateway.yaml": b"x", "multi-region.yaml": None}
    after = {**before, "providers.yaml": b"b"}
    assert await Auditing(audit).reloaded(BY, before, after, [Change("removed", "provider", "b")]) == ""
    (entry,) = audit.newest(5)
    assert (entry.what, entry.subject, entry.who, entry.where) == (
        "config.reload",
        "providers.yaml",
        "another program",
        "/etc/ai-dashboard",
    )
    assert (len(entry.before), len(entry.after), entry.details) == (64, 64, ("removed provider b",))


async def test_of_several_files_each_is_named(tmp_path: Path) -> None:
    audit = Audit(tmp_path, lambda: 1.0)
    await Auditing(audit).reloaded(BY, {"providers.yaml": b"a"}, {"providers.yaml": b"b", "gateway.yaml": b"x"}, ())
    (entry,) = audit.newest(5)
    assert entry.before == "providers.yaml ca978112, gateway.yaml nothing"
    assert entry.after == "providers.yaml 3e23e816, gateway.yaml 2d711642"


async def test_what_cannot_be_written_is_said_and_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "audit"
    folder.write_text("a file where a folder should be")
    audit = Audit(folder, lambda: 1.0)
    auditing = Auditing(audit)
    assert str(folder) in await auditing.started(tmp_path, {"providers.yaml": b"a"})
    await auditing.retry()
    assert audit.kept == 1
    folder.unlink()
    await auditing.retry()
    assert [(it.what, it.subject) for it in audit.newest(5)] == [("gateway.start", str(tmp_path))]


async def test_without_a_log_nothing_is_told(tmp_path: Path) -> None:
    auditing = Auditing(None)
    assert await auditing.started(tmp_path, {}) == ""
    await auditing.retry()
