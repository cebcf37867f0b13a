"""The admin API's part about the cache, and the command that calls it, over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

from ai_dashboard.cli import main as cli
from ai_dashboard.config.schema.cache import CacheSettings
from ai_dashboard.core.errors import GatewayError
from ai_dashboard.gateway.cache_api import CacheApi
from ai_dashboard.gateway.caching import Caching
from ai_dashboard.transport.http1 import Exchange, Server
from tests.integration.cache.homes import Turned
from tests.integration.gateway.caching_stage import COST, chat, keeping
from tests.integration.gateway.scene import ADMIN, until
from tests.integration.gateway.test_caching import SEMANTIC, Embedder, answered, asking, hit


@dataclass(frozen=True)
class House:
    """What has a cache, and a client at its door."""

    caching: Caching
    http: httpx.AsyncClient
    url: str

    async def command(self, *arguments: str) -> int:
        """`ai-dashboard cache …`, in a thread of its own, as it waits for the reply."""
        return await asyncio.to_thread(cli.main, ["cache", *arguments, "--url", self.url])


@dataclass(frozen=True)
class Cached:
    caching: Caching


@asynccontextmanager
async def house(**settings: object) -> AsyncIterator[House]:
    written = CacheSettings.model_validate({"enabled": True, "semantic": SEMANTIC, **settings})
    caching = Caching(written, Turned(), embed_via=Embedder(), env={})
    handlers = {f"/api/admin/cache/{name}": handler for _, name, handler in CacheApi(Cached(caching)).handlers()}

    async def handle(exchange: Exchange) -> None:
        try:
            await handlers[exchange.path](exchange)
        except GatewayError as error:
            body = json.dumps({"error": {"message": error.message, "code": error.code}}).encode()
            exchange.reply(error.status, [(b"content-type", b"application/json")], body)

    async with Server(handle) as server:
        host, port = await server.listen("127.0.0.1", 0)
        url = f"http://{host}:{port}"
        async with httpx.AsyncClient(base_url=f"{url}/api/admin/cache", trust_env=False) as http:
            yield House(caching, http, url)


async def test_figures_are_told_field_for_field() -> None:
    async with house() as home:
        await answered(home.caching, asking("boil an egg"))
        await hit(home.caching, asking("boil an egg"))
        told = (await home.http.get("/stats")).json()
        assert (told["enabled"], told["exact"]["hits"], told["exact"]["entries"]) == (True, 1, 1)
        assert (told["semantic"]["embedder"], told["saved_s"], told["saved_usd"]) == ("hashing", 2.0, 0.25)


async def test_answers_are_forgotten_and_it_has_to_be_said_which() -> None:
    async with house() as home:
        await answered(home.caching, asking("boil an egg"))
        told = await home.http.post("/invalidate", json={"model": "m"})
        assert told.json() == {"exact": 1, "semantic": 1, "complete": True}
        for body in ({}, {"all": True, "model": "m"}, {"everything": True}, {"all": "yes"}):
            assert (await home.http.post("/invalidate", json=body)).status_code == 400
        assert (await home.http.post("/invalidate", json={"all": True})).json()["exact"] == 0


async def test_what_is_expired_is_cleared() -> None:
    async with house() as home:
        await answered(home.caching, asking("boil an egg"))
        assert (await home.http.post("/clear-expired")).json() == {"exact": 0, "semantic": 0}
        clock = home.caching.clock
        assert isinstance(clock, Turned)
        clock.ahead += 3_600
        assert (await home.http.post("/clear-expired")).json() == {"exact": 1, "semantic": 1}
        assert (await home.http.get("/stats")).json()["exact"]["entries"] == 0


async def test_a_bad_hit_is_taken_back() -> None:
    async with house() as home:
        await answered(home.caching, asking("How do I boil an egg?"))
        head = (await hit(home.caching, asking("How do you boil an egg?"))).head
        entry = dict(line.split(b": ") for line in head.split(b"\r\n") if line)[b"x-cache-entry"].decode()
        told = await home.http.post("/feedback", json={"entry": entry, "similarity": 0.9})
        assert told.json() == {"entry": entry, "threshold": pytest.approx(0.92)}
        assert (await home.http.post("/feedback", json={"entry": entry})).status_code == 404
        assert (await home.http.post("/feedback", json={"entry": entry, "similarity": 7})).status_code == 400


async def test_the_command_says_what_the_cache_does_and_makes_it_forget(capsys: pytest.CaptureFixture[str]) -> None:
    async with house() as home:
        await answered(home.caching, asking("boil an egg"))
        await hit(home.caching, asking("boil an egg"))
        assert await home.command() == 0
        said = capsys.readouterr().out
        assert "1 hits of 2 (50 %)" in said
        assert "saved     2.0 s, $0.2500" in said
        assert await home.command("--json") == 0
        assert json.loads(capsys.readouterr().out)["exact"]["hits"] == 1
        assert await home.command("invalidate", "--tenant", "acme") == 0
        assert "forgotten: 1 exact, 1 semantic" in capsys.readouterr().out
        assert await home.command("clear-expired") == 0
        assert "forgotten: 0 exact, 0 semantic" in capsys.readouterr().out
        assert await home.command("feedback", "nobody") == 1
        assert "there is no entry 'nobody'" in capsys.readouterr().err


async def test_a_gateway_shows_what_its_cache_did_at_a_glance_and_step_by_step() -> None:
    async with keeping() as (home, _script):
        for prompt in ("one", "one", "one", "two"):
            await chat(home, prompt)
        await until(lambda: home.gateway.snapshot().cache.hit_ratio == 0.5)
        gauge = home.gateway.snapshot().cache
        assert (gauge.enabled, gauge.entries, gauge.trend[-1]) == (True, 2, 0.5)
        assert gauge.saved_usd == pytest.approx(2 * COST)
        told = (await home.http.get("/api/admin/cache/history", params={"window": "5m"}, headers=ADMIN)).json()
        assert [sum(step[name] for step in told["steps"]) for name in ("exact", "semantic", "missed")] == [2, 0, 2]
        assert told["saved_usd"] == pytest.approx(2 * COST)
        assert told["figures"]["exact"]["hits"] == 2
