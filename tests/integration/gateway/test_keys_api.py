"""The admin API's part about keys and tenants, and the command that calls it, over HTTP."""

import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from ai_dashboard.config.schema.tenants import Tenant
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.gateway.keys_api import KeysApi
from ai_dashboard.telemetry.audit import Audit
from ai_dashboard.tenancy.key_book import KeyBook
from ai_dashboard.tenancy.key_homes import SqliteKeys
from ai_dashboard.tenancy.keys import digest_of
from tests.integration.gateway.admin_stage import Door, door

TENANTS = {"acme": Tenant.model_validate({"limits": "5/second", "allowed_models": "gpt-*"})}


@dataclass(frozen=True)
class House:
    door: Door
    book: KeyBook
    audit: Audit

    @property
    def http(self) -> httpx.AsyncClient:
        return self.door.http


@asynccontextmanager
async def house(folder: Path, tenants: Mapping[str, Tenant] = TENANTS) -> AsyncIterator[House]:
    clock = SystemClock()
    book = KeyBook(SqliteKeys(folder / "keys.sqlite"), clock=clock, entropy=secrets.token_bytes)
    audit = Audit(folder / "audit", clock.wall)
    async with door(KeysApi(book, lambda: tenants, audit).handlers()) as it:
        yield House(it, book, audit)


async def test_a_key_is_made_seen_once_changed_and_revoked(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        wanted = {
            "name": "ci",
            "tenant": "acme",
            "scopes": ["chat"],
            "models": ["gpt-5*"],
            "rpm": 60,
            "budget_total": 5,
        }
        made = (await home.http.post("/keys", json=wanted)).json()
        secret, key = made["secret"], made["key"]
        assert home.book.find(digest_of(secret.encode())) is not None
        assert (key["state"], key["tenant"], key["scopes"], key["limits"]["rpm"]) == ("active", "acme", ["chat"], 60)
        listed = await home.http.get("/keys")
        assert listed.json() == {"keys": [key], "trouble": ""}
        assert secret not in listed.text

        path = f"/keys/{key['id']}"
        changed = (await home.http.post(path, json={"rpm": None, "tpm": 500, "disabled": True})).json()
        assert (changed["state"], changed["name"], changed["models"]) == ("disabled", "ci", ["gpt-5*"])
        assert {name: it for name, it in changed["limits"].items() if it is not None} == {"tpm": 500, "budget_total": 5}
        assert (await home.http.post(path, json={"name": "new"})).json()["state"] == "disabled"
        assert (await home.http.get(path)).json()["name"] == "new"

        assert (await home.http.delete("/keys/new")).json()["state"] == "revoked"
        refused = await home.http.post(path, json={"disabled": False})
        assert (refused.status_code, refused.json()["error"]["message"]) == (400, f"{key['id']} is revoked for good")


async def test_every_change_is_on_record_and_no_secret_is(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        made = (await home.http.post("/keys", json={"name": "ci"})).json()
        key_id = made["key"]["id"]
        await home.http.post(f"/keys/{key_id}", json={"rpm": 5})
        await home.http.delete(f"/keys/{key_id}")
        entries = home.audit.newest(10)
        assert [(it.what, it.subject) for it in entries] == [
            ("key.create", key_id),
            ("key.change", key_id),
            ("key.revoke", key_id),
        ]
        assert entries[1].after == "tenant default; scopes chat+read; models all; providers all; rpm 5; active"
        assert made["secret"] not in repr(entries)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"tenant": "a b"}, "tenant"),
        ({"tenant": "a}{b"}, "tenant"),
        ({"scopes": ["everything"]}, "scopes.0"),
        ({"scopes": []}, "scopes"),
        ({"rpm": 0}, "rpm"),
        ({"rpm": "many"}, "rpm"),
        ({"budget_total": -1}, "budget_total"),
        ({"models": [""]}, "models.0"),
        ({"name": "x" * 101}, "name"),
        ({"secret": "sk-aid-mine"}, "secret"),
        ({"expires_at": 1.0}, "expired already"),
    ],
)
async def test_what_a_key_cannot_be_is_said(tmp_path: Path, body: dict[str, object], place: str) -> None:
    async with house(tmp_path) as home:
        refused = await home.http.post("/keys", json=body)
        assert refused.status_code == 400
        assert place in refused.json()["error"]["message"]
        assert len(home.book) == 0


async def test_keys_that_are_not_there_and_keys_that_cannot_be_written(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        assert (await home.http.get("/keys/nobody")).status_code == 404
        assert (await home.http.delete("/keys/nobody")).json()["error"]["code"] == "key_not_found"
        (tmp_path / "keys.sqlite").write_bytes(b"no database" * 100)
        refused = await home.http.post("/keys", json={})
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "keys_unreadable")


async def test_tenants_are_shown_with_what_holds_for_them(tmp_path: Path) -> None:
    async with house(tmp_path, {**TENANTS, "*": Tenant.model_validate({"max_concurrent": 2})}) as home:
        listed = (await home.http.get("/tenants")).json()["tenants"]
        assert [it["name"] for it in listed] == ["acme", "*"]
        [limit] = listed[0]["limits"]
        assert (limit["counts"], limit["rate"]) == ("requests", {"amount": 5, "seconds": 1.0, "burst": 5})
        other = (await home.http.get("/tenants/somebody")).json()
        assert (other["listed"], other["limits"][0]["most"]) == (False, 2)
        assert (await home.http.get("/tenants/%7B%7D")).status_code == 404


async def test_the_command_prints_a_key_once_and_for_pipes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with house(tmp_path) as home:
        assert await home.door.command("keys", "list") == 0
        assert "there are no keys" in capsys.readouterr().out
        made = ["keys", "create", "ci", "--tenant", "acme", "--model", "gpt-5*", "--rpm", "60", "--expires", "30d"]
        assert await home.door.command(*made) == 0
        told = capsys.readouterr()
        secret = told.out.strip()
        assert home.book.find(digest_of(secret.encode())) is not None
        assert "models     gpt-5*" in told.err
        assert secret not in told.err
        assert await home.door.command("keys", "list") == 0
        assert f"ci  {secret[:7]}…{secret[-4:]}  acme  rpm 60" in capsys.readouterr().out
        assert await home.door.command("keys", "show", "ci", "--json") == 0
        assert json.loads(capsys.readouterr().out)["limits"]["rpm"] == 60
        assert await home.door.command("keys", "revoke", "ci") == 0
        assert "✗ revoked" in capsys.readouterr().out
        assert await home.door.command("keys", "revoke", "nobody") == 1
        assert "there is no key 'nobody'" in capsys.readouterr().err
