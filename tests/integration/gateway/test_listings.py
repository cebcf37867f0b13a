"""What can be asked for, told to callers of every dialect."""

from typing import Any

import pytest

from tests.integration.gateway.scene import ANSWER, Play, error_of, house, stream

ANTHROPIC = {"anthropic-version": "2026-10-21"}
GOOGLE = {"x-goog-api-client": "google-genai-sdk/3.4.0"}

MODELS: list[dict[str, Any]] = [
    {"name": "org/large", "context_length": 8192, "size": "70B", "supports": ["tools", "vision"]},
    {"name": "small:latest"},
]
ENTRIES = {"first": {"models": MODELS}}


def first() -> dict[str, Play]:
    return {"first": Play(stream(ANSWER), models=())}


@pytest.mark.parametrize("path", ["/v1/models", "/models"])
async def test_openais_list_names_the_owner(path: str) -> None:
    async with house(first(), entries=ENTRIES) as home:
        listed = (await home.http.get(path)).json()
        assert listed["object"] == "list"
        assert [(one["id"], one["object"], one["owned_by"]) for one in listed["data"]] == [
            ("org/large", "model", "first"),
            ("small:latest", "model", "first"),
        ]
        assert all(isinstance(one["created"], int) for one in listed["data"])


async def test_anthropics_list_comes_in_pages() -> None:
    async with house(first(), entries=ENTRIES) as home:
        whole = (await home.http.get("/v1/models", headers=ANTHROPIC)).json()
        assert [(one["id"], one["max_input_tokens"]) for one in whole["data"]] == [
            ("org/large", 8192),
            ("small:latest", None),
        ]
        assert (whole["first_id"], whole["last_id"], whole["has_more"]) == ("org/large", "small:latest", False)
        page = (await home.http.get("/v1/models?limit=1", headers=ANTHROPIC)).json()
        assert ([one["id"] for one in page["data"]], page["has_more"]) == (["org/large"], True)
        rest = (await home.http.get("/v1/models?limit=1&after_id=org/large", headers=ANTHROPIC)).json()
        assert ([one["id"] for one in rest["data"]], rest["has_more"]) == (["small:latest"], False)


async def test_a_page_of_no_number_is_refused_in_anthropics_words() -> None:
    async with house(first(), entries=ENTRIES) as home:
        refused = await home.http.get("/v1/models?limit=many", headers=ANTHROPIC)
        assert (refused.status_code, error_of(refused)["type"]) == (400, "invalid_request_error")


@pytest.mark.parametrize(("path", "headers"), [("/v1beta/models", {}), ("/v1/models", GOOGLE)])
async def test_googles_client_is_understood_under_both_versions(path: str, headers: dict[str, str]) -> None:
    async with house(first(), entries=ENTRIES) as home:
        listed = (await home.http.get(path, headers=headers)).json()
        assert [one["name"] for one in listed["models"]] == ["models/org/large", "models/small:latest"]
        assert listed["models"][0]["inputTokenLimit"] == 8192
        one = (await home.http.get(f"{path}/org/large", headers=headers)).json()
        assert one["name"] == "models/org/large"
        assert "generateContent" in one["supportedGenerationMethods"]


@pytest.mark.parametrize(
    ("path", "headers", "name"),
    [
        ("/v1/models/org/large", {}, "id"),
        ("/v1/models/org%2Flarge", {}, "id"),
        ("/models/small:latest", {}, "id"),
        ("/models/small%3Alatest", {}, "id"),
        ("/v1/models/org/large", ANTHROPIC, "id"),
        ("/v1beta/models/org/large", {}, "name"),
    ],
)
async def test_one_model_is_found_by_its_name(path: str, headers: dict[str, str], name: str) -> None:
    async with house(first(), entries=ENTRIES) as home:
        one = (await home.http.get(path, headers=headers)).json()
        assert one[name].removeprefix("models/") in {"org/large", "small:latest"}


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/v1/models/gpt-9", {}), ("/v1/models/gpt-9", ANTHROPIC), ("/v1beta/models/gpt-9", {})],
)
async def test_a_model_that_nobody_has_is_a_404_that_says_where_all_are(path: str, headers: dict[str, str]) -> None:
    async with house(first(), entries=ENTRIES) as home:
        missing = await home.http.get(path, headers=headers)
        assert missing.status_code == 404
        assert "gpt-9" in error_of(missing)["message"]
        assert "lists all" in error_of(missing)["message"]


async def test_ollamas_tags_and_show_tell_size_and_window() -> None:
    async with house(first(), entries=ENTRIES) as home:
        tags = (await home.http.get("/api/tags")).json()["models"]
        assert [one["name"] for one in tags] == ["org/large", "small:latest"]
        assert tags[0]["details"]["parameter_size"] == "70B"
        assert tags[0]["capabilities"] == ["completion", "tools", "vision"]
        for asked in ({"model": "org/large"}, {"name": "org/large"}):
            shown = (await home.http.post("/api/show", json=asked)).json()
            assert shown["model_info"]["first.context_length"] == 8192
        assert (await home.http.post("/api/show", json={"model": "small"})).status_code == 200
        missing = await home.http.post("/api/show", json={"model": "gpt-9"})
        assert (missing.status_code, missing.json()["code"]) == (404, "model_not_found")


async def test_ollamas_clients_learn_a_version_and_that_nothing_is_loaded() -> None:
    async with house(first(), entries=ENTRIES) as home:
        assert (await home.http.get("/api/version")).json()["version"][0].isdigit()
        assert (await home.http.get("/api/ps")).json() == {"models": []}


async def test_what_a_provider_lists_itself_is_listed_too() -> None:
    play = Play(stream(ANSWER), models=("of-its-own",))
    async with house({"first": play}, entries={"first": {"models": []}}) as home:
        await home.gateway.refresh()
        listed = (await home.http.get("/v1/models")).json()["data"]
        assert [(one["id"], one["owned_by"]) for one in listed] == [("of-its-own", "first")]
