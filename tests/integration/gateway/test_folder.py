"""The configuration folder, watched."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import pytest

from ai_dashboard.gateway import folder
from ai_dashboard.gateway.folder import Contents, contents, fingerprint, is_ours, lost, present, signs, untold


def test_every_file_that_counts_is_read(tmp_path: Path) -> None:
    (tmp_path / "gateway.yaml").write_bytes(b"\xef\xbb\xbfdrain_s: 1\r\n")
    (tmp_path / "notes.txt").write_text("x")
    read = contents(tmp_path)
    assert present(read) == {"gateway.yaml": b"\xef\xbb\xbfdrain_s: 1\r\n"}
    assert read["providers.yaml"] is None


def test_what_had_something_in_it_can_be_lost() -> None:
    before = {"providers.yaml": b"x", "gateway.yaml": b"", "multi-region.yaml": None, "model-mappings.yaml": b"y"}
    after = {"providers.yaml": None, "gateway.yaml": None, "multi-region.yaml": b"z", "model-mappings.yaml": b""}
    assert lost(after, before) == ["providers.yaml", "model-mappings.yaml"]
    assert lost(before, before) == []


@pytest.mark.parametrize(
    ("path", "ours"),
    [
        ("/c/providers.yaml", True),
        ("/c/..data", True),
        ("/c/.providers.yaml.ab12.draft", False),
        ("/c/.backups", False),
        ("/c/notes.txt", False),
        ("/c/providers.yaml~", False),
    ],
)
def test_only_the_folders_own_files_count(path: str, ours: bool) -> None:
    from watchfiles import Change

    assert is_ours(Change.modified, path) is ours


async def test_there_are_signs_at_the_beginning_and_of_a_change(tmp_path: Path) -> None:
    async with aclosing(signs(tmp_path)) as looking, asyncio.timeout(10), asyncio.TaskGroup() as group:
        await anext(looking)
        told = group.create_task(_next(looking))
        while not told.done():  # watching begins in its own time
            (tmp_path / "gateway.yaml").write_text("drain_s: 1\n")
            await asyncio.wait([told], timeout=0.3)


async def test_a_change_that_nobody_tells_of_is_found_and_a_file_that_cannot_be_read_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "LOOK_S", 0.01)
    before, looks = contents(tmp_path), 0

    def seen() -> Contents:
        nonlocal looks
        looks += 1
        if looks == 2:
            (tmp_path / "gateway.yaml").write_text("drain_s: 1\n")
        return before

    async with aclosing(untold(tmp_path, seen)) as looking, asyncio.timeout(10):
        await anext(looking)
        assert looks == 3
        before = contents(tmp_path)
        (tmp_path / "providers.yaml").mkdir()
        await anext(looking)
        await anext(looking)
        assert looks == 3


async def test_a_folder_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="gone"):
        async for _ in signs(tmp_path / "gone"):
            pass


async def _next(looking: AsyncGenerator[None, None]) -> None:
    await anext(looking)


def test_a_configuration_is_known_by_all_of_its_files() -> None:
    one = {"providers.yaml": b"a", "gateway.yaml": None}
    assert fingerprint(one) == fingerprint(dict(reversed(one.items())))
    others: list[dict[str, bytes | None]] = [
        {"providers.yaml": b"b"},
        {"gateway.yaml": b"a"},
        {**one, "gateway.yaml": b""},
    ]
    assert len({fingerprint(one), *map(fingerprint, others)}) == 4
    assert fingerprint({"providers.yaml": None}) == ""
