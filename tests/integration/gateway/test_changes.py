"""Whatever an operator changes by the admin API is on record: who, from where, what, and from what to what."""

from pathlib import Path
from typing import Any

import pytest

from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.telemetry.audit import Audit
from tests.integration.gateway.home import Home, home, two
from tests.integration.gateway.scene import ADMIN, until

CHANGES_NOTHING = {
    "/api/admin/config/propose": "it only says what a change would mean",
    "/api/admin/refresh": "it asks providers how they are",
    "/api/admin/cache/feedback": "there is no entry that it could be about; a hit that was wrong is no operator's word",
}

NEEDS_A_SCENE = {
    "post /api/admin/models/pull",
    "post /api/admin/models/rm",
    "post /api/admin/models/clean",
    "post /api/admin/alerts",
}
"""Their entries are held by `test_models_api.py` and `control/test_ports.py`, where there is an Ollama and an alert."""


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    return Audit(tmp_path / "audit", SystemClock().wall)


async def bodies(it: Home, key: str, backup: str) -> dict[str, tuple[str, Any]]:
    """By method and path of every route that changes something: where that is asked, and with what."""
    file = {"file": "providers.yaml", "text": it.providers("a"), "base": await it.hash()}
    return {
        "post /api/admin/providers/{name}/{action}": ("providers/a/drain", {}),
        "post /api/admin/services/{provider}/{action}": ("services/a/restart", {}),
        "post /api/admin/refresh": ("refresh", {}),
        "post /api/admin/config/propose": ("config/propose", file),
        "post /api/admin/config/commit": ("config/commit", file),
        "post /api/admin/config/rollback": ("config/rollback", {"id": backup}),
        "post /api/admin/config/reload": ("config/reload", {}),
        "post /api/admin/cache/invalidate": ("cache/invalidate", {"all": True}),
        "post /api/admin/cache/clear-expired": ("cache/clear-expired", {}),
        "post /api/admin/queue/clear-expired": ("queue/clear-expired", {}),
        "post /api/admin/cache/feedback": ("cache/feedback", {"entry": "none"}),
        "post /api/admin/budget": ("budget", {"budget_limit": 50}),
        "post /api/admin/keys": ("keys", {"name": "ci"}),
        "post /api/admin/keys/{id}": (f"keys/{key}", {"rpm": 9}),
        "delete /api/admin/keys/{id}": (f"keys/{key}", None),
    }


async def test_every_route_that_changes_something_leaves_an_entry(tmp_path: Path, audit: Audit) -> None:
    (tmp_path / "config").mkdir()
    async with home(tmp_path / "config", two(), "a", audit=audit) as it:
        await until(lambda: bool(audit.newest(1)))  # its start is on record
        document = (await it.http.get("/api/admin/openapi.json", headers=ADMIN)).json()
        made = await it.http.post("/api/admin/keys", headers=ADMIN, json={"name": "other"})
        await it.commit(it.providers("a", "b"))
        backup = (await it.admin("backups")).json()[0]["id"]
        known = await bodies(it, made.json()["key"]["id"], backup)
        routes = {
            f"{method} {path}"
            for path, methods in document["paths"].items()
            for method in methods
            if path.startswith("/api/admin/") and method != "get"
        }
        assert routes == set(known) | NEEDS_A_SCENE
        for route in known:
            path, body = known[route]
            before = audit.newest(1)[0].seq
            method = route.partition(" ")[0].upper()
            reply = await it.http.request(method, f"/api/admin/{path}", headers=ADMIN, json=body)
            entries = [entry for entry in audit.newest(10) if entry.seq > before]
            if route.partition(" ")[2] in CHANGES_NOTHING:
                assert entries == [], route
            else:
                assert reply.is_success, (route, reply.text)
                assert [entry.where for entry in entries] == ["127.0.0.1"], route
                assert "admin" in entries[0].who, route


async def test_a_budget_is_on_record_with_what_it_was_before(tmp_path: Path, audit: Audit) -> None:
    (tmp_path / "config").mkdir()
    async with home(tmp_path / "config", two(), "a", settings="budgets: {total: 4}\n", audit=audit) as it:
        await it.http.post("/api/admin/budget", headers=ADMIN, json={"budget_limit": 50})
        entry = next(it for it in audit.newest(10) if it.what == "budget.set")
    assert (entry.what, entry.who, entry.before, entry.after) == ("budget.set", "admin", "4.0", "50.0")
