"""The short commands as processes: what they print, and how they exit."""

import json
import os
import pty
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_dashboard.cli.neighbour import nobody_at
from tests.e2e.program import Serving, environment, run, serving

pytestmark = pytest.mark.e2e

PROVIDERS = """
providers:
  ours:
    type: vllm
    base_url: http://127.0.0.1:9
    models: [llama3.1:8b]
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving("--demo", state=tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture
def nobody() -> Iterator[str]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_status_shows_every_provider(demo: Serving) -> None:
    done = run("status", "--url", demo.url, state=demo.state)
    assert demo.url in done.stdout
    for name in ("demo-cloud", "demo-vllm", "demo-ollama"):
        assert name in done.stdout
    assert "DEMO" in done.stdout
    assert done.stderr == ""


def test_status_for_programs_is_the_whole_picture(demo: Serving) -> None:
    picture = json.loads(run("status", "--json", "--url", f"127.0.0.1:{demo.port}", state=demo.state).stdout)
    assert picture["gateway"]["port"] == demo.port
    assert len(picture["providers"]) == 5


def test_status_for_a_status_bar_is_one_line(demo: Serving) -> None:
    done = run("status", "--tmux", "--url", demo.url, state=demo.state)
    assert re.fullmatch(r"[●◐○] \d/5 \d+\.\d/s.* DEMO\n", done.stdout)


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("health-status", r"^● Redis|^– Redis .* OFF"),
        ("providers-overview", r"^. demo-vllm +\w+ +3 "),
        ("litellm-metrics", r"^Latency +p50 "),
        ("cache-performance", r"^off: set|^Keys"),
        ("provider-score", r"^demo-vllm +(\d+|–) "),
        ("litellm-logs", r"^nothing yet|^\d\d:\d\d:\d\d (INFO|ERROR) "),
        ("litellm-status", r"^Connections +\d+ open"),
    ],
)
def test_widgets_show_the_gateway_that_runs(name: str, sign: str, demo: Serving) -> None:
    script = Path(__file__).parents[2] / "wth-widgets" / "litellm" / "bin" / f"{name}.sh"
    env = environment(demo.state) | {"LITELLM_HOST": demo.url}
    done = subprocess.run([script], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(sign, done.stdout, re.MULTILINE), done.stdout


def test_status_of_nobody_is_a_line_and_exit_1(nobody: str, tmp_path: Path) -> None:
    done = run("status", "--url", nobody, state=tmp_path)
    assert (done.returncode, done.stderr) == (1, f"ai-dashboard: {nobody_at(nobody)}\n")
    bar = run("status", "--tmux", "--url", nobody, state=tmp_path)
    assert (bar.returncode, bar.stdout) == (1, "○ no gateway\n")


def test_status_without_the_token_is_refused(demo: Serving, tmp_path: Path) -> None:
    assert run("status", "--url", demo.url, state=tmp_path).returncode == 1
    token = (demo.state / "state" / "admin-token").read_text()
    allowed = run("status", "--json", "--url", demo.url, state=tmp_path, env={"AI_DASHBOARD_ADMIN_KEY": token})
    assert json.loads(allowed.stdout)["gateway"]["simulated"]


def test_route_asks_the_gateway_that_runs(demo: Serving) -> None:
    done = run("route", "qwen2.5-coder:7b", "--url", demo.url, state=demo.state)
    assert done.returncode == 0
    first, *candidates = done.stdout.splitlines()
    assert first == f"qwen2.5-coder:7b  by patterns.^qwen  (the gateway at {demo.url})"
    rows = [row for row in candidates if "qwen2.5-coder:7b" in row]
    assert any("demo-vllm" in row for row in rows)
    assert any("demo-ollama" in row for row in rows)


def test_route_reads_the_files_where_no_gateway_runs(nobody: str, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "providers.yaml").write_text(PROVIDERS)
    done = run("route", "llama3.1:8b", "--json", "--url", nobody, state=tmp_path)
    plan = json.loads(done.stdout)
    assert set(plan) == {"model", "rule", "strategy", "attempts", "excluded", "notes"}
    assert (plan["model"], plan["rule"]) == ("llama3.1:8b", "listing")
    assert [(it["provider"], it["model"]) for it in plan["attempts"]] == [("ours", "llama3.1:8b")]
    unknown = run("route", "lama3.1:8b", "--url", nobody, state=tmp_path)
    assert unknown.returncode == 1
    assert "did you mean llama3.1:8b" in unknown.stderr


def test_config_check_lists_and_exits(tmp_path: Path) -> None:
    (tmp_path / "providers.yaml").write_text(PROVIDERS.replace("vllm", "vlm"))
    done = run("config", "check", "--config-dir", str(tmp_path), state=tmp_path)
    assert done.returncode == 1
    assert re.search(r"^providers\.yaml:4:11: error: providers\.ours\.type: ", done.stdout, re.MULTILINE)
    assert "1 error, 0 warnings" in done.stdout
    report = json.loads(run("config", "check", "--json", "--config-dir", str(tmp_path), state=tmp_path).stdout)
    assert (report["errors"], report["warnings"]) == (1, 0)
    finding = report["diagnostics"][0]
    assert set(finding) == {"severity", "file", "line", "column", "path", "message", "fix"}
    assert (finding["severity"], finding["file"], finding["line"]) == ("error", "providers.yaml", 4)


def test_a_wrong_word_is_told_with_the_nearest(tmp_path: Path) -> None:
    done = run("statsu", state=tmp_path)
    assert done.returncode == 2
    assert "did you mean `status`?" in done.stderr


def test_the_version_is_told(tmp_path: Path) -> None:
    done = run("--version", state=tmp_path)
    assert re.fullmatch(r"ai-dashboard \d+\.\d+\.\d+\S*\n", done.stdout)


def test_the_screen_without_a_terminal_is_refused_in_words(tmp_path: Path) -> None:
    done = run("--demo", "--port", "0", state=tmp_path)
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_screen_whose_errors_go_to_a_file_is_refused_where_it_is_seen(tmp_path: Path) -> None:
    terminal, theirs = pty.openpty()
    command = [sys.executable, "-m", "ai_dashboard", "--demo", "--port", "0"]
    with (tmp_path / "errors").open("wb") as errors:
        done = subprocess.run(
            command, stdin=theirs, stdout=theirs, stderr=errors, env=environment(tmp_path), timeout=60, check=False
        )
    said = os.read(terminal, 4096).decode()
    os.close(terminal)
    os.close(theirs)
    assert (done.returncode, "needs a terminal" in said) == (2, True)
    assert (tmp_path / "errors").read_bytes() == b""


def test_attach_to_nobody_is_told(nobody: str, tmp_path: Path) -> None:
    done = run("attach", nobody, state=tmp_path)
    assert done.returncode == 1
    assert "no gateway answers at" in done.stderr
    assert "Traceback" not in done.stderr
