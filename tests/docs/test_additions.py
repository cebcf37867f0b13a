"""What `docs/extending.md` adds works as it stands there, in a copy of the program."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, Block, blocks, file_of
from tests.docs.world import World

PAGE = ROOT / "docs" / "extending.md"
JOINS = {
    "ai_dashboard/config/schema/mappings.py": '        "adaptive_weighted",\n',
    "ai_dashboard/config/schema/providers.py": '"openai_compatible", "demo"]',
    "ai_dashboard/dialects/kinds.py": '        Kind("demo"',
}
"""Files to whose lists something is added, and before what."""

PANEL = """
from ai_dashboard.tui.panels.whereabouts import WhereaboutsPanel
from ai_dashboard.tui.picture import Picture
from tests.tui.fakes import busy
panel = WhereaboutsPanel()
print(panel.draw(panel.select(Picture(snapshot=busy())), 20, 5))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program with everything that the page adds."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("ai_dashboard", "wth-widgets"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for block in blocks(PAGE):
        if name := file_of(block):
            _add(folder, name, block)
    return folder


def _add(folder: Path, name: str, block: Block) -> None:
    file, text = folder / name, block.text.partition("\n")[2]
    if name in JOINS:
        written, before = file.read_text(), JOINS[name]
        assert written.count(before) == 1, f"{name} has changed"
        file.write_text(written.replace(before, f"{text.strip()}, {before}"))
        return
    assert not file.exists(), f"{name} is there already"
    file.write_text(text)
    file.chmod(0o755)


def run(copy: Path, *words: str | Path, env: dict[str, str] | None = None) -> str:
    """What a program says on standard output."""
    here = {**os.environ, "PYTHONPATH": f"{copy}{os.pathsep}{ROOT}", **(env or {})}
    ended = subprocess.run(words, env=here, cwd=copy, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_the_page_adds_one_of_each() -> None:
    files = [name for block in blocks(PAGE) if (name := file_of(block))]
    assert {str(Path(name).parent) for name in files} == {
        "ai_dashboard/cli/commands",
        "ai_dashboard/config/schema",
        "ai_dashboard/dialects",
        "ai_dashboard/routing/strategies",
        "ai_dashboard/tui/panels",
        "wth-widgets/litellm/bin",
    }


def test_a_kind_and_a_strategy_plan_requests(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "providers.yaml").write_text(
        "providers:\n"
        "  small: {type: lm_studio, base_url: 'http://127.0.0.1:9', models: [{name: m, context_length: 1000}]}\n"
        "  large: {type: lm_studio, base_url: 'http://127.0.0.2:9', models: [{name: m, context_length: 9000}]}\n"
    )
    (tmp_path / "model-mappings.yaml").write_text(
        "capabilities: {wide: {preferred_models: [m], strategy: widest_window}}\n"
    )
    plan = run(
        copy, sys.executable, "-m", "ai_dashboard", "route", "wide", "--config-dir", tmp_path, "--offline"
    )  # fmt: skip
    assert "widest_window" in plan
    assert plan.index("large") < plan.index("small")


def test_a_command_and_a_widget_ask_a_gateway(copy: Path, there: World) -> None:
    said = run(copy, sys.executable, "-m", "ai_dashboard", "inflight", "--url", there.url)
    assert said == "nothing is in flight\n"
    shown = run(copy, copy / "wth-widgets/litellm/bin/queue-depth.sh", env={"LITELLM_HOST": there.url, "COLUMNS": "40"})
    assert re.search(r"^Waiting +0$", shown, re.MULTILINE)


def test_a_panel_draws_what_it_chose(copy: Path) -> None:
    said = run(copy, sys.executable, "-c", PANEL)
    assert "elsewhere" in said
