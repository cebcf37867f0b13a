"""As cells of WTH: whole lines, all of them, at every size, in time, and errors that can be read."""

import shlex
import time
from pathlib import Path

import pytest
import yaml

from tests.widgets.gateway import Fake
from tests.widgets.running import BIN, WIDGETS, environment, widget, wth

ROOT = BIN.parents[2]


def command(name: str, *before: str) -> str:
    return shlex.join([*before, str(BIN / f"{name}.sh"), "--wth"])


def test_there_are_seven_widgets() -> None:
    assert WIDGETS == [
        "cache-performance", "health-status", "litellm-logs", "litellm-metrics", "litellm-status", "provider-score",
        "providers-overview",
    ]  # fmt: skip
    assert all(path.stat().st_mode & 0o111 for path in BIN.glob("*-*.sh"))


@pytest.mark.parametrize("name", WIDGETS)
def test_a_cell_shows_all_that_the_widget_prints(name: str, env: dict[str, str]) -> None:
    for width, height in ((90, 14), (30, 8), (9, 5)):
        cell = wth(command(name), width, height, env)
        assert cell.shown[: len(cell.printed)] == cell.printed, f"{width}x{height}"
        assert all(line.strip() for line in cell.printed)
        assert "\x1b" not in "".join(cell.printed)
        assert 0 < len(cell.printed) <= height - 4


def test_what_does_not_fit_is_counted(env: dict[str, str]) -> None:
    assert wth(command("providers-overview"), 50, 8, env).printed[-1] == "… 3 more"
    assert wth(command("providers-overview"), 50, 6, env).printed[-1] == "… 4 more"
    assert wth(command("providers-overview"), 60, 5, env).printed == [
        "  provider  status       models    load  latency"
    ]


@pytest.mark.parametrize("size", [("-4", "-4"), ("", ""), ("wide", "0"), ("010", "99999999")])
def test_a_size_that_is_none_is_not_obeyed(size: tuple[str, str], env: dict[str, str]) -> None:
    # WTH runs everything once before it knows how large its cells are.
    done = widget("litellm-status", "--wth", env=env | {"COLUMNS": size[0], "HEIGHT": size[1]})
    assert len(done.stdout.splitlines()) == 9


def test_variables_before_the_command_are_heard(env: dict[str, str]) -> None:
    coloured = wth(f"WTH_COLOR=1 {command('health-status')}", 90, 14, env)
    assert "\x1b[32m●\x1b[0m" in coloured.printed[1]
    plain = wth(command("health-status"), 90, 14, env)
    assert "\x1b" not in "".join(plain.printed)


@pytest.mark.parametrize("name", WIDGETS)
def test_a_gateway_that_is_down_is_a_line_in_the_cell(name: str, tmp_path: Path) -> None:
    env = environment(tmp_path, LITELLM_HOST="127.0.0.1:9")
    began = time.monotonic()
    cell = wth(command(name), 100, 12, env)
    assert time.monotonic() - began < 2
    assert cell.shown == ["no gateway at http://127.0.0.1:9 (`ai-dashboard serve` starts one)", ""]
    by_hand = widget(name, env=env)
    assert (by_hand.returncode, by_hand.stdout) == (1, "")
    assert by_hand.stderr == f"{name}: no gateway at http://127.0.0.1:9 (`ai-dashboard serve` starts one)\n"


def test_a_cell_says_which_key_is_missing(gateway: Fake, env: dict[str, str]) -> None:
    for name in ("providers-overview", "litellm-status", "litellm-logs", "cache-performance", "provider-score"):
        cell = wth(command(name), 120, 12, env | {"LITELLM_API_KEY": "another"})
        assert (
            cell.shown[0] == f"the gateway at {gateway.url} wants another key (LITELLM_API_KEY, with the scope admin)"
        )


def test_the_configuration_has_the_form_that_wth_reads() -> None:
    config = yaml.safe_load((BIN.parent / "config" / "wth.yaml").read_text())
    assert set(config) == {"modules", "layout", "log"}
    for module in config["modules"]:
        assert set(module) == {"id", "name", "path", "enabled", "config", "refreshInterval"}
        script, option = shlex.split(module["config"]["command"])
        assert (Path(script).name, option) == (f"{module['id']}.sh", "--wth")
        assert script.startswith("@WIDGETS@/")
        assert module["path"] == "@MODULE@"
        assert module["refreshInterval"].endswith("s")
    cells = [cell for row in config["layout"]["rows"] for cell in row["cells"]]
    assert sorted(cell["moduleId"] for cell in cells) == sorted(module["id"] for module in config["modules"]) == WIDGETS
    assert all(cell["ratioX"] > 0 and cell["ratioY"] > 0 for cell in cells)
