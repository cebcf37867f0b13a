"""`config what-if` without a gateway; with one it is tried in tests/e2e/test_config_running.py."""

from pathlib import Path

import pytest

from tests.unit.cli.configuring.conftest import Config

Said = pytest.CaptureFixture[str]


def test_without_a_gateway_it_says_so_and_what_to_do(config: Config, folder: Path, capsys: Said) -> None:
    assert config("what-if", "providers.yaml", str(folder / "providers.yaml")) == 1
    err = capsys.readouterr().err
    assert "no gateway of yours answers at http://127.0.0.1:" in err
    assert "`ai-dashboard serve`" in err
    assert "`config diff`" in err


def test_a_copy_that_cannot_be_read_is_used_wrongly(config: Config, folder: Path, capsys: Said) -> None:
    assert config("what-if", "providers.yaml", "no/such/file") == 2
    (folder / "copy.yaml").write_bytes(b"a: \xff")
    assert config("what-if", "providers.yaml", str(folder / "copy.yaml")) == 2
    assert "byte 3 is not UTF-8" in capsys.readouterr().err
