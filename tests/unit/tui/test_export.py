import json
from pathlib import Path

import pytest

from ai_dashboard.tui.export import place_of, refusal, write
from tests.tui.fakes import records

ROOT = "http://127.0.0.1:4000"


def test_the_name_says_the_format(tmp_path: Path) -> None:
    write(tmp_path / "some.HAR", records(3), ROOT, replace=False)
    write(tmp_path / "some.jsonl", records(3), ROOT, replace=False)
    assert len(json.loads((tmp_path / "some.HAR").read_text())["log"]["entries"]) == 3
    assert len((tmp_path / "some.jsonl").read_text().splitlines()) == 3


@pytest.mark.parametrize("replace", [False, True])
def test_a_file_is_for_its_owner_alone_and_nothing_else_is_left(tmp_path: Path, replace: bool) -> None:
    write(tmp_path / "some.har", records(1), ROOT, replace=replace)
    assert (tmp_path / "some.har").stat().st_mode & 0o777 == 0o600
    assert [it.name for it in tmp_path.iterdir()] == ["some.har"]


def test_a_file_is_replaced_only_when_that_is_said(tmp_path: Path) -> None:
    place = tmp_path / "some.jsonl"
    place.write_text("mine")
    with pytest.raises(FileExistsError):
        write(place, records(1), ROOT, replace=False)
    assert place.read_text() == "mine"
    write(place, records(1), ROOT, replace=True)
    assert "req-000001" in place.read_text()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "write the path of a file"),
        ("   ", "write the path of a file"),
        ("some.txt", "the name ends with .har or .jsonl"),
        ("some", "the name ends with .har or .jsonl"),
        ("folder.har", "is a folder"),
        ("no/some.har", "there is no folder"),
    ],
)
def test_a_path_that_cannot_be_is_refused_in_words(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "folder.har").mkdir()
    assert said in refusal(str(tmp_path / name) if name.strip() else name)


def test_a_path_that_can_be_is_not_refused(tmp_path: Path) -> None:
    assert refusal(f" {tmp_path}/some.har ") == ""


def test_the_home_folder_is_meant_by_a_tilde(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert place_of("~/some.har") == tmp_path / "some.har"
    assert place_of("~nobody-has-this-name/some.har") == Path("~nobody-has-this-name/some.har")
