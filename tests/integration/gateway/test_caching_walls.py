"""Whose answers are given to whom: never another tenant's, another residency group's, or those of somebody who may not
be asked any more."""

import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pytest

from ai_dashboard.config.load import Config, Loaded
from ai_dashboard.config.schema import GatewaySettings, Mappings, MultiRegion, ProvidersFile
from ai_dashboard.gateway.generation import build_generation
from ai_dashboard.tenancy.keys import Wanted
from tests.integration.gateway.caching_stage import Numbered, cache_of, chat, forget, text_of
from tests.integration.gateway.scene import ADMIN, House, Play, house, playing

TENANTS = ("acme", "bolt", "default")
GROUPS = ("", "eu", "us")
SEMANTIC = {"enabled": True, "embedder": "hashing", "threshold": 0.5}
RULES: Mapping[str, Any] = {
    "eu": {"regions": ["eu-west"], "strict": True},
    "us": {"regions": ["us-east"], "strict": True},
}


@dataclass
class Walls:
    """A gateway in front of one provider in Europe and another one in America, and a key for each tenant."""

    home: House
    scripts: Mapping[str, Numbered]
    addresses: Mapping[str, str]
    keys: Mapping[str, str]

    async def key(self, tenant: str, providers: Sequence[str] = ()) -> str:
        made = await self.home.gateway.keeping.keys.create(Wanted(tenant=tenant, providers=tuple(providers)))
        return made.secret

    def reconfigure(self, **changes: Any) -> None:  # noqa: ANN401 - sections of files
        gateway = self.home.gateway
        gateway.adopt(build_generation(gateway.generation.number + 1, config(self.addresses, **changes)))

    @property
    def given(self) -> int:
        return sum(script.given for script in self.scripts.values())


def config(
    addresses: Mapping[str, str],
    *,
    rules: Mapping[str, Any] = RULES,
    semantic: bool = False,
    tenants: Mapping[str, Any] | None = None,
    disabled: str = "",
    mappings: Mapping[str, Any] | None = None,
) -> Config:
    """A configuration of both providers: `european` answers in eu-west, `american` in us-east, both promise to stay."""
    regions = {"european": "eu-west", "american": "us-east"}
    entries = {
        name: {
            "type": "vllm",
            "base_url": address,
            "models": ["m"],
            "region": regions[name],
            "status": "disabled" if name == disabled else "active",
        }
        for name, address in addresses.items()
    }
    places = {name: {"data_residency_support": True} for name in addresses}
    cache = {"enabled": True, "semantic": SEMANTIC if semantic else {"enabled": False}}
    settings = {
        "health": {"interval_s": 3600, "attempts": 1, "timeout_s": 2},
        "retries": {"max": 0},
        "cache": cache,
        "tenants": dict(tenants or {}),
    }
    return Config(
        MappingProxyType(ProvidersFile.model_validate({"providers": entries}).providers),
        Mappings.model_validate(dict(mappings or {})),
        GatewaySettings.model_validate(settings),
        "a test",
        MultiRegion.model_validate({"provider_regions": places, "data_residency": dict(rules)}),
    )


@asynccontextmanager
async def walls(**said: Any) -> AsyncIterator[Walls]:  # noqa: ANN401 - what `config` takes
    async with AsyncExitStack() as stack:
        scripts = {"european": Numbered(), "american": Numbered()}
        addresses = {
            name: (await stack.enter_async_context(playing(Play(script)))).address for name, script in scripts.items()
        }
        home = await stack.enter_async_context(house(loaded=Loaded(config(addresses, **said), (), None)))
        made = Walls(home, scripts, addresses, {})
        made.keys = {tenant: await made.key(tenant) for tenant in TENANTS}
        yield made


def within(group: str) -> dict[str, str]:
    return {"x-residency": group} if group else {}


@pytest.mark.parametrize("semantic", [False, True], ids=["the same words", "the same meaning"])
async def test_no_tenant_and_no_group_is_ever_given_another_s_answer(semantic: bool) -> None:
    async with walls(semantic=semantic) as made:
        scopes = [*itertools.product(TENANTS, GROUPS)]
        heard: dict[tuple[str, str], str] = {}
        for tenant, group in scopes:
            first = await chat(made.home, "How do I boil an egg?", key=made.keys[tenant], headers=within(group))
            assert cache_of(first) == "miss", (tenant, group)
            heard[tenant, group] = f"{first.headers['x-provider']} {text_of(first)}"
        assert made.given == len(scopes) == len(set(heard.values()))
        asked = "How do you boil an egg?" if semantic else "How do I boil an egg?"
        for tenant, group in (*reversed(scopes), *scopes):
            again = await chat(made.home, asked, key=made.keys[tenant], headers=within(group))
            assert cache_of(again) == ("semantic" if semantic else "hit")
            assert f"{again.headers['x-provider']} {text_of(again)}" == heard[tenant, group]
        assert made.given == len(scopes)


async def test_two_keys_of_a_tenant_share_answers_unless_one_of_them_may_not_ask_who_made_them() -> None:
    async with walls(rules={}) as made:
        one, other = await made.key("acme"), await made.key("acme")
        narrow = await made.key("acme", ["american"])
        first = await chat(made.home, key=one)
        assert (cache_of(first), first.headers["x-provider"]) == ("miss", "european")
        for _ in range(2):
            assert cache_of(await chat(made.home, key=other)) == "hit"
        for cache in ("miss", "hit"):
            told = await chat(made.home, key=narrow)
            assert (cache_of(told), told.headers["x-provider"]) == (cache, "american")
        told = await chat(made.home, key=one)
        assert (cache_of(told), told.headers["x-provider"]) == ("hit", "european")


async def test_a_tenant_s_answers_are_forgotten_and_nobody_else_s() -> None:
    async with walls(rules={}) as made:
        for tenant in TENANTS:
            await chat(made.home, key=made.keys[tenant])
        assert (await forget(made.home, tenant="acme"))["exact"] == 1
        found = [cache_of(await chat(made.home, key=made.keys[tenant])) for tenant in TENANTS]
        assert found == ["miss", "hit", "hit"]


CHANGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("switched off", {"disabled": "european"}),
    ("the tenant may not use it", {"tenants": {"acme": {"allowed_providers": ["american"]}}}),
    ("the tenant belongs to a group", {"rules": RULES, "tenants": {"acme": {"residency": "us"}}}),
    ("a rule holds for the tenant", {"rules": {"us": {**RULES["us"], "tenants": ["acme"]}}}),
    ("a rule holds for all", {"rules": {"default": "us", "us": RULES["us"]}}),
    ("the model is mapped elsewhere", {"mappings": {"exact_matches": {"m": {"provider": "american"}}}}),
)


@pytest.mark.parametrize("semantic", [False, True], ids=["the same words", "the same meaning"])
@pytest.mark.parametrize("change", [change for _, change in CHANGES], ids=[why for why, _ in CHANGES])
async def test_an_answer_of_somebody_who_may_not_be_asked_any_more_is_not_given(
    change: dict[str, Any], semantic: bool
) -> None:
    async with walls(rules={}, semantic=semantic) as made:
        key = made.keys["acme"]
        first = await chat(made.home, key=key)
        assert (first.headers["x-provider"], cache_of(await chat(made.home, key=key))) == ("european", "hit")
        made.reconfigure(**{"rules": {}, "semantic": semantic, **change})
        for cache in ("miss", "hit"):
            told = await chat(made.home, key=key)
            assert (cache_of(told), told.headers["x-provider"]) == (cache, "american")


async def test_a_rule_that_is_written_anew_lets_no_older_answer_through() -> None:
    async with walls() as made:
        key, eu = made.keys["acme"], within("eu")
        await chat(made.home, key=key, headers=eu)
        assert cache_of(await chat(made.home, key=key, headers=eu)) == "hit"
        made.reconfigure(rules={**RULES, "eu": {**RULES["eu"], "compliant_providers": ["european"]}})
        assert cache_of(await chat(made.home, key=key, headers=eu)) == "miss"
        made.reconfigure(rules={**RULES, "us": {"regions": ["us-west"], "strict": True}})
        assert cache_of(await chat(made.home, key=key, headers=eu)) == "hit"


@pytest.mark.parametrize(("action", "cache"), [("disable", "miss"), ("drain", "hit")])
async def test_who_is_disabled_is_not_quoted_and_who_is_drained_is(action: str, cache: str) -> None:
    async with walls(rules={}) as made:
        key = made.keys["acme"]
        await chat(made.home, key=key)
        done = await made.home.http.post(f"/api/admin/providers/european/{action}", headers=ADMIN)
        assert done.status_code == 200, done.text
        assert cache_of(await chat(made.home, key=key)) == cache
