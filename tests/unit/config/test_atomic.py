"""A file is there whole or not at all, whatever happens while it is saved."""

import os
import resource
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ai_dashboard.config.atomic import remove_drafts, replace_file


def test_a_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "providers.yaml"
    path.write_bytes(b"old")
    path.chmod(0o640)
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_is_for_its_owner_alone_unless_told_otherwise(tmp_path: Path) -> None:
    replace_file(tmp_path / "a", b"x")
    replace_file(tmp_path / "b", b"x", mode=0o644)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "ab"] == [0o600, 0o644]


def test_a_link_stays_and_what_it_points_to_changes(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "providers.yaml"
    real.write_bytes(b"old")
    link = tmp_path / "providers.yaml"
    link.symlink_to(real)
    replace_file(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_a_disk_that_is_full_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "providers.yaml"
    path.write_bytes(b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="large"):
            replace_file(path, b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_drafts_of_a_crash_are_removed_and_nothing_else(tmp_path: Path) -> None:
    kept = [tmp_path / "providers.yaml", tmp_path / ".providers.yaml.swp", tmp_path / ".gateway.yaml.abcd.draft"]
    for path in (*kept, tmp_path / ".providers.yaml.0badcafe.draft"):
        path.write_bytes(b"x")
    remove_drafts(tmp_path / "providers.yaml")
    assert sorted(tmp_path.iterdir()) == sorted(kept)


def test_a_process_killed_while_it_saves_leaves_one_file_or_the_other(tmp_path: Path) -> None:
    path = tmp_path / "providers.yaml"
    contents = [letter * 200_000 for letter in (b"a", b"b")]
    path.write_bytes(contents[0])
    program = textwrap.dedent(f"""
        import sys
        from pathlib import Path
        from ai_dashboard.config.atomic import replace_file
        print("ready", flush=True)
        while True:
            for letter in (b"a", b"b"):
                replace_file(Path({str(path)!r}), letter * 200_000)
                print("saved", flush=True)
    """)
    for saves in (1, 2, 3, 7, 12):
        saving = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
        assert saving.stdout is not None
        for _ in range(saves + 1):
            saving.stdout.readline()
        os.kill(saving.pid, signal.SIGKILL)
        saving.wait()
        saving.stdout.close()
        assert path.read_bytes() in contents
    remove_drafts(path)
    assert list(tmp_path.iterdir()) == [path]
