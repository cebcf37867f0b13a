"""An export is told from one that is out of date, and from a file of somebody else's."""

from pathlib import Path

import pytest

from ai_dashboard.config.export_litellm import EXPORTED, export
from ai_dashboard.config.load import SERVING, load
from ai_dashboard.config.stale import stale

PROVIDERS = "providers:\n  one: {type: vllm, base_url: http://127.0.0.1:1, models: [a]}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "providers.yaml").write_text(PROVIDERS)
    config = load(tmp_path, {}).config
    assert config is not None
    sources = {name: (tmp_path / name).read_bytes() for name in SERVING if (tmp_path / name).exists()}
    (tmp_path / EXPORTED).write_text(export(config, sources).text)
    return tmp_path


def test_one_that_fits_is_not_mentioned(folder: Path) -> None:
    assert list(stale(folder)) == []


def test_a_file_that_has_changed_is_named_with_the_line_and_the_command(folder: Path) -> None:
    (folder / "providers.yaml").write_text(PROVIDERS + "# one more line\n")
    [finding] = stale(folder)
    assert (finding.severity, finding.file, finding.line) == ("warning", EXPORTED, 4)
    assert finding.message == "providers.yaml has changed since this was made from it"
    assert finding.fix == "run ai-dashboard config export-litellm"


def test_a_file_that_came_or_went_is_a_change(folder: Path) -> None:
    (folder / "gateway.yaml").write_text("drain_s: 3\n")
    (folder / "providers.yaml").unlink()
    assert [finding.message.split()[0] for finding in stale(folder)] == ["providers.yaml", "gateway.yaml"]


def test_somebody_elses_file_is_an_info(folder: Path) -> None:
    (folder / EXPORTED).write_text("model_list: []\n")
    [finding] = stale(folder)
    assert finding.severity == "info"


def test_nothing_is_said_where_there_is_none(folder: Path) -> None:
    (folder / EXPORTED).unlink()
    (folder / EXPORTED).mkdir()
    assert list(stale(folder)) == []
    assert list(stale(None)) == []
