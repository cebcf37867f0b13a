from pathlib import Path

from ai_dashboard.core.logs import LogEvent, LogLevel
from ai_dashboard.telemetry.log_files import LogFiles
from ai_dashboard.telemetry.log_lines import as_json
from ai_dashboard.telemetry.log_outlets import RotatingFile


def writer(folder: Path, *names: str, most: int = 1 << 20) -> None:
    kept = RotatingFile(folder, as_json, most, 9)
    for name in names:
        kept.write([LogEvent(0, 0.0, LogLevel.INFO, name)])
    kept.close()


def told(events: object) -> list[str]:
    return [event.event for event in events]  # type: ignore[attr-defined]


def test_all_files_are_read_oldest_first_and_then_what_is_added(tmp_path: Path) -> None:
    writer(tmp_path, "a", "b", "c", most=1)
    read = LogFiles(tmp_path)
    assert read.there
    assert told(read.all()) == ["a", "b", "c"]
    assert told(read.more()) == []
    writer(tmp_path, "d")
    assert told(read.more()) == ["d"]
    writer(tmp_path, "e", "f", most=1)  # d is put aside first, then e
    assert "f" in told(read.more())
    read.close()


def test_a_file_that_is_put_aside_is_read_to_its_end(tmp_path: Path) -> None:
    writer(tmp_path, "a")
    read = LogFiles(tmp_path)
    assert told(read.all()) == ["a"]
    writer(tmp_path, "b")
    writer(tmp_path, "c", most=1)
    assert told(read.more()) == ["b", "c"]
    read.close()


def test_a_line_is_told_once_it_is_whole_and_what_is_none_is_passed_over(tmp_path: Path) -> None:
    writer(tmp_path, "a")
    path = tmp_path / "gateway.jsonl"
    line = as_json(LogEvent(0, 0.0, LogLevel.INFO, "b"))
    read = LogFiles(tmp_path)
    assert told(read.all()) == ["a"]
    with path.open("ab") as file:
        file.write(b"torn\n" + line[:20])
    assert told(read.more()) == []
    with path.open("ab") as file:
        file.write(line[20:])
    assert told(read.more()) == ["b"]
    read.close()


def test_where_nothing_was_ever_written_there_is_nothing(tmp_path: Path) -> None:
    read = LogFiles(tmp_path / "none")
    assert not read.there
    assert told(read.all()) == []
    assert told(read.more()) == []
