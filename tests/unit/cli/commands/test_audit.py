"""`ai-dashboard audit`: what is shown of the log, and what it says of one that is not whole."""

import json
from pathlib import Path

import pytest

from ai_dashboard.cli.main import main
from ai_dashboard.telemetry.audit import Audit


@pytest.fixture
def audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Audit:
    monkeypatch.setenv("AI_DASHBOARD_STATE_DIR", str(tmp_path))
    return Audit(tmp_path / "audit", lambda: 1_700_000_000.0)


def test_nothing_was_changed_yet(audit: Audit, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit"]) == 0
    assert capsys.readouterr().out == f"nothing was changed yet ({audit.folder})\n"


def test_the_newest_entries_are_shown_in_words(audit: Audit, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(30):
        audit.record("config.commit", "gateway.yaml", who="ada", why=f"change {number}")
    audit.record(
        "config.rollback", "providers.yaml", who="bob\x1b[2J", where="10.0.0.7", before="a" * 64, details=["added x"]
    )
    assert main(["audit", "tail", "-n", "2"]) == 0
    first, second, detail = capsys.readouterr().out.splitlines()
    assert first.endswith("  config.commit  gateway.yaml  by ada: change 29")
    assert second.endswith("  config.rollback  providers.yaml  by bob�[2J (10.0.0.7)  aaaaaaaa → nothing")
    assert detail == "    added x"
    assert main(["audit"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 21


def test_programs_get_all_of_it(audit: Audit, capsys: pytest.CaptureFixture[str]) -> None:
    made = audit.record("config.commit", "gateway.yaml", who="ada")
    assert main(["audit", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["seq"], entry["who"], entry["hash"]) == (1, "ada", made.hash)


def test_a_log_that_is_whole_and_one_that_is_not(audit: Audit, capsys: pytest.CaptureFixture[str]) -> None:
    audit.record("config.commit", who="ada")
    audit.record("config.commit", who="ada")
    assert main(["audit", "verify"]) == 0
    assert capsys.readouterr().out == f"{audit.folder}: 2 entries, whole\n"
    path = audit.folder / "audit-000001.jsonl"
    path.write_bytes(path.read_bytes().replace(b"ada", b"eve", 1))
    assert main(["audit", "verify"]) == 1
    assert "line 1 is not what was written" in capsys.readouterr().out
    assert main(["audit", "verify", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["entries"] == 1


@pytest.mark.parametrize("arguments", [["burn"], ["-n", "0"], ["-n", "x"]])
def test_what_cannot_be_is_said(audit: Audit, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["audit", *arguments])
    assert ended.value.code == 2
