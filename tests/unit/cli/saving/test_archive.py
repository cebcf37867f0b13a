"""Archives, and what pretends to be one."""

import gzip
import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.cli.saving.archive import MAX_MANIFEST, NotRestorable, unpack, write

FILES = {"config/providers.yaml": b"providers: {}\n", "state/audit/a.jsonl": b"{}\n" * 100, "state/admin-token": b"t"}
GROUPS = ("config", "state")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        path = tmp_path / "copied" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o600)
    return tmp_path / "copied"


@pytest.fixture
def archive(tmp_path: Path, copied: Path) -> Path:
    write(tmp_path / "backup.tar.gz", copied, GROUPS, version="1.2.3", made_at=1e9)
    return tmp_path / "backup.tar.gz"


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    made = {group: tmp_path / "out" / group for group in GROUPS}
    for folder in made.values():
        folder.mkdir(parents=True)
    return made


def unpacked(places: dict[str, Path]) -> dict[str, bytes]:
    return {
        f"{group}/{path.relative_to(folder)}": path.read_bytes()
        for group, folder in places.items()
        for path in folder.rglob("*")
        if path.is_file()
    }


def entry(path: str, content: bytes = b"x", **more: object) -> dict[str, object]:
    return {"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "mode": 0o600} | more


def forged(
    path: Path,
    entries: Sequence[dict[str, object]],
    members: Iterable[tuple[str, bytes]],
    change: Callable[[tarfile.TarInfo], None] = lambda _info: None,
    head: dict[str, object] | None = None,
) -> Path:
    """An archive with such a manifest and such members, each as `change` wants it."""
    about = {"format": 1, "program": "ai-dashboard", "version": "1", "made_at": 1.0, "files": list(entries)} | (
        head or {}
    )
    with tarfile.open(path, "w:gz", format=tarfile.GNU_FORMAT) as tar:
        for name, content in (("manifest.json", orjson.dumps(about)), *members):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            if name != "manifest.json":
                change(info)
            tar.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return path


def test_what_went_in_comes_out(archive: Path, places: dict[str, Path]) -> None:
    manifest = unpack(archive, places)
    assert unpacked(places) == FILES
    assert [it.path for it in manifest.files] == sorted(
        FILES, key=lambda name: (GROUPS.index(name[:6].strip("/")), name)
    )
    assert (manifest.version, manifest.made_at, manifest.size) == ("1.2.3", 1e9, sum(map(len, FILES.values())))
    assert archive.stat().st_mode & 0o777 == 0o600
    assert all((folder / path).stat().st_mode & 0o077 == 0 for folder in places.values() for path in folder.rglob("*"))


def test_groups_that_nobody_wants_are_only_looked_at(archive: Path, places: dict[str, Path]) -> None:
    unpack(archive, {"config": places["config"]})
    assert list(unpacked(places)) == ["config/providers.yaml"]


def test_anybody_can_read_it_with_tar(archive: Path) -> None:
    with tarfile.open(archive) as tar:
        assert set(tar.getnames()) == {"manifest.json", *FILES}


def test_long_names_come_through(tmp_path: Path, copied: Path, places: dict[str, Path]) -> None:
    (copied / "config" / ("n" * 200)).write_text("x")
    write(tmp_path / "long.tar.gz", copied, GROUPS, version="1", made_at=1.0)
    unpack(tmp_path / "long.tar.gz", places)
    assert (places["config"] / ("n" * 200)).read_text() == "x"


@pytest.mark.parametrize("name", ["a\nb", "a\\b", os.fsdecode(b"\xff")])
def test_a_name_that_would_not_be_taken_back_is_refused_at_once(tmp_path: Path, copied: Path, name: str) -> None:
    (copied / "config" / name).write_text("x")
    with pytest.raises(NotRestorable, match="that no backup holds"):
        write(tmp_path / "odd.tar.gz", copied, GROUPS, version="1", made_at=1.0)


# ── damage ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_cut_is_noticed(archive: Path, tmp_path: Path) -> None:
    whole, cut = archive.read_bytes(), tmp_path / "cut.tar.gz"
    for length in range(0, len(whole) - 8, 7):
        cut.write_bytes(whole[:length])
        with pytest.raises(NotRestorable):
            unpack(cut, {})


@given(st.data())
def test_every_flipped_bit_is_noticed_or_harmless(data: st.DataObject) -> None:
    packed = _plain_archive()
    at = data.draw(st.integers(0, len(packed) * 8 - 1))
    flipped = bytearray(packed)
    flipped[at // 8] ^= 1 << at % 8
    place = Path(os.environ.get("TMPDIR", "/tmp")) / f"flipped-{os.getpid()}.tar.gz"
    place.write_bytes(flipped)
    try:
        assert [(it.path, it.sha256) for it in unpack(place, {}).files] == [
            ("config/a", hashlib.sha256(b"content").hexdigest())
        ]
    except NotRestorable:
        pass
    finally:
        place.unlink()


def _plain_archive() -> bytes:
    raw = io.BytesIO()
    about = {"format": 1, "program": "ai-dashboard", "version": "1", "made_at": 1.0}
    with tarfile.open(fileobj=raw, mode="w:gz", format=tarfile.GNU_FORMAT) as tar:
        for name, content in (
            ("manifest.json", orjson.dumps(about | {"files": [entry("config/a", b"content")]})),
            ("config/a", b"content"),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return raw.getvalue()


# ── malice ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "path",
    ["config/../../evil", "/etc/passwd", "config//a", "config/./a", "../a", "config", "config/", "config/a\\..\\b",
     "config/a\x00b", "config/.git/hooks/post-checkout", "state/.in-use", "state/.restore.json",
     "state/before-restore-1/x", f"config/{'n' * 1000}", "config/sub/.restore-1/a"],
)  # fmt: skip
def test_names_lead_nowhere_but_below_the_folder(path: str, tmp_path: Path, places: dict[str, Path]) -> None:
    made = forged(tmp_path / "evil.tar.gz", [entry(path)], [(path.replace("\x00", ""), b"x")])
    with pytest.raises(NotRestorable, match="that no backup holds"):
        unpack(made, places)
    assert unpacked(places) == {}
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.AREGTYPE]
)
def test_only_plain_files_are_taken(kind: bytes, tmp_path: Path, places: dict[str, Path]) -> None:
    def change(info: tarfile.TarInfo) -> None:
        info.type, info.linkname = kind, "/etc/passwd"

    made = forged(tmp_path / "evil.tar.gz", [entry("config/a")], [("config/a", b"x")], change)
    with pytest.raises(NotRestorable, match="no plain file"):
        unpack(made, places)
    assert unpacked(places) == {}


def test_headers_as_long_as_they_like_are_refused_unread(tmp_path: Path) -> None:
    made = tmp_path / "evil.tar.gz"
    with gzip.open(made, "wb", compresslevel=1) as packed:
        header = tarfile.TarInfo("x")
        header.type, header.size = tarfile.XHDTYPE, 1 << 40
        packed.write(header.tobuf(tarfile.GNU_FORMAT))
    with pytest.raises(NotRestorable, match="no plain file"):
        unpack(made, {})


def test_a_bomb_is_refused_by_what_it_announces(tmp_path: Path, places: dict[str, Path]) -> None:
    made = forged(tmp_path / "bomb.tar.gz", [entry("state/big", size=1 << 60)], [])
    with pytest.raises(NotRestorable, match="it takes"):
        unpack(made, places)


def test_a_bomb_that_announces_nothing_is_stopped(tmp_path: Path, places: dict[str, Path]) -> None:
    zeros = bytes(4 << 20)
    for entries, members in (
        ([entry("state/a")], [("state/a", zeros)]),
        ([entry("state/a")], [("state/a", b"x"), ("state/b", zeros)]),
        ([], [("state/b", zeros)]),
    ):
        with pytest.raises(NotRestorable):
            unpack(forged(tmp_path / "bomb.tar.gz", entries, members), places)
        for path in places["state"].rglob("*"):
            path.unlink()
    endless = tmp_path / "endless.tar.gz"
    with gzip.open(endless, "wb", compresslevel=1) as packed:
        for _ in range(MAX_MANIFEST // len(zeros) + 2):
            packed.write(b"\xff" * 512 if packed.tell() == 0 else zeros)
    with pytest.raises(NotRestorable):
        unpack(endless, {})


@pytest.mark.parametrize(
    ("entries", "members", "words"),
    [
        ([entry("config/a", b"x")], [("config/a", b"y")], "is not what it was"),
        ([entry("config/a"), entry("config/a")], [("config/a", b"x")] * 2, "twice"),
        ([entry("config/a")], [], "should be there is nothing"),
        ([entry("config/a")], [("config/b", b"x")], "should be there is 'config/b'"),
        ([entry("config/a"), entry("config/b")], [("config/b", b"x"), ("config/a", b"x")], "should be there is"),
        ([entry("config/a")], [("config/a", b"x"), ("config/b", b"x")], "does not know 'config/b'"),
        ([entry("config/a", mode=0o4755)], [("config/a", b"x")], "cannot be"),
        ([entry("config/a", size=-1)], [("config/a", b"x")], "cannot be"),
        ([entry("config/a", size="1")], [("config/a", b"x")], "files.0.size"),
        ([entry("config/a", size=2)], [("config/a", b"x")], "should be there is"),
    ],
)
def test_manifest_and_members_are_one(
    entries: list[dict[str, object]], members: list[tuple[str, bytes]], words: str, tmp_path: Path
) -> None:
    with pytest.raises(NotRestorable, match=words):
        unpack(forged(tmp_path / "odd.tar.gz", entries, members), {})


def test_a_file_cannot_be_a_folder_too(tmp_path: Path, places: dict[str, Path]) -> None:
    made = forged(
        tmp_path / "odd.tar.gz", [entry("config/a"), entry("config/a/b")], [("config/a", b"x"), ("config/a/b", b"x")]
    )
    with pytest.raises(OSError, match="config/a"):
        unpack(made, places)


@pytest.mark.parametrize("head", [{"format": 2}, {"program": "other"}])
def test_other_programs_and_later_formats_are_told_apart(head: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(NotRestorable, match="this version reads format 1 of ai-dashboard"):
        unpack(forged(tmp_path / "other.tar.gz", [], [], head=head), {})


@pytest.mark.parametrize(
    "head", [{"made_at": 1e300}, {"made_at": -1.0}, {"version": "\x1b[31m"}, {"version": "1" * 999}]
)
def test_what_cannot_be_shown_is_no_backup(head: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(NotRestorable, match="cannot be"):
        unpack(forged(tmp_path / "x", [], [], head=head), {})


@pytest.mark.parametrize(
    "content", [b"", b"not gzip", gzip.compress(b"", mtime=0), gzip.compress(b"x" * 2000, mtime=0)]
)
def test_what_is_no_archive_is_told_so(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "no.tar.gz").write_bytes(content)
    with pytest.raises(NotRestorable, match=r"no whole backup|does not begin with"):
        unpack(tmp_path / "no.tar.gz", {})


def test_rights_that_others_could_use_are_not_restored(tmp_path: Path, places: dict[str, Path]) -> None:
    unpack(forged(tmp_path / "a.tar.gz", [entry("config/a", mode=0o777)], [("config/a", b"x")]), places)
    assert (places["config"] / "a").stat().st_mode & 0o777 == 0o755
