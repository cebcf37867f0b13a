"""One line for each change, chained to the one before, on the disk when `record` returns."""

import resource
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import orjson
import pytest

from ai_dashboard.telemetry import audit as module
from ai_dashboard.telemetry.audit import REPAIRED, Audit, sound
from ai_dashboard.telemetry.audit_check import verify

ROOT = Path(__file__).parents[3]


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    times = count(1_700_000_000)
    return Audit(tmp_path / "audit", lambda: float(next(times)))


def segment(audit: Audit, number: int = 1) -> Path:
    return audit.folder / f"audit-{number:06d}.jsonl"


@contextmanager
def no_room(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes: a write stops in the middle, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)


def test_an_entry_says_who_what_when_from_where_and_from_what_to_what(audit: Audit) -> None:
    made = audit.record(
        "config.commit",
        "providers.yaml",
        who="ada",
        where="10.0.0.7",
        why="a second one",
        before="1a2b",
        after="3c4d",
        details=["added provider two"],
    )
    (read,) = audit.newest(10)
    assert read == made
    assert (read.seq, read.at, read.what, read.subject) == (1, 1_700_000_000.0, "config.commit", "providers.yaml")
    assert (read.who, read.where, read.why, read.before, read.after) == (
        "ada",
        "10.0.0.7",
        "a second one",
        "1a2b",
        "3c4d",
    )
    assert (read.details, read.previous, len(read.hash)) == (("added provider two",), "", 64)


def test_entries_are_chained_across_processes_and_objects(audit: Audit) -> None:
    first = audit.record("a", who="ada")
    second = Audit(audit.folder, lambda: 0.0).record("b", who="bob")
    third = audit.record("c", who="ada")
    assert [(it.seq, it.previous) for it in (first, second, third)] == [(1, ""), (2, first.hash), (3, second.hash)]
    assert verify(audit.folder).problems == ()


def test_only_its_owner_can_read_it(audit: Audit) -> None:
    audit.record("a", who="ada")
    assert stat.S_IMODE(audit.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in audit.folder.iterdir()} == {0o600}


def test_secrets_never_get_there(audit: Audit) -> None:
    audit.record(
        "a",
        "sk-0123456789abcdefghij",
        who="ada",
        why="key: AIza0123456789abcdefghijk",
        details=["api_key: hush-hush-hush"],
    )
    written = segment(audit).read_bytes()
    for secret in (b"0123456789abcdef", b"hush-hush"):
        assert secret not in written


def test_texts_are_bounded_and_may_hold_anything(audit: Audit) -> None:
    entry = audit.record("a", "\ud800\n\x1b[31m", who="x" * 10_000, details=[str(number) for number in range(1000)])
    assert (len(entry.who), len(entry.details), entry.details[-1]) == (500, 51, "and 950 more")
    assert len(segment(audit).read_bytes().splitlines()) == 1
    assert audit.newest(1) == (entry,)


@pytest.mark.parametrize("left", [1, 40, -1], ids=["its first byte", "a piece", "all but the line break"])
def test_an_entry_that_was_never_finished_is_left_and_the_next_begins_a_new_segment(audit: Audit, left: int) -> None:
    audit.record("a", who="ada")
    whole = segment(audit).read_bytes()
    (audit.folder / "head.json").unlink()  # it is written after the entry
    audit.record("b", who="ada")
    torn = segment(audit).read_bytes()[len(whole) :][:left]
    segment(audit).write_bytes(whole + torn)
    (audit.folder / "head.json").unlink()
    assert verify(audit.folder).problems == ()
    assert "was never finished; the next entry begins a new segment" in verify(audit.folder).notes[0]
    entry = audit.record("c", who="ada")
    assert segment(audit).read_bytes() == whole + torn
    assert [(it.seq, it.what) for it in audit.newest(10)] == [(1, "a"), (2, REPAIRED), (3, "c")]
    assert sound(segment(audit, 2).read_bytes().splitlines()[-1]) == entry
    verdict = verify(audit.folder)
    assert (verdict.entries, verdict.problems) == (3, ())
    assert verdict.notes == (
        f"audit-000001.jsonl: its last entry ({len(torn)} bytes) was never finished, which entry 2 says",
    )


def test_a_disk_that_is_full_leaves_the_log_as_it_was(audit: Audit) -> None:
    audit.record("a", who="ada")
    before = segment(audit).read_bytes()
    with no_room(len(before) + 50), pytest.raises(OSError, match=r"audit-000001\.jsonl"):
        audit.record("b", who="ada")
    assert segment(audit).read_bytes() == before
    assert audit.record("c", who="ada").seq == 2


def test_what_has_happened_anyway_is_kept_until_it_can_be_written(audit: Audit) -> None:
    audit.record("a", who="ada")
    size = segment(audit).stat().st_size
    with no_room(size + 50):
        assert "audit-000001.jsonl" in audit.note("b", who="the gateway")
        assert audit.note("c", who="the gateway")
        assert audit.flush()
        assert audit.kept == 2
    audit.record("d", who="ada")
    assert [(it.seq, it.what) for it in audit.newest(10)] == [(1, "a"), (2, "b"), (3, "c"), (4, "d")]
    assert (audit.kept, audit.flush()) == (0, "")


def test_a_full_segment_is_followed_by_another(audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEGMENT_BYTES", 1000)
    for number in range(20):
        audit.record("a", str(number), who="ada")
    assert len(list(audit.folder.glob("audit-*.jsonl"))) > 3
    assert [it.subject for it in audit.newest(20)] == [str(number) for number in range(20)]
    assert [it.subject for it in audit.newest(3)] == ["17", "18", "19"]
    assert verify(audit.folder).problems == ()


def test_processes_that_write_at_one_time_lose_nothing(audit: Audit) -> None:
    program = textwrap.dedent(f"""
        import sys
        from pathlib import Path
        from ai_dashboard.telemetry.audit import Audit
        audit = Audit(Path({str(audit.folder)!r}), lambda: 0.0)
        for number in range(20):
            audit.record("a", str(number), who=sys.argv[1])
    """)
    crew = [subprocess.Popen([sys.executable, "-c", program, name], cwd=ROOT) for name in ("ada", "bob", "cyd")]
    assert [member.wait(60) for member in crew] == [0, 0, 0]
    entries = audit.newest(1000)
    for name in ("ada", "bob", "cyd"):
        assert [int(it.subject) for it in entries if it.who == name] == list(range(20))
    assert (verify(audit.folder).entries, verify(audit.folder).problems) == (60, ())


def test_a_log_that_does_not_exist_is_empty(tmp_path: Path) -> None:
    assert Audit(tmp_path / "none", lambda: 0.0).newest(5) == ()


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b"\xff", orjson.dumps({"seq": 1, "hash": "x"})])
def test_what_is_no_entry_is_none(line: bytes) -> None:
    assert sound(line) is None
