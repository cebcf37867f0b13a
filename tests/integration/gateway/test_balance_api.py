"""What is left, by the admin API and by the command."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from ai_dashboard.cli import main as cli
from ai_dashboard.core.tenancy import KeyLimits
from ai_dashboard.tenancy.keys import Wanted
from tests.integration.gateway.scene import ADMIN, ADMIN_TOKEN, WHOLE, Gate, House, Play, house, reply, until

SETTINGS: dict[str, Any] = {
    "tenants": {
        "acme": {"limits": ["5/hour", "1000 tokens/day"], "quotas": {"monthly_tokens": 5000}, "max_concurrent": 2},
        "*": {"limits": "3/minute"},
    },
    "budgets": {"total": 4, "tenants": {"acme": 1}},
}
TOLD = (
    (b"x-ratelimit-limit-requests", b"100"),
    (b"x-ratelimit-remaining-requests", b"25"),
    (b"x-ratelimit-reset-requests", b"60s"),
)
ENTRIES = {"first": {"cost_per_1k_tokens": 50}}


async def balance(home: House) -> dict[str, Any]:
    said = (await home.http.get("/api/admin/balance", headers=ADMIN)).json()
    assert isinstance(said, dict)
    return said


def left(said: dict[str, Any], scope: str, name: str) -> dict[str, tuple[int, int]]:
    """Of each limit that somebody has: what remains, and of how much."""
    return {
        it["what"]: (it["remaining"], it["limit"])
        for it in said["limits"]
        if (it["scope"], it["name"]) == (scope, name)
    }


async def key(home: House, tenant: str, **limits: int) -> tuple[str, dict[str, str]]:
    """A key's id, and the header that brings it."""
    new = await home.gateway.keeping.keys.create(Wanted(f"of {tenant}", tenant, limits=KeyLimits(**limits)))
    return new.key.id, {"authorization": f"Bearer {new.secret}"}


async def counted(home: House) -> None:
    """Wait until it is known what the provider's reply told of its limits."""
    runtime = home.gateway.runtime
    await until(lambda: any(runtime.provider("first").limits_left(runtime.look())))


async def test_what_a_request_takes_is_gone_from_all_that_it_counts_against() -> None:
    async with house({"first": Play(reply(200, WHOLE, *TOLD))}, settings=SETTINGS, entries=ENTRIES) as home:
        name, bearer = await key(home, "acme", rpm=7)
        assert left(await balance(home), "key", name) == {"requests a minute": (7, 7)}
        assert (await home.chat(stream=False, max_tokens=9, headers=bearer)).status_code == 200
        await counted(home)
        said = await balance(home)
    assert left(said, "key", name) == {"requests a minute": (6, 7)}
    assert left(said, "tenant", "acme") == {
        "requests an hour": (4, 5), "tokens a day": (990, 1000), "tokens a month": (4990, 5000), "places": (2, 2),
    }  # fmt: skip
    assert left(said, "tenant", "default") == {"requests a minute": (3, 3)}
    budgets = {(it["scope"], it["name"]): it["remaining"] for it in said["budgets"]}
    assert budgets["tenant", "acme"] == pytest.approx(0.5)
    (provider,) = said["providers"]
    assert provider["name"] == "first"
    assert [it["left"] for it in provider["limits"]] == [0.25]


async def test_asking_takes_nothing_and_what_runs_holds_its_place() -> None:
    gate = Gate()
    async with house({"first": Play(gate)}, settings=SETTINGS) as home, asyncio.TaskGroup() as group:
        _, bearer = await key(home, "acme")
        group.create_task(home.chat(headers=bearer))
        await until(lambda: home.gateway.runtime.provider("first").in_flight == 1)
        first, second = await balance(home), await balance(home)
        assert left(first, "tenant", "acme")["places"] == left(second, "tenant", "acme")["places"] == (1, 2)
        assert left(second, "tenant", "acme")["requests an hour"] == (4, 5)
        gate.open()


async def test_a_key_that_opens_nothing_any_more_has_no_balance() -> None:
    async with house({"first": Play(reply(200, WHOLE))}, settings=SETTINGS) as home:
        name, _ = await key(home, "acme", rpm=7)
        await home.gateway.keeping.keys.revoke(name)
        assert left(await balance(home), "key", name) == {}


async def test_the_command_shows_the_scarcest_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AI_DASHBOARD_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("AI_DASHBOARD_ADMIN_KEY", ADMIN_TOKEN)
    async with house({"first": Play(reply(200, WHOLE, *TOLD))}, settings=SETTINGS, entries=ENTRIES) as home:
        name, bearer = await key(home, "acme", rpm=1)
        await home.chat(stream=False, max_tokens=9, headers=bearer)
        await counted(home)

        async def command(*arguments: str) -> str:
            assert await asyncio.to_thread(cli.main, ["balance", *arguments, "--url", home.url]) == 0
            return capsys.readouterr().out

        shown = (await command()).splitlines()
        assert shown[0].startswith(f"✗ key {name}")
        assert "0 of 1 requests a minute, all again in " in shown[0]
        assert any(line.startswith("⚠ provider first") and "25% of " in line for line in shown)
        assert any("tenant acme" in line and "$0.50 of $1.00 monthly, until " in line for line in shown)
        marks = [line[0] for line in shown]
        assert marks == sorted(marks, key="✗⚠ ".index)
        assert json.loads(await command("--json"))["limits"]


async def test_where_nothing_is_limited_the_command_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AI_DASHBOARD_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("AI_DASHBOARD_ADMIN_KEY", ADMIN_TOKEN)
    async with house({"first": Play(reply(200, WHOLE))}) as home:
        assert await asyncio.to_thread(cli.main, ["balance", "--url", home.url]) == 0
        assert capsys.readouterr().out.startswith("nothing is limited")
