"""The request log of the program as people run it: what ends it, what a crash costs, who may read it with what."""

import csv
import http.client
import io
import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ai_dashboard.cli import main as cli
from tests.e2e.program import PATIENCE_S, PROGRAM, Serving, environment, serving, until
from tests.e2e.provider import Provider, providing

pytestmark = pytest.mark.e2e

LOST_S = 1.0
"""So long before a crash a request that was answered may be missing."""

CONFIG = """
providers:
  ours: {{type: openai_compatible, base_url: "{address}/v1", models: [m, cut, boom], cost_per_1k_tokens: 0.5}}
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing() as it:
        yield it


@pytest.fixture
def state(provider: Provider, tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "providers.yaml").write_text(CONFIG.format(address=provider.address))
    return tmp_path


def ask(running: Serving, model: str = "m", *, stream: bool = False) -> tuple[str, float]:
    """The id of a request over a connection of its own, and when it was answered."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=PATIENCE_S)
    body = {"model": model, "messages": [{"role": "user", "content": "Hi"}], "stream": stream}
    connection.request("POST", "/v1/chat/completions", json.dumps(body), {"content-type": "application/json"})
    reply = connection.getresponse()
    reply.read()
    connection.close()
    return str(reply.headers["x-request-id"]), time.monotonic()


def written(state: Path) -> list[str]:
    """The ids in the file, which has to be sound."""
    file = sqlite3.connect(state / "state" / "requests.sqlite")
    assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    found = [row[0] for row in file.execute("SELECT id FROM requests ORDER BY number")]
    file.close()
    return found


def test_the_log_is_shown_filtered_followed_and_exported(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AI_DASHBOARD_STATE_DIR", str(state / "state"))
    with serving("--no-discovery", state=state) as running:
        ids = [ask(running, "m")[0], ask(running, "m", stream=True)[0], ask(running, "cut", stream=True)[0]]
        until(lambda: running.get("/api/admin/log/state")[1]["rows"] == 3, what="three rows")

        def requests(*arguments: str) -> str:
            assert cli.main(["requests", *arguments, "--url", running.url]) == 0
            return capsys.readouterr().out

        assert [json.loads(line)["id"] for line in requests("--since", "1h", "--json").splitlines()] == ids
        shown = requests("--filter", "stage:cut")
        assert (shown.count("\n"), shown[0], ids[2][:8] in shown) == (1, "✂", True)
        table = list(csv.DictReader(io.StringIO(requests("--export", "csv"))))
        assert [(row["id"], row["status"], row["stage"]) for row in table] == [
            (ids[0], "200", "done"), (ids[1], "200", "done"), (ids[2], "200", "cut"),
        ]  # fmt: skip
        assert float(table[0]["cost"]) == pytest.approx(0.005)
        archive = json.loads(requests("--export", "har", "--filter", "stream:yes"))
        assert [entry["_id"] for entry in archive["log"]["entries"]] == ids[1:]
        following = subprocess.Popen(
            [*PROGRAM, "requests", "-n", "1", "--follow", "--json", "--url", running.url],
            env=environment(state),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert following.stdout is not None
        assert json.loads(following.stdout.readline())["id"] == ids[2]
        new = ask(running, "m")[0]
        assert json.loads(following.stdout.readline())["id"] == new
        following.send_signal(signal.SIGINT)
        assert following.wait(PATIENCE_S) == 130
        following.stdout.close()


def test_a_gateway_that_is_told_to_end_loses_no_row(state: Path) -> None:
    with serving("--no-discovery", state=state) as running, ThreadPoolExecutor(8) as callers:
        ids = [name for name, _ in callers.map(lambda _: ask(running), range(100))]
        running.end(signal.SIGTERM)
    assert sorted(written(state)) == sorted(ids)


def test_a_crash_loses_what_came_in_within_a_second_and_never_the_file(state: Path) -> None:
    with serving("--no-discovery", state=state) as running:
        answered = []
        began = time.monotonic()
        while time.monotonic() - began < 1.5 * LOST_S:
            answered.append(ask(running))
        running.end(signal.SIGKILL)
        died = time.monotonic()
    kept = written(state)
    safe = [name for name, at in answered if at < died - LOST_S]
    assert safe
    assert kept[: len(safe)] == safe
    with serving("--no-discovery", state=state) as running:
        last, _ = ask(running)
        running.end(signal.SIGTERM)
    assert written(state) == [*kept, last]


def test_workers_write_into_one_file(state: Path) -> None:
    with serving("--no-discovery", "--workers", "2", state=state) as running, ThreadPoolExecutor(8) as callers:
        ids = [name for name, _ in callers.map(lambda _: ask(running), range(60))]
        seen = {running.get("/api/admin/snapshot")[1]["gateway"]["pid"] for _ in range(20)}
        assert len(seen) == 2
        until(lambda: running.get("/api/admin/log/state")[1]["rows"] == len(ids), what="all rows at any worker")
        running.end(signal.SIGTERM)
    assert sorted(written(state)) == sorted(ids)
