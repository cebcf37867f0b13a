"""`config` beside a gateway that runs on the folder: what it is asked, and what it is told to put in force."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.program import Serving, run, serving, until

pytestmark = pytest.mark.e2e

PROVIDERS = """\
# mine
providers:
  one: {type: vllm, base_url: http://127.0.0.1:9, models: [a]}   # keep
  two: {type: vllm, base_url: http://127.0.0.1:10, models: [b]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "providers.yaml").write_text(PROVIDERS)
    return folder


@pytest.fixture
def gateway(folder: Path, tmp_path: Path) -> Iterator[Serving]:
    with serving("--config-dir", str(folder), "--no-discovery", state=tmp_path) as running:
        yield running


def number(gateway: Serving) -> int:
    value: int = gateway.get("/api/admin/snapshot")[1]["config"]["number"]
    return value


def test_a_value_that_is_set_is_in_force_at_once(gateway: Serving, folder: Path) -> None:
    before = number(gateway)
    done = run("config", "set", "providers.yaml", "providers.one.models", "[a, c]", "--url", gateway.url, "--why", "c",
               state=gateway.state)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"in force at {gateway.url} as no. {before + 1}" in done.stdout
    assert (folder / "providers.yaml").read_text() == PROVIDERS.replace("[a]", "[a, c]")
    until(lambda: number(gateway) == before + 1, what="the snapshot shows it")
    kept = run("config", "backups", "--json", state=gateway.state)
    [backup] = json.loads(kept.stdout)
    assert backup["who"].startswith("admin API")
    back = run("config", "rollback", backup["id"], "--url", gateway.url, state=gateway.state)
    assert (back.returncode, (folder / "providers.yaml").read_text()) == (0, PROVIDERS)


def test_an_edit_goes_through_the_gateway(gateway: Serving, folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "editor.py"
    script.write_text(
        "import pathlib, sys\np = pathlib.Path(sys.argv[1])\np.write_text(p.read_text().replace('[b]', '[b, d]'))\n"
    )
    editor = {"EDITOR": f"{sys.executable} {script}"}
    done = run("config", "edit", "providers.yaml", "--yes", "--url", gateway.url, state=gateway.state, env=editor)
    assert done.returncode == 0, done.stderr
    assert "added model two/d" in done.stdout
    assert f"in force at {gateway.url}" in done.stdout
    assert "[b, d]" in (folder / "providers.yaml").read_text()


def test_what_if_says_what_it_means_and_what_would_go_elsewhere(gateway: Serving, folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.yaml"
    copy.write_text(PROVIDERS.replace("[a]", "[z]"))
    done = run("config", "what-if", "providers.yaml", str(copy), "--url", gateway.url, state=gateway.state)
    assert done.returncode == 0, done.stderr
    assert "added model one/z" in done.stdout
    assert "what-if: the gateway has had no request yet" in done.stdout

    asked = json.dumps({"model": "a", "messages": [{"role": "user", "content": "hi"}]})
    for _ in range(3):
        gateway_says = _post(gateway, "/v1/chat/completions", asked)
        assert gateway_says >= 500  # nobody is there; it counts as asked all the same
    done = run("config", "what-if", "providers.yaml", str(copy), "--url", gateway.url, state=gateway.state)
    assert "what-if: 3 of the last 3 requests would go elsewhere\n  a: one/a → an unknown model\n" in done.stdout
    assert (folder / "providers.yaml").read_text() == PROVIDERS

    said = run("config", "what-if", "providers.yaml", str(copy), "--json", "--url", gateway.url, state=gateway.state)
    assert json.loads(said.stdout)["what_if"]["moved"] == 3
    copy.write_text("providers: ]")
    refused = run("config", "what-if", "providers.yaml", str(copy), "--url", gateway.url, state=gateway.state)
    assert refused.returncode == 1
    assert "providers.yaml:1:12: error" in refused.stdout


def test_a_gateway_of_another_folder_is_not_told(gateway: Serving, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "providers.yaml").write_text(PROVIDERS)
    before = number(gateway)
    done = run("config", "set", "providers.yaml", "providers.one.status", "disabled", "--url", gateway.url,
               "--config-dir", str(other), state=gateway.state)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "in force" not in done.stdout
    assert "status: disabled" in (other / "providers.yaml").read_text()
    assert number(gateway) == before


def _post(gateway: Serving, path: str, body: str) -> int:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20)
    connection.request("POST", path, body, {"content-type": "application/json"})
    reply = connection.getresponse()
    reply.read()
    connection.close()
    return reply.status
