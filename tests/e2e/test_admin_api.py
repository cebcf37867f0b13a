"""The description of the API, held against a demo with visitors at its door."""

import json
from pathlib import Path

import httpx
import pytest

from tests.e2e.program import serving, until
from tests.openapi import asks, check, values

pytestmark = pytest.mark.e2e

NOT_HERE = {"/api/admin/audit", "/api/admin/config/backup"}
"""A demo keeps no audit log, and nobody has changed its files."""


def test_a_demo_answers_as_it_is_described(tmp_path: Path) -> None:
    with serving("--demo", state=tmp_path) as running:
        until(lambda: running.get("/api/admin/log/state")[1]["rows"] > 0, what="a visitor's row")
        token = (tmp_path / "state" / "admin-token").read_text()
        with httpx.Client(
            base_url=running.url, headers={"authorization": f"Bearer {token}"}, timeout=10, trust_env=False
        ) as http:
            document = http.get("/api/admin/openapi.json").json()
            row = http.get("/api/admin/log?limit=1").json()["requests"][0]
            made = http.post("/api/admin/keys", json={"name": "ci", "tenant": "acme", "rpm": 9}).json()
            known = values(
                request=row["id"], backup="none", key=made["key"]["id"], provider="demo-vllm", model="qwen3-32b"
            )
            answered = dict[str, int]()
            for path, ask in asks(document, known):
                reply = http.get(ask)
                if reply.headers["content-type"] == "application/json":
                    check(document, path, reply.status_code, json.loads(reply.content))
                answered[path] = reply.status_code
    # Services are whatever a provider makes of them.
    ours = {path for path, methods in document["paths"].items() if "get" in methods and not _is_service(methods["get"])}
    assert {path for path in ours if answered[path] != 200} == NOT_HERE


def _is_service(operation: dict[str, object]) -> bool:
    responses = operation["responses"]
    assert isinstance(responses, dict)
    return "*/*" in responses["200"].get("content", {})
