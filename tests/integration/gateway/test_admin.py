"""The admin API over HTTP: the JSON of the vocabulary, field for field."""

import asyncio

import pytest

from tests.integration.gateway.scene import ADMIN, ANSWER, Gate, Play, error_of, house, stream, until


async def test_the_snapshot_is_sent_once_for_each_version() -> None:
    async with house({"first": Play(stream(ANSWER))}) as home:
        first = await home.http.get("/api/admin/snapshot", headers=ADMIN)
        assert first.headers["cache-control"] == "no-store"
        assert first.json()["gateway"]["port"] == home.gateway.address[1]
        version = home.gateway.snapshot().version
        again = await home.http.get(f"/api/admin/snapshot?version={version}", headers=ADMIN)
        assert (again.status_code, again.content) == (304, b"")
        assert (await home.http.get("/api/admin/snapshot?version=0", headers=ADMIN)).status_code == 200


async def test_requests_come_in_pages() -> None:
    async with house({"first": Play(stream(ANSWER))}) as home:
        for _ in range(3):
            await home.chat()
        await home.record(3)
        page = (await home.http.get("/api/admin/requests?after=1&limit=1", headers=ADMIN)).json()
        assert [record["seq"] for record in page["records"]] == [3]
        assert (page["next"], page["lost"]) == (3, 1)
        assert len((await home.http.get("/api/admin/requests?limit=0", headers=ADMIN)).json()["records"]) == 1


async def test_a_route_is_explained_without_sending_anything() -> None:
    play = Play(stream(ANSWER))
    entries = {"first": {"models": [{"name": "m", "context_length": 100}]}}
    async with house({"first": play}, entries=entries) as home:
        plan = (await home.http.get("/api/admin/route?model=m", headers=ADMIN)).json()
        assert (plan["rule"], plan["attempts"][0]["provider"]) == ("listing", "first")
        long = (await home.http.get("/api/admin/route?model=m&tokens=90&max_tokens=11", headers=ADMIN)).json()
        assert (long["attempts"], long["excluded"][0]["reason"]) == ([], "context 101 > 100")
        facts = '{"model": "m", "requirements": {"min_quality": "high"}}'
        wished = (await home.http.get("/api/admin/route", params={"model": "m", "facts": facts}, headers=ADMIN)).json()
        assert (wished["unmet"], wished["excluded"][0]["reason"]) == (True, "min_quality: medium, below high")
        assert not play.asked


async def test_one_request_is_found_by_the_beginning_of_its_id() -> None:
    async with house({"first": Play(stream(ANSWER))}) as home:
        await home.chat(headers={"x-priority": "high", "x-api-key": "never-shown"})
        record = await home.record()
        reply = await home.http.get(f"/api/admin/requests/{record.id[:6]}", headers=ADMIN)
        told = reply.json()
        assert (told["id"], told["facts"]["headers"]) == (record.id, [["x-priority", "high"]])
        assert "never-shown" not in reply.text
        assert (await home.http.get(f"/api/admin/requests/{record.id}")).status_code == 401


async def test_a_provider_is_drained_and_asked_again() -> None:
    play = Play(stream(ANSWER))
    async with house({"first": play}) as home:
        drained = await home.http.post("/api/admin/providers/first/drain", headers=ADMIN)
        assert (drained.json()["wish"], drained.json()["health"]) == ("drained", "draining")
        assert (await home.chat()).status_code == 503
        assert (await home.http.post("/api/admin/providers/first/enable", headers=ADMIN)).json()["wish"] is None
        assert (await home.chat()).status_code == 200
        assert (await home.http.post("/api/admin/providers/first/drain")).status_code == 401


async def test_what_a_drained_provider_has_begun_it_ends() -> None:
    gate = Gate()
    async with house({"first": Play(gate)}) as home, asyncio.TaskGroup() as group:
        task = group.create_task(home.chat())
        await until(lambda: home.gateway.runtime.provider("first").in_flight == 1)
        for action in ("drain", "disable"):
            await home.http.post(f"/api/admin/providers/first/{action}", headers=ADMIN)
        gate.open()
        assert (await task).content.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/admin/providers/fist/drain", 404, "provider_not_found"),
        ("/api/admin/providers/off/enable", 409, "provider_off_in_config"),
        ("/api/admin/providers/first/stop", 404, "not_found"),
        ("/api/admin/providers/drain", 404, "not_found"),
    ],
)
async def test_what_cannot_be_done_with_a_provider_is_told(path: str, status: int, code: str) -> None:
    plays = {"first": Play(stream(ANSWER)), "off": Play(stream(ANSWER))}
    async with house(plays, entries={"off": {"status": "disabled"}}) as home:
        response = await home.http.post(path, headers=ADMIN)
        assert (response.status_code, error_of(response)["code"]) == (status, code)


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/api/admin/route", 400, "`model` is missing"),
        ("/api/admin/route?model=nobody", 404, "nobody"),
        ("/api/admin/route?model=m&tokens=many", 400, "`tokens` is 'many'"),
        ("/api/admin/route?model=m&strategy=rond_robin", 400, "'rond_robin'"),
        ('/api/admin/route?model=m&facts={"model":"m","prompt_tokens":"many"}', 400, "prompt_tokens"),
        ("/api/admin/route?model=m&facts={", 400, "`facts` cannot be read"),
        ("/api/admin/requests/zzz", 404, "no request with an id that begins with 'zzz'"),
        ("/api/admin/requests?after=x", 400, "`after` is 'x'"),
        ("/api/admin/snapshot?version=x", 400, "`version` is 'x'"),
    ],
)
async def test_what_is_wrong_with_a_query_is_said(path: str, status: int, said: str) -> None:
    async with house({"first": Play(stream(ANSWER))}) as home:
        response = await home.http.get(path, headers=ADMIN)
        assert response.status_code == status
        assert said in error_of(response)["message"]
