"""Who may come in and what they may, end to end: keys, the master key, signed tokens, tenants, in every dialect."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import jwt
import pytest

from ai_dashboard.config.load import Config, Loaded
from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.config.schema.regions import MultiRegion
from tests.contract.callers.anthropic import Anthropic
from tests.contract.callers.base import Caller, Door, Wish
from tests.contract.callers.google import Google
from tests.contract.callers.ollama import Ollama
from tests.contract.callers.openai_chat import OpenAIChat
from tests.contract.callers.openai_responses import OpenAIResponses
from tests.integration.gateway.crew import all_know_of_all, crew
from tests.integration.gateway.scene import ADMIN, WHOLE, House, Play, error_of, house, playing, reply, until
from tests.integration.gateway.till import Held, records, seven
from tests.valkey import Valkey, valkey

CLIENTS: tuple[Callable[[Door], Caller], ...] = (OpenAIChat, OpenAIResponses, Anthropic, Google, Ollama)
MASTER = "the-master-key"
SECRET = "a-secret-of-thirty-two-bytes-or-more"
JWT = {"auth": {"jwt": {"algorithm": "HS256", "secret": SECRET}}}


@pytest.fixture
def redis() -> Iterator[Valkey]:
    with valkey() as server:
        yield server


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


async def key(home: House, **rights: object) -> str:
    """A new key with such rights."""
    response = await home.http.post("/api/admin/keys", json={"name": "one", **rights}, headers=ADMIN)
    assert response.status_code == 200, response.text
    secret = response.json()["secret"]
    assert isinstance(secret, str)
    return secret


async def chat(home: House, secret: str, **fields: object) -> httpx.Response:
    return await home.chat(stream=False, headers=bearer(secret), **fields)


def refusal(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, error_of(response)["code"]


# ── who comes in ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_without_any_key_whoever_is_here_may_call_and_nobody_may_operate() -> None:
    async with house({"a": Play(seven)}) as home:
        assert (await home.chat(stream=False)).status_code == 200
        assert (await chat(home, "whatever-an-sdk-sends")).status_code == 200
        assert (await home.http.get("/v1/models")).status_code == 200
        assert (await home.http.get("/api/admin/keys")).status_code == 401
        assert {it.tenant for it in await records(home, 2)} == {"default"}


async def test_as_soon_as_there_is_a_key_everybody_needs_one_and_revoking_it_opens_nothing() -> None:
    async with house({"a": Play(seven)}) as home:
        secret = await key(home)
        assert refusal(await home.chat(stream=False)) == (401, "invalid_api_key")
        assert (await chat(home, secret)).status_code == 200
        assert (await home.http.delete("/api/admin/keys/one", headers=ADMIN)).json()["state"] == "revoked"
        assert refusal(await chat(home, secret)) == (401, "invalid_api_key")
        assert refusal(await home.chat(stream=False)) == (401, "invalid_api_key")


@pytest.mark.parametrize("client", CLIENTS)
async def test_official_clients_come_in_with_a_key_and_understand_why_not(client: Callable[[Door], Caller]) -> None:
    async with house({"a": Play(seven)}) as home:
        secret, reader = await key(home), await key(home, name="reader", scopes=["read"])
        narrow = await key(home, name="narrow", models=["other*"])
        for presented, status in ((secret, 200), ("sk-aid-of-somebody-else", 401), (reader, 403), (narrow, 403)):
            caller = client(Door(home.url, presented))
            if status == 200:
                assert (await caller.ask(Wish("m", max_tokens=7))).text == "Hello"
            else:
                with pytest.raises(caller.errors[status]) as raised:
                    await caller.ask(Wish("m", max_tokens=7))
                assert caller.status_of(raised.value) == status
            await caller.close()


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"authorization": "Bearer {}"}, ""),
        ({"authorization": "bearer {}"}, ""),
        ({"x-api-key": "{}"}, ""),
        ({"x-goog-api-key": "{}"}, ""),
        ({}, "?key={}"),
    ],
)
async def test_a_key_may_be_where_any_client_has_it(headers: dict[str, str], query: str) -> None:
    ask = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
    async with house({"a": Play(seven)}) as home:
        secret = await key(home)
        for brought, status in ((secret, 200), (secret[:-1] + "x", 401)):
            path = f"/v1beta/models/m:generateContent{query.format(brought)}"
            given = {name: text.format(brought) for name, text in headers.items()}
            assert (await home.http.post(path, json=ask, headers=given)).status_code == status
        told = await records(home, 1)
        assert secret not in repr(told)


async def test_scopes_open_what_they_say() -> None:
    doors = {
        "chat": ("POST", "/v1/chat/completions"),
        "read": ("GET", "/v1/models"),
        "admin": ("GET", "/api/admin/keys"),
    }
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    async with house({"a": Play(seven)}) as home:
        for scope in doors:
            secret = await key(home, name=scope, scopes=[scope])
            for name, (method, path) in doors.items():
                sent = {"json": body} if method == "POST" else {}
                response = await home.http.request(method, path, headers=bearer(secret), **sent)  # type: ignore[arg-type]
                assert response.status_code == (200 if name == scope else 403), (scope, name)
                if name != scope:
                    assert error_of(response)["message"].startswith(f"this key does not have the scope `{name}`")


async def test_a_key_ends_when_it_says() -> None:
    async with house({"a": Play(seven)}) as home:
        secret = await key(home, expires_at=time.time() + 0.3)
        assert (await chat(home, secret)).status_code == 200
        async with asyncio.timeout(2):
            while (response := await chat(home, secret)).status_code == 200:
                pass
        assert error_of(response)["message"].startswith("this key has expired")


async def test_the_master_key_opens_models_and_not_the_admin_api() -> None:
    async with house({"a": Play(seven)}, settings={"auth": {"master_key": MASTER}}) as home:
        assert refusal(await home.chat(stream=False)) == (401, "invalid_api_key")
        assert (await chat(home, MASTER)).status_code == 200
        assert (await home.http.get("/v1/models", headers=bearer(MASTER))).status_code == 200
        assert (await home.http.get("/api/admin/keys", headers=bearer(MASTER))).status_code == 401
        assert (await records(home, 1))[0].key_id == "master"


async def test_signed_tokens_bring_their_tenant_and_their_role() -> None:
    def token(secret: str = SECRET, **claims: object) -> str:
        return jwt.encode({"exp": time.time() + 60, "sub": "ada", **claims}, secret, "HS256")

    async with house({"a": Play(seven)}, settings=JWT) as home:
        assert (await chat(home, token(tenant="acme"))).status_code == 200
        assert (await chat(home, token(exp=time.time() - 60))).status_code == 401
        assert (await chat(home, token("another-secret-of-thirty-two-bytes"))).status_code == 401
        assert (await home.chat(stream=False)).status_code == 401
        (record,) = await records(home, 1)
        assert (record.tenant, record.key_id) == ("acme", "jwt:ada")
        assert (await home.http.get("/api/admin/keys", headers=bearer(token(tenant="acme")))).status_code == 403
        assert (await home.http.get("/api/admin/keys", headers=bearer(token(role="admin")))).status_code == 200


# ── what they may ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_key_asks_for_the_models_that_it_may() -> None:
    async with house({"a": Play(seven)}, entries={"a": {"models": ["m", "n"]}}) as home:
        secret = await key(home, models=["m*"])
        assert (await chat(home, secret)).status_code == 200
        assert (await chat(home, secret, model="a/m")).status_code == 200
        assert refusal(await chat(home, secret, model="n")) == (403, "model_not_allowed")
        refused = (await records(home, 3))[2]
        assert (refused.tenant, refused.status, refused.attempts) == ("default", 403, ())
        assert refused.key_id.startswith("k")


ASKS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/v1/chat/completions", {}),
    "ensemble": ("/v1/chat/completions", {"ensemble": {"models": 2, "merge": "longest"}}),
    "unified": ("/api/ai/chat", {}),
    "unified, at the other": ("/api/ai/chat", {"provider": "theirs"}),
    "unified ensemble, at the other": ("/api/ai/chat", {"provider": "theirs", "ensemble": {"models": ["m"]}}),
    "fallback named by the caller": ("/api/ai/chat", {"fallback": ["theirs"]}),
    "batch": ("/v1/chat/batch", {"requests": [{"model": "m", "messages": [{"role": "user", "content": "Hi"}]}]}),
    "at the other by name": ("/v1/chat/completions", {"model": "theirs/m"}),
    "count": ("/v1/messages/count_tokens", {}),
    "service": ("/v1/moderations", {"input": "Hi"}),
}


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
async def test_nothing_of_a_request_reaches_a_provider_that_its_key_may_not_use(
    ask: tuple[str, dict[str, Any]],
) -> None:
    ours, theirs = Play(reply(500, b"{}")), Play(seven)
    kinds = {"ours": {"type": "openai"}, "theirs": {"type": "openai"}}
    if ask[0].endswith("count_tokens"):
        kinds["theirs"] = {"type": "anthropic"}
    async with house({"theirs": theirs, "ours": ours}, entries=kinds) as home:
        secret = await key(home, providers=["ours"])
        body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 5} | ask[1]
        response = await home.http.post(ask[0], json=body, headers=bearer(secret) | {"x-provider": "theirs"})
        assert "Hello" not in response.text
        assert not theirs.asked


async def test_files_that_name_no_model_stay_with_the_providers_of_the_key() -> None:
    ours, theirs = Play(reply(200, b'{"id": "ours"}')), Play(reply(200, b'{"id": "theirs"}'))
    entries = {"ours": {"type": "openai"}, "theirs": {"type": "openai"}}
    async with house({"theirs": theirs, "ours": ours}, entries=entries) as home:
        secret = await key(home, providers=["ours"])
        made = await home.http.post("/v1/fine_tuning/jobs", json={}, headers=bearer(secret))
        assert (made.status_code, made.json()) == (200, {"id": "ours"})
        other = await home.http.post("/v1/fine_tuning/jobs", json={}, headers=bearer(secret) | {"x-provider": "theirs"})
        assert (other.status_code, theirs.asked) == (404, [])


@asynccontextmanager
async def with_tenant(policy: Mapping[str, Any], **more: Any) -> AsyncIterator[tuple[House, str, Play, Play]]:  # noqa: ANN401
    """A tenant `acme` with a key, and two providers."""
    first, second = Play(seven), Play(seven)
    settings = {"tenants": {"acme": policy}} | more.pop("settings", {})
    async with house({"first": first, "second": second}, settings=settings, **more) as home:
        yield home, await key(home, tenant="acme"), first, second


async def test_a_tenant_has_preferred_providers() -> None:
    async with with_tenant({"preferred_providers": ["second"]}) as (home, secret, _, _):
        assert (await chat(home, secret)).headers["x-provider"] == "second"
        assert (await chat(home, await key(home, name="other"))).headers["x-provider"] == "first"


async def test_a_tenants_strategy_holds_where_the_request_names_none() -> None:
    prices = {"first": 10, "second": 1}
    entries = {it: {"cost_per_1k_tokens": {"m": {"input": usd, "output": usd}}} for it, usd in prices.items()}
    async with with_tenant({"strategy": "cost_optimized"}, entries=entries) as (home, secret, _, _):
        assert (await chat(home, secret)).headers["x-provider"] == "second"
        assert (await chat(home, await key(home, name="other"))).headers["x-provider"] == "first"


async def test_a_tenants_residency_stands_above_what_a_request_says() -> None:
    where = {"first": "us-east-1", "second": "eu-central-1"}
    rules = {"data_residency": {"eu": {"regions": ["eu-central-1"], "compliant_providers": ["second"]}}}
    async with playing(Play(seven)) as first, playing(Play(seven)) as second:
        entries = {
            name: {"type": "vllm", "base_url": play.address, "models": ["m"], "region": where[name]}
            for name, play in (("first", first), ("second", second))
        }
        config = Config(
            MappingProxyType(ProvidersFile.model_validate({"providers": entries}).providers),
            Mappings(),
            GatewaySettings.model_validate({"tenants": {"acme": {"residency": "eu"}}}),
            "a test",
            MultiRegion.model_validate(rules),
        )
        async with house(loaded=Loaded(config, (), None)) as home:
            secret = await key(home, tenant="acme")
            for said in ("eu", "us", ""):
                response = await home.chat(stream=False, headers=bearer(secret) | {"x-residency": said})
                assert response.headers["x-provider"] == "second"
            assert (await chat(home, await key(home, name="other"))).headers["x-provider"] == "first"


async def test_a_tenants_requests_wait_with_its_priority_unless_they_say_another() -> None:
    held, entries = Held(), {"first": {"rate_limits": {"max_concurrent": 1}}}
    settings = {"tenants": {"acme": {"priority": "high", "allowed_providers": ["first"]}}}
    async with house({"first": Play(held)}, entries=entries, settings=settings) as home, asyncio.TaskGroup() as group:
        secret, other = await key(home, tenant="acme"), await key(home, name="other")
        waiting = home.gateway.runtime.waiting
        group.create_task(chat(home, secret))
        await until(lambda: len(home.plays["first"].asked) == 1)
        for number, (name, said) in enumerate(((other, ""), (secret, ""), (secret, "low")), start=1):
            headers = bearer(name) | ({"x-priority": said} if said else {})
            group.create_task(home.chat(stream=False, headers=headers))
            await until(lambda number=number: len(waiting) == number)  # type: ignore[misc]
        (line,) = waiting.views()
        assert {name: many for name, many in line.waiting.items() if many} == {"HIGH": 1, "NORMAL": 1, "LOW": 1}
        held.open()


async def test_quotas_go_on_after_a_restart(tmp_path: Path) -> None:
    settings = {"tenants": {"acme": {"quotas": {"daily_tokens": 45, "monthly_tokens": 1000}}}}
    async with house({"a": Play(seven)}, settings=settings, state=tmp_path) as home:
        secret = await key(home, tenant="acme")
        for _ in range(3):
            assert (await chat(home, secret, max_tokens=10)).status_code == 200
    async with house({"a": Play(seven)}, settings=settings, state=tmp_path) as home:
        response = await chat(home, secret, max_tokens=10)
        assert (response.status_code, response.headers["x-ratelimit-remaining-tokens"]) == (200, "4")
        response = await chat(home, secret, max_tokens=10)
        assert refusal(response) == (429, "rate_limit_exceeded")
        assert "quota of 45 tokens a day" in error_of(response)["message"]
        assert 0 < int(response.headers["retry-after"]) <= 86400


# ── several gateways ─────────────────────────────────────────────────────────────────────────────────────────────────

HEARD_WITHIN_S = 1.0


async def refused_within(home: House, secret: str) -> float:
    """Seconds until a key is not let in any more."""
    began = asyncio.get_running_loop().time()
    async with asyncio.timeout(5):
        while (await chat(home, secret)).status_code != 401:  # noqa: ASYNC110 - it looks every half second
            await asyncio.sleep(0.01)
    return asyncio.get_running_loop().time() - began


async def closed(home: House) -> None:
    """Wait until a gateway knows that there is a key, and so lets nobody in without one."""
    await refused_within(home, "sk-aid-of-nobody")


async def test_a_key_is_revoked_within_a_second_where_the_state_folder_is_shared(tmp_path: Path) -> None:
    async with (
        house({"a": Play(seven)}, state=tmp_path) as one,
        house({"a": Play(seven)}, state=tmp_path) as other,
    ):
        secret = await key(one)
        await closed(other)
        assert (await chat(other, secret)).status_code == 200
        assert (await other.http.delete("/api/admin/keys/one", headers=ADMIN)).status_code == 200
        assert (await chat(other, secret)).status_code == 401
        assert await refused_within(one, secret) < HEARD_WITHIN_S


async def test_a_key_is_revoked_within_a_second_where_a_redis_is_shared(redis: Valkey) -> None:
    async with crew({"a": Play(reply(200, WHOLE))}, redis.url) as gateways:
        await all_know_of_all(gateways)
        secret = await key(gateways[0])
        for home in gateways:
            await closed(home)
            assert (await chat(home, secret)).status_code == 200
        assert (await gateways[1].http.delete("/api/admin/keys/one", headers=ADMIN)).status_code == 200
        took = await asyncio.gather(*(refused_within(home, secret) for home in gateways))
        assert max(took) < HEARD_WITHIN_S
