"""How the gateway is, for load balancers and for people."""

import pytest

from ai_dashboard.core.control import ProviderAction
from tests.integration.gateway.scene import ANSWER, WHOLE, Play, closed_port, house, reply, stream, until


@pytest.mark.parametrize("path", ["/health", "/health/liveliness", "/health/readiness"])
async def test_the_pages_are_open_to_all_and_never_stored(path: str) -> None:
    async with house({"first": Play(stream(ANSWER))}, settings={"auth": {"master_key": "secret"}}) as home:
        page = await home.http.get(path)
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["content-type"] == "application/json"


async def test_alive_is_alive_whatever_the_providers_do() -> None:
    with closed_port() as nobody:
        async with house({"first": nobody}) as home:
            await home.gateway.refresh()
            alive = await home.http.get("/health/liveliness")
            assert (alive.status_code, alive.json()["status"]) == (200, "alive")


async def test_ready_until_it_shuts_down() -> None:
    async with house({"first": Play(stream(ANSWER))}) as home:
        ready = await home.http.get("/health/readiness")
        assert (ready.status_code, ready.json()) == (200, {"ready": True, "reason": ""})


async def test_some_who_are_not_well_make_it_degraded_and_all_unhealthy() -> None:
    with closed_port() as nobody:
        async with house({"first": Play(stream(ANSWER)), "second": nobody}) as home:
            await home.gateway.refresh()
            page = await home.http.get("/health")
            assert (page.status_code, page.json()["status"], page.json()["providers"]) == (200, "degraded", 2)
        async with house({"second": nobody}) as home:
            await home.gateway.refresh()
            page = await home.http.get("/health")
            assert (page.status_code, page.json()["status"]) == (503, "unhealthy")


async def test_whom_the_operator_has_taken_out_does_not_count_unless_nobody_is_left() -> None:
    with closed_port() as nobody:
        async with house({"first": Play(stream(ANSWER)), "second": nobody}) as home:
            await home.gateway.refresh()
            actions: tuple[ProviderAction, ...] = ("drain", "disable")
            for action in actions:
                home.gateway.operate("second", action)
                page = await home.http.get("/health")
                assert (page.json()["status"], page.json()["providers"]) == ("healthy", 1)
            home.gateway.operate("first", "drain")
            page = await home.http.get("/health?details=true")
            assert (page.status_code, page.json()["status"], page.json()["providers"]) == (503, "unhealthy", 0)
            assert page.json()["details"]["first"]["wish"] == "drained"
            home.gateway.operate("second", "enable")
            home.gateway.operate("first", "enable")
            assert (await home.http.get("/health")).json()["providers"] == 2


async def test_details_are_told_to_those_who_ask_and_no_address_is_among_them() -> None:
    with closed_port() as nobody:
        async with house({"first": Play(reply(200, WHOLE)), "second": nobody}) as home:
            await home.chat(stream=False)
            await home.gateway.refresh()
            await until(lambda: home.gateway.snapshot().gateway.requests == 1)
            assert "details" not in (await home.http.get("/health")).json()
            page = await home.http.get("/health?details=true")
            told = page.json()
            assert (told["requests"], told["failures"], told["in_flight"], told["simulated"]) == (1, 0, 0, False)
            first, second = told["details"]["first"], told["details"]["second"]
            assert (first["status"], first["type"], first["models"]) == ("active", "openai_compatible", 1)
            assert second["status"] == "unavailable"
            assert second["reason"]
            assert nobody.removeprefix("http://") not in page.text
