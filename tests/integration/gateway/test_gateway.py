"""The gateway as a whole: it starts, drains, adopts what is found, and swaps its configuration under traffic."""

import asyncio
import json
from pathlib import Path

import pytest

from ai_dashboard.config.discover import Discovery
from ai_dashboard.config.load import load
from ai_dashboard.config.schema import Provider
from ai_dashboard.core.diagnostics import Diagnostic, Severity
from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.core.records import Stage
from ai_dashboard.core.snapshot import Health, HostView
from ai_dashboard.gateway.gateway import Gateway, Options
from tests.integration.gateway.scene import (
    DONE,
    HELLO,
    ROLE,
    STOP,
    WHOLE,
    WORLD,
    Gate,
    Play,
    error_of,
    hanging,
    house,
    playing,
    reply,
    until,
)

ASK = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}


async def test_a_drain_lets_what_is_in_flight_finish_and_takes_nothing_new() -> None:
    gate = Gate()
    async with house({"first": Play(gate)}) as home, asyncio.TaskGroup() as group:
        answer = group.create_task(home.chat())
        await until(lambda: any(trip.status for trip in home.gateway.runtime.running.values()))
        draining = group.create_task(home.gateway.drain(5))
        await until(lambda: home.gateway.snapshot().gateway.draining)
        with pytest.raises(OSError, match=r"refused|Connect call failed"):
            await asyncio.open_connection(*home.gateway.address)
        gate.open()
        assert (await answer).content == ROLE + HELLO + WORLD + STOP + DONE
        await draining
        assert (await home.record()).stage is Stage.DONE


async def test_a_stream_that_outlives_the_drain_is_told_so() -> None:
    async with house({"first": Play(hanging(ROLE, HELLO))}) as home, asyncio.TaskGroup() as group:
        answer = group.create_task(home.chat())
        await until(lambda: any(trip.status for trip in home.gateway.runtime.running.values()))
        await home.gateway.drain(0.01)
        content = (await answer).content
        assert content.startswith(ROLE + HELLO)
        assert DONE not in content
        last = json.loads(content.strip().rpartition(b"\n\ndata: ")[2])["error"]
        assert (last["code"], "shutting down" in last["message"]) == ("overloaded", True)
        record = await home.record()
        assert (record.stage, record.error) == (Stage.CUT, "overloaded")
        assert home.nothing_in_flight()


async def test_a_request_without_an_answer_yet_is_refused_when_the_drain_is_over() -> None:
    async with house({"first": Play(hanging())}) as home, asyncio.TaskGroup() as group:
        answer = group.create_task(home.chat())
        await until(lambda: bool(home.plays["first"].asked))
        await home.gateway.drain(0.01)
        response = await answer
        assert (response.status_code, response.headers["retry-after"]) == (503, "1")
        record = await home.record()
        assert error_of(response)["request_id"] == record.id
        assert (record.stage, record.status, record.error) == (Stage.FAILED, 503, "overloaded")


async def test_without_a_folder_what_is_found_is_used_and_requests_in_flight_do_not_notice() -> None:
    gate, found_play = Gate(), Play(reply(200, WHOLE), models=("found",))
    go = asyncio.Event()
    async with playing(found_play):
        provider = Provider.model_validate(
            {"name": "local", "type": "vllm", "base_url": found_play.address, "models": ["found"]}
        )
        news = Diagnostic(Severity.INFO, "discovery", 0, 0, "providers.local", "found vllm")

        async def discover() -> Discovery:
            await go.wait()
            return Discovery({"local": provider}, (news,))

        async with house({"first": Play(gate)}, discover=discover) as home, asyncio.TaskGroup() as group:
            answer = group.create_task(home.chat())
            await until(lambda: any(trip.status for trip in home.gateway.runtime.running.values()))
            go.set()
            await until(lambda: home.gateway.generation.number == 2)
            assert (await home.chat(stream=False, model="found")).headers["x-provider"] == "local"
            gate.open()
            assert (await answer).content == ROLE + HELLO + WORLD + STOP + DONE
            await until(lambda: home.gateway.snapshot().config.number == 2)
            config = home.gateway.snapshot().config
            assert (config.origin, config.diagnostics) == ("a test and what was found here", (news,))
            await until(lambda: home.gateway.runtime.provider("local").health is Health.ACTIVE)


async def test_beside_a_folder_what_is_found_is_only_mentioned(tmp_path: Path) -> None:
    provider = Provider.model_validate({"name": "local", "type": "vllm", "base_url": "http://127.0.0.1:9"})
    news = Diagnostic(Severity.INFO, "discovery", 0, 0, "providers.local", "found vllm")

    async def discover() -> Discovery:
        return Discovery({"local": provider}, (news,))

    (tmp_path / "providers.yaml").write_text("providers: {}\n")
    async with house(loaded=load(tmp_path, {}), discover=discover) as home:
        await until(lambda: news in home.gateway.diagnostics)
        assert home.gateway.generation.number == 1
        assert not home.gateway.generation.upstreams


async def test_the_configuration_is_shown_with_its_secrets_masked(tmp_path: Path) -> None:
    secret = "sk-0123456789abcdef0123"
    text = f"providers:\n  x:\n    type: vllm\n    base_url: http://127.0.0.1:9\n    api_key: {secret}\n"
    (tmp_path / "providers.yaml").write_text(text)
    async with house(loaded=load(tmp_path, {})) as home:
        files = {file.name: file for file in await home.gateway.config_files()}
        assert "base_url: http://127.0.0.1:9" in files["providers.yaml"].text
        assert secret not in files["providers.yaml"].text
        assert files["gateway.yaml"].missing


async def test_without_a_folder_there_are_no_files_to_show() -> None:
    async with house() as home:
        assert await home.gateway.config_files() == ()


async def test_a_plan_is_explained_as_a_request_would_take_it() -> None:
    async with house({"first": Play(reply(200, WHOLE))}) as home:
        plan = home.gateway.explain(RouteFacts("m"))
        await home.chat(stream=False)
        taken = (await home.record()).plan
        assert taken is not None
        assert taken.attempts == plan.attempts


async def test_headers_say_in_a_plan_what_they_say_in_a_request() -> None:
    async with house({"first": Play(reply(200, WHOLE))}) as home:
        facts = RouteFacts("m", headers=(("x-requirements", "local_only"), ("x-strategy", "round_robin")))
        assert home.gateway.explain(facts).strategy == "round_robin"
        with pytest.raises(CallerError):
            home.gateway.explain(RouteFacts("m", headers=(("x-requirements", "{"),)))


async def test_pictures_follow_what_happens() -> None:
    async with house({"first": Play(reply(200, WHOLE))}) as home:
        before = home.gateway.snapshot()
        await home.chat(stream=False)
        await until(lambda: home.gateway.snapshot().gateway.requests == 1)
        after = home.gateway.snapshot()
        assert after.version > before.version
        assert (after.providers[0].requests, after.providers[0].in_flight) == (1, 0)
        assert sum(point.requests for point in after.series) == 1
        assert after.total.p50 is not None


async def test_an_open_listener_needs_a_key_or_the_word_for_it() -> None:
    with pytest.raises(CallerError, match="everybody on the network") as refused:
        async with house(host="0.0.0.0"):
            raise AssertionError("it listens")
    assert "--insecure" in refused.value.hint


async def test_a_port_that_is_taken_is_an_os_error_and_leaves_nothing_behind() -> None:
    async with house() as home:
        options = Options(host="127.0.0.1", port=home.gateway.address[1])
        with pytest.raises(OSError, match="in use"):
            async with Gateway(load(None, {}), options, read_host=HostView):
                raise AssertionError("it listens")


def test_there_is_no_picture_before_it_listens() -> None:
    gateway = Gateway(load(None, {}), Options(), read_host=HostView)
    with pytest.raises(RuntimeError, match="before the gateway listens"):
        gateway.snapshot()
