"""What is built holds the sources, all of them and nothing else, and starts where there is nothing else.

The wheel is built as `pip wheel` builds it, by hatchling, in this process.
"""

import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from tests.docs.blocks import ROOT
from tests.e2e.program import serving

LEFT_OUT = {"__pycache__"}
BUILT = {"build", "dist"}
BESIDE = {"CHANGELOG.md", "LICENSE", "README.md", "dev", "pyproject.toml"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"])
    return Path(built)


def sources(folder: str) -> dict[str, bytes]:
    return {
        str(path.relative_to(ROOT)): path.read_bytes()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not LEFT_OUT & set(path.parts)
    }


def test_the_wheel_holds_the_sources_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        held = {name: packed.read(name) for name in packed.namelist() if ".dist-info/" not in name}
        about = {name.partition(".dist-info/")[2] for name in packed.namelist() if ".dist-info/" in name}
    assert held == sources("ai_dashboard")
    assert about == {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
    assert {"ai_dashboard/py.typed", "ai_dashboard/tui/app.tcss", "ai_dashboard/costs/prices.json"} <= set(held)


def test_the_source_archive_holds_what_a_developer_needs(tmp_path: Path) -> None:
    (built,) = SdistBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with tarfile.open(built) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    folders = [path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")]
    assert names >= BESIDE
    assert [name for folder in folders if folder not in BUILT for name in sources(folder) if name not in names] == []


def test_it_starts_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    """Nothing of the tree is read beside it, and nobody's folder."""
    shutil.unpack_archive(wheel, tmp_path / "installed", "zip")
    with serving("--demo", state=tmp_path, env={"PYTHONPATH": str(tmp_path / "installed")}) as gateway:
        status, models = gateway.get("/v1/models")
        used = Path(f"/proc/{gateway.process.pid}/maps")
        assert (status, "llama3.1:8b" in {model["id"] for model in models["data"]}) == (200, True)
        assert f"{ROOT}/ai_dashboard" not in (used.read_text() if used.exists() else "")
