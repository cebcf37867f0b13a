import json
import os
from pathlib import Path

import pytest

from ai_dashboard.cli.lines import form_of, log_of, note_diagnostics
from ai_dashboard.config.load import Loaded, load
from ai_dashboard.core.logs import LogLevel


def loaded(folder: Path, logging: str = "") -> Loaded:
    (folder / "gateway.yaml").write_text(f"logging: {{{logging}}}\nwrong: 1\n")
    (folder / "providers.yaml").write_text("providers: {}\n")
    return load(folder, {})


@pytest.mark.parametrize(
    ("written", "form", "kept"),
    [
        ("", None, True),
        ("", "json", False),
        ("file: always", "json", True),
        ("file: never", None, False),
    ],
)
def test_lines_are_kept_where_a_screen_has_no_room_for_them_or_as_it_is_written(
    written: str, form: None, kept: bool, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    env = {"AI_DASHBOARD_STATE_DIR": str(tmp_path / "state")}
    log = log_of(loaded(tmp_path, written), env, form)
    log.note(LogLevel.INFO, "hello")
    log.close()
    path = tmp_path / "state" / "logs" / "gateway.jsonl"
    assert path.exists() is kept
    assert (log.file == str(path)) is kept
    assert ('"event":"hello"' in capfd.readouterr().err) is (form is not None)


def test_a_demo_leaves_nothing_and_refused_files_do_not_matter(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    env = {"AI_DASHBOARD_STATE_DIR": str(tmp_path / "state")}
    log = log_of(Loaded(None, (), None), env, None, fileless=True)
    log.note(LogLevel.INFO, "hello")
    log.close()
    assert not (tmp_path / "state").exists()
    assert capfd.readouterr().err == ""


def test_findings_are_events(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    found = loaded(tmp_path, "level: warning")
    log = log_of(found, {}, "json")
    note_diagnostics(log, found)
    log.close()
    (event,) = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert (event["level"], event["event"]) == ("warning", "config_finding")
    assert "gateway.yaml:2:1" in event["message"]
    assert event["pid"] == os.getpid()


def test_people_get_text_and_programs_json() -> None:
    text = form_of("text", terminal=False)
    assert form_of("auto", terminal=True) is text
    assert form_of("auto", terminal=False) is form_of("json", terminal=True)
    assert form_of("json", terminal=True) is not text
