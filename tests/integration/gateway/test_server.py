"""What is answered where, and to whom: routes, names, keys, and how the gateway says that it is well."""

import pytest

from ai_dashboard.config.load import Loaded
from ai_dashboard.core.diagnostics import Diagnostic, Severity
from tests.integration.gateway.scene import (
    ADMIN,
    ANSWER,
    WHOLE,
    Play,
    closed_port,
    error_of,
    house,
    reply,
    stream,
)

KEY = "sk-the-callers-key"
KEYED = {"auth": {"master_key": KEY}}


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:4000", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:4000", 200),
        ("gpu-box.lan:4000", 200),
        ("evil.example", 403),
        ("localhost.evil.example", 403),
        ("0.0.0.0:4000", 403),
        ("127.0.0.1.evil.example", 403),
    ],
)
async def test_a_name_that_is_not_ours_is_refused(name: str, status: int) -> None:
    async with house(settings={"allowed_hosts": ["gpu-box.lan"]}) as home:
        for path in ("/health", "/v1/models"):
            response = await home.http.get(path, headers={"host": name})
            assert response.status_code == status
            if status == 403:
                assert error_of(response)["code"] == "forbidden"
                assert "allowed_hosts" in error_of(response)["message"]


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://localhost:3000", 200), ("https://evil.example", 403), ("null", 403), ("", 403)],
)
async def test_pages_of_another_origin_are_refused(origin: str, status: int) -> None:
    async with house() as home:
        assert (await home.http.get("/v1/models", headers={"origin": origin})).status_code == status
        preflight = await home.http.options("/v1/chat/completions", headers={"origin": origin})
        assert preflight.status_code == (204 if status == 200 else 403)
        assert "access-control-allow-origin" not in preflight.headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": "Bearer wrong"}, 401),
        ({"authorization": f"Basic {KEY}"}, 401),
        ({"x-api-key": "wrong"}, 401),
        ({"authorization": f"Bearer {KEY}"}, 200),
        ({"authorization": f"bearer {KEY}"}, 200),
        ({"x-api-key": KEY}, 200),
        ({"x-goog-api-key": KEY}, 200),
        (ADMIN, 200),
    ],
)
async def test_with_a_master_key_callers_need_it(headers: dict[str, str], status: int) -> None:
    play = Play(reply(200, WHOLE))
    async with house({"first": play}, settings=KEYED) as home:
        response = await home.chat(stream=False, headers=headers)
        assert response.status_code == status
        assert (await home.http.get("/v1/models", headers=headers)).status_code == status
        assert (await home.http.get("/health")).status_code == 200
        if status == 401:
            assert error_of(response)["code"] == "invalid_api_key"
            assert KEY not in response.text
            assert not play.asked


ADMIN_ASKS = [
    ("GET", "/api/admin/snapshot"),
    ("GET", "/api/admin/requests"),
    ("GET", "/api/admin/route?model=m"),
    ("GET", "/api/admin/config"),
    ("POST", "/api/admin/refresh"),
]


@pytest.mark.parametrize(("method", "path"), ADMIN_ASKS)
@pytest.mark.parametrize("settings", [{}, KEYED], ids=["open", "keyed"])
async def test_the_admin_api_always_needs_its_own_token(method: str, path: str, settings: dict[str, object]) -> None:
    async with house({"first": Play(stream(ANSWER))}, settings=settings) as home:
        for headers in ({}, {"authorization": f"Bearer {KEY}"}, {"authorization": "Bearer"}, {"x-api-key": "x"}):
            assert (await home.http.request(method, path, headers=headers)).status_code == 401
        assert (await home.http.request(method, path, headers=ADMIN)).status_code in {200, 204}


async def test_an_unknown_path_names_the_nearest() -> None:
    async with house() as home:
        response = await home.http.post("/v1/chat/completion")
        assert response.status_code == 404
        assert "did you mean /v1/chat/completions" in error_of(response)["message"]
        assert error_of(response)["request_id"]


async def test_a_request_that_was_not_let_in_has_an_id_as_well() -> None:
    async with house(settings=KEYED) as home:
        refused = await home.http.post("/v1/messages", json={})
        assert refused.headers["request-id"] == refused.headers["x-request-id"] == refused.json()["request_id"]
        other = await home.http.post("/v1/chat/completions", json={})
        assert other.headers["x-request-id"] == error_of(other)["request_id"]
        assert "request-id" not in other.headers


SERVICES = [
    "/v1/audio/speech", "/v1/images/generations", "/v1/moderations", "/v1/rerank", "/v1/files", "/v1/files/f/content",
    "/v1/batches", "/v1/batches/b/cancel", "/v1/fine_tuning/jobs",
]  # fmt: skip


@pytest.mark.parametrize("path", ["/api/ai/chat", "/api/ai/generate", "/v1/chat/batch", *SERVICES])
async def test_with_a_master_key_every_way_in_needs_it(path: str) -> None:
    play = Play(reply(200, WHOLE))
    async with house({"first": play}, settings=KEYED) as home:
        refused = await home.http.post(path, json={})
        assert (refused.status_code, error_of(refused)["code"]) == (401, "invalid_api_key")
        assert not play.asked
        known = await home.http.post(path, json={}, headers={"authorization": f"Bearer {KEY}"})
        assert known.status_code in {200, 400}


@pytest.mark.parametrize("path", SERVICES)
async def test_services_take_every_method(path: str) -> None:
    async with house() as home:
        allowed = await home.http.options(path)
        assert allowed.headers["allow"] == "GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS"


async def test_another_method_is_a_405_that_says_which_work() -> None:
    async with house() as home:
        response = await home.http.get("/v1/chat/completions")
        assert (response.status_code, response.headers["allow"]) == (405, "POST, OPTIONS")


async def test_head_and_options_are_answered() -> None:
    async with house() as home:
        head = await home.http.head("/health")
        assert (head.status_code, head.content) == (200, b"")
        assert int(head.headers["content-length"]) > 0
        options = await home.http.options("/v1/models")
        assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
        assert (await home.http.options("/nowhere")).status_code == 404


async def test_models_are_listed_and_found_by_name() -> None:
    names = ["org/model", "llama3.1:8b"]
    play = Play(stream(ANSWER), models=())
    async with house({"first": play}, entries={"first": {"models": names}}) as home:
        listed = (await home.http.get("/v1/models")).json()
        assert listed["object"] == "list"
        assert [(model["id"], model["owned_by"]) for model in listed["data"]] == [(name, "first") for name in names]
        for path in ("/v1/models/org/model", "/v1/models/org%2Fmodel", "/models/llama3.1:8b", "/models/llama3.1%3A8b"):
            assert (await home.http.get(path)).json()["object"] == "model"
        missing = await home.http.get("/v1/models/gpt:9b")
        assert (missing.status_code, error_of(missing)["code"]) == (404, "model_not_found")


async def test_chat_is_answered_without_v1_as_well() -> None:
    async with house({"first": Play(reply(200, WHOLE))}) as home:
        body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
        assert (await home.http.post("/chat/completions", json=body)).content == WHOLE


async def test_health_counts_who_is_well() -> None:
    with closed_port() as nobody:
        async with house({"first": Play(stream(ANSWER)), "second": nobody}) as home:
            await home.gateway.refresh()
            response = await home.http.get("/health")
            assert response.status_code == 200
            assert response.json()["status"] == "degraded"
            assert "details" not in response.json()
            details = (await home.http.get("/health?details=true&pretty=1")).json()["details"]
            assert details["first"]["status"] == "active"
            assert details["second"]["reason"] == "second: connection refused."
            assert "127.0.0.1" not in str(details)


async def test_health_is_503_when_nobody_is_well() -> None:
    with closed_port() as nobody:
        async with house({"only": nobody}) as home:
            await home.gateway.refresh()
            response = await home.http.get("/health")
            assert (response.status_code, response.json()["status"]) == (503, "unhealthy")
            assert (await home.http.get("/health/liveliness")).json()["service"] == "ai-dashboard"


async def test_a_refused_configuration_serves_nothing_and_says_why() -> None:
    finding = Diagnostic(Severity.ERROR, "providers.yaml", 3, 7, "providers.x", "no such type", "say `ollama`")
    async with house(loaded=Loaded(None, (finding,), None)) as home:
        response = await home.chat()
        assert response.status_code == 503
        assert "providers.yaml:3:7" in error_of(response)["message"]
        snapshot = home.gateway.snapshot()
        assert not snapshot.config.usable
        assert snapshot.config.diagnostics == (finding,)
        assert snapshot.alerts[0].key == "config:refused"
        health = await home.http.get("/health")
        assert (health.status_code, health.json()["status"]) == (503, "unhealthy")
