"""A folder of the older system, as it is: it opens, is edited and saved, and is exported."""

import shutil
import sys
from pathlib import Path

import pytest
import yaml

from tests.e2e.program import run

pytestmark = pytest.mark.e2e

OLDER_FORM = Path(__file__).parents[1] / "unit" / "config" / "older_form"
BEFORE = "size: 7.6B"
EDITS = "import pathlib, sys\np = pathlib.Path(sys.argv[1])\np.write_text(p.read_text().replace('7.6B', '8B'))\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(OLDER_FORM, tmp_path / "config"))


def test_it_opens_is_edited_saved_and_exported(folder: Path, tmp_path: Path) -> None:
    keys = {"OPENAI_API_KEY": "sk-0123456789abcdef"}
    checked = run("config", "check", state=tmp_path, env=keys)
    assert checked.returncode == 0
    assert ": 0 errors," in checked.stdout

    shown = run("config", "get", "providers.yaml", "providers.openai.rate_limits.requests_per_minute", "--origin",
                state=tmp_path)  # fmt: skip
    assert shown.stdout == "providers.openai.rate_limits.requests_per_minute  500  providers.yaml:68\n"

    for path, value in (("providers.vllm-dolphin.status", "active"), ("providers.openai.models.0", "gpt-4.1")):
        done = run("config", "set", "providers.yaml", path, value, state=tmp_path)
        assert done.returncode == 0, done.stderr
    before, after = ((place / "providers.yaml").read_text().splitlines() for place in (OLDER_FORM, folder))
    assert len(before) == len(after)
    assert [(old, new) for old, new in zip(before, after, strict=True) if old != new] == [
        ("    status: disabled", "    status: active"),
        ("    models: [gpt-4o, gpt-4o-mini, o1-preview]", "    models: [gpt-4.1, gpt-4o-mini, o1-preview]"),
    ]

    script = tmp_path / "editor.py"
    script.write_text(EDITS)
    edited = run("config", "edit", "providers.yaml", "--yes", state=tmp_path,
                 env={"EDITOR": f"{sys.executable} {script}"})  # fmt: skip
    assert edited.returncode == 0, edited.stderr
    assert BEFORE not in (folder / "providers.yaml").read_text()
    assert len(list((folder / ".backups").glob("providers.*.yaml"))) == 3

    exported = run("config", "export-litellm", state=tmp_path, env=keys)
    assert exported.returncode == 0, exported.stderr
    document = yaml.safe_load((folder / "litellm-unified.yaml").read_text())
    names = {entry["model_name"] for entry in document["model_list"]}
    assert {"gpt-4.1", "solidrust/dolphin-2.8-mistral-7b-v02-AWQ", "mistral:7b"} <= names
    assert run("config", "export-litellm", "--check", state=tmp_path, env=keys).returncode == 0
