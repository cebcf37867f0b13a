"""The export in front of a real LiteLLM. Needs its program: `LITELLM=/path/to/litellm`."""

import http.client
import json
import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.program import environment, run, until

pytestmark = pytest.mark.e2e

LITELLM = os.environ.get("LITELLM", "")
KEY = "sk-0123456789abcdef0123456789abcdef"
SHIPPED = Path(__file__).parents[2] / "config"
OLDER_FORM = Path(__file__).parents[1] / "unit" / "config" / "older_form"
STARTS_WITHIN_S = 120.0


@pytest.mark.skipif(not LITELLM, reason="$LITELLM does not name LiteLLM's program")
@pytest.mark.parametrize("source", [SHIPPED, OLDER_FORM], ids=["shipped", "older"])
def test_litellm_starts_with_it_and_lists_every_model(source: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(source, tmp_path / "config"))
    assert run("config", "export-litellm", state=tmp_path).returncode == 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    listed = json.loads(run("config", "show", "--json", state=tmp_path).stdout)["settings"]
    wanted = {it["value"] for it in listed if it["path"].endswith(".name") and ".models." in it["path"]}
    keys = {"LITELLM_MASTER_KEY": KEY, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [LITELLM, "--config", str(folder / "litellm-unified.yaml"), "--port", str(port), "--host", "127.0.0.1"],
            env=environment(tmp_path) | keys,
            cwd=tmp_path,
            stdout=log,
            stderr=log,
        )
    try:
        until(lambda: _get(port, "/health/liveliness") is not None, within_s=STARTS_WITHIN_S, what="LiteLLM answers")
        names = {model["id"] for model in (_get(port, "/v1/models") or {"data": []})["data"]}
    finally:
        process.kill()
        process.wait()
    inactive = {"your-model", "the-name-it-was-given", "solidrust/dolphin-2.8-mistral-7b-v02-AWQ"}
    assert wanted - inactive <= names
    assert "Traceback" not in (tmp_path / "log").read_text()


def _get(port: int, path: str) -> Any:  # noqa: ANN401 - whatever LiteLLM says
    """JSON of a GET; None where nobody answers yet."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"authorization": f"Bearer {KEY}"})
        reply = connection.getresponse()
        return json.loads(reply.read()) if reply.status == 200 else None
    except OSError:
        return None
    finally:
        connection.close()
