"""What becomes of a block that a signal ends."""

import os
import signal
import threading
from pathlib import Path

import pytest

from ai_dashboard.cli.ended import tidied
from ai_dashboard.cli.main import main

only_here = pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(), reason="signals are for the first thread alone"
)


@only_here
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_block_as_an_exception_does(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(SystemExit) as ended, tidied():
        os.kill(os.getpid(), number)
    assert ended.value.code == 128 + number
    assert signal.getsignal(number) is before


@only_here
def test_a_signal_that_was_ignored_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with tidied():
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@only_here
def test_a_backup_that_is_ended_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, aside = tmp_path / "config", tmp_path / "aside"
    for folder in (config, aside):
        folder.mkdir()
    (config / "gateway.yaml").write_text("auth: {master_key: sk-secret}\n")
    monkeypatch.setenv("AI_DASHBOARD_STATE_DIR", str(tmp_path / "state"))

    def copy(_source: Path, target: Path) -> None:
        target.mkdir()
        assert list(aside.iterdir())
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr("ai_dashboard.cli.saving.copying.copy_config", copy)
    with pytest.raises(SystemExit) as ended:
        main(["backup", str(aside / "backup.tar.gz"), "--config-dir", str(config)])
    assert ended.value.code == 128 + signal.SIGTERM
    assert list(aside.iterdir()) == []
