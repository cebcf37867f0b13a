"""Changes in the folder itself, in the terms of a gateway; through a gateway they are tried in
tests/e2e/test_config_running.py."""

from pathlib import Path

import pytest

from ai_dashboard.cli.configuring.changing import Files, address_in, holds
from ai_dashboard.config.store import ConfigStore
from ai_dashboard.core.errors import ConfigConflict, ConfigNotWritten, ConfigRefused
from tests.unit.cli.configuring.conftest import PROVIDERS

NEW = PROVIDERS.replace("[a]", "[a, b]")


@pytest.fixture
def files(folder: Path) -> Files:
    return Files(ConfigStore(folder, {}, lambda: 1_700_000_000.0))


def test_a_change_is_proposed_made_and_put_back(files: Files, folder: Path) -> None:
    before = files.text("providers.yaml")
    proposal = files.propose("providers.yaml", NEW)
    assert (proposal.changes, proposal.base, proposal.what_if) == (("added model one/b",), before.hash, None)
    said = files.commit("providers.yaml", NEW, proposal.base, "more")
    assert (folder / "providers.yaml").read_text() == NEW
    backup = said.rsplit(" ", 1)[1]
    assert "removed model one/b" in files.rollback(backup)
    assert (folder / "providers.yaml").read_text() == PROVIDERS


def test_refusals_are_those_of_a_gateway(files: Files, folder: Path) -> None:
    base = files.text("providers.yaml").hash
    with pytest.raises(ConfigConflict, match="somebody else"):
        files.commit("providers.yaml", NEW, "other", "")
    with pytest.raises(ConfigRefused) as refused:
        files.commit("providers.yaml", "providers: [", base, "")
    assert refused.value.diagnostics
    with pytest.raises(ConfigRefused, match="is none of"):
        files.text("secrets.yaml")
    with pytest.raises(ConfigRefused, match="no backup"):
        files.rollback("nothing")
    (folder / "providers.yaml").write_bytes(b"\xff")
    with pytest.raises(ConfigRefused, match="not UTF-8"):
        files.text("providers.yaml")


def test_a_file_that_cannot_be_read_is_told(files: Files, folder: Path) -> None:
    (folder / "gateway.yaml").mkdir()
    with pytest.raises(ConfigNotWritten, match="as it was"):
        files.text("gateway.yaml")


def test_nobody_elsewhere_holds_a_folder_of_ours(folder: Path) -> None:
    assert not holds("http://192.0.2.1:4000", folder)
    assert not holds(address_in(folder), folder)


def test_the_address_is_where_the_folder_listens(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AI_DASHBOARD_PORT")
    (folder / "gateway.yaml").write_text("listen: {host: 0.0.0.0, port: 4123}\nauth: {master_key: sk-12345678901234}\n")
    assert address_in(folder) == "http://127.0.0.1:4123"
    (folder / "gateway.yaml").write_text("listen: [")
    assert address_in(folder) == "http://127.0.0.1:4000"
