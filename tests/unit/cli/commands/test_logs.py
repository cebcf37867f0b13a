"""What `logs` shows of files; of a running gateway in tests/integration/gateway/test_logs_api.py."""

import json
from pathlib import Path

import pytest

from ai_dashboard.cli import main as cli
from ai_dashboard.core.logs import LogEvent, LogLevel
from ai_dashboard.telemetry.log_lines import as_json
from ai_dashboard.telemetry.log_outlets import RotatingFile

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AI_DASHBOARD_STATE_DIR", str(tmp_path))
    return tmp_path / "logs"


def write(folder: Path) -> None:
    kept = RotatingFile(folder, as_json, 1 << 20, 5)
    kept.write([
        LogEvent(0, 1_790_000_000.0 + seq, level, name, f"m{seq}", "qwen3", "vllm", context={"pid": 1})
        for seq, (level, name) in enumerate([
            (LogLevel.DEBUG, "cost_tracked"), (LogLevel.WARNING, "llm_call_failed"),
            (LogLevel.ERROR, "alert_raised"), (LogLevel.INFO, "llm_other"),
        ])
    ])  # fmt: skip
    kept.close()


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ([], ["m0", "m1", "m2", "m3"]),
        (["-n", "2"], ["m2", "m3"]),
        (["--level", "warning"], ["m1", "m2"]),
        (["--event", "llm_*"], ["m1", "m3"]),
        (["--since", "1790000002"], ["m2", "m3"]),
        (["--event", "llm_*", "--level", "warning", "-n", "1"], ["m1"]),
        (["--event", "nothing"], []),
    ],
)
def test_only_what_is_asked_for_is_shown(
    arguments: list[str], shown: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder)
    assert cli.main(["logs", "--file", "--json", *arguments]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["message"] for line in lines] == shown


def test_people_get_a_line_each(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder)
    assert cli.main(["logs", "--file", "-n", "1"]) == 0
    assert "INFO    llm_other  vllm  qwen3  m3" in capsys.readouterr().out


def test_where_there_is_nothing_it_is_said_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["logs", "--file"]) == 1
    assert "logging.file: always" in capsys.readouterr().err
    assert cli.main(["logs", "--url", NOBODY]) == 1
    assert f"no gateway of yours answers at {NOBODY}" in capsys.readouterr().err


def test_the_files_stand_in_for_a_gateway_that_is_not_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ai_dashboard.cli.commands.logs.DEFAULT_URL", NOBODY)
    assert cli.main(["logs", "--url", NOBODY]) == 1
    assert "and there are no files of events" in capsys.readouterr().err
    write(folder)
    assert cli.main(["logs", "--url", NOBODY, "-n", "1"]) == 0
    said = capsys.readouterr()
    assert "m3" in said.out
    assert f"this is from {folder}" in said.err


def test_what_is_added_is_shown_until_ctrl_c(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder)
    naps = iter(range(2))

    def nap(_seconds: float) -> None:
        if next(naps, None) is None:
            raise KeyboardInterrupt
        write(folder)

    monkeypatch.setattr("time.sleep", nap)
    assert cli.main(["logs", "--file", "--follow", "--level", "error"]) == 130
    assert capsys.readouterr().out.count("alert_raised") == 3


@pytest.mark.parametrize("wrong", [["-n", "0"], ["-n", "x"], ["--level", "loud"]])
def test_what_makes_no_sense_is_refused(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["logs", *wrong])
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_a_moment_that_is_none_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["logs", "--file", "--since", "yesterday"]) == 1
    assert "is no moment" in capsys.readouterr().err
