"""`/metrics` as Prometheus reads it: whole, valid in both forms, bounded, and for whoever may read."""

import asyncio
import shutil
import subprocess

import httpx
import pytest

from ai_dashboard.gateway import metrics_page
from tests.exposition import samples
from tests.integration.gateway.scene import ADMIN, WHOLE, House, Play, error_of, house, reply

FAILS = reply(500, b'{"error": {"message": "broken"}}')

OPEN_METRICS = {"accept": "application/openmetrics-text;version=1.0.0"}

WANTED = {
    "provider_requests_total": {"provider", "model", "status"},
    "provider_latency_seconds_bucket": {"provider", "model", "le"},
    "provider_ttft_seconds_bucket": {"provider", "model", "le"},
    "provider_errors_total": {"provider", "kind"},
    "provider_availability": {"provider"},
    "router_routing_decisions": {"strategy"},
    "router_fallback_triggered": {"original_provider", "to"},
    "cache_hit_rate": set(),
    "cache_requests_total": {"result"},
    "router_load_balance_distribution": {"provider"},
    "active_connections": set(),
    "request_queue_size": {"model", "priority"},
    "total_throughput_tokens_per_second": set(),
    "llm_tokens_total": {"provider", "model", "kind"},
    "llm_cost_usd_total": {"provider", "model"},
    "budget_used_ratio": {"scope", "window"},
    "gateway_overhead_seconds_bucket": {"le"},
    "litellm_requests_total": {"status"},
    "litellm_request_duration_seconds_bucket": {"le"},
    "litellm_cache_hits": set(),
    "litellm_cache_misses": set(),
}
"""What dashboards ask for, and the labels of each."""

CACHED = {"cache": {"enabled": True, "when": "always"}, "budgets": {"total": 100}}


async def scrape(home: House, form: str = "text") -> dict[str, list[tuple[dict[str, str], float]]]:
    response = await home.http.get("/metrics", headers=OPEN_METRICS if form == "open" else {})
    assert response.status_code == 200, response.text
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for name, labels, value in samples(response.text, openly=form == "open"):
        found.setdefault(name, []).append((labels, value))
    return found


async def busy(home: House) -> None:
    """A fallback, a known answer, and a request that nobody can answer."""
    for _ in range(2):
        assert (await home.chat(stream=False)).status_code == 200
    assert (await home.chat(model="nobody-has-this")).status_code == 404
    await home.gateway.refresh()


def two() -> dict[str, Play | str]:
    return {"b": Play(FAILS), "a": Play(reply(200, WHOLE))}


@pytest.mark.parametrize("form", ["text", "open"])
async def test_all_that_dashboards_ask_for_is_there(form: str) -> None:
    async with house(two(), settings=CACHED) as home:
        await busy(home)
        found = await scrape(home, form)
    assert {name: set(found[name][0][0]) for name in WANTED} == WANTED
    assert found["litellm_requests_total"] == [
        ({"status": "success"}, 2.0),
        ({"status": "error"}, 1.0),
        ({"status": "cancelled"}, 0.0),
    ]
    assert found["router_fallback_triggered"] == [({"original_provider": "b", "to": "a"}, 1.0)]
    assert found["provider_errors_total"] == [({"provider": "b", "kind": "upstream_error"}, 1.0)]
    assert (found["litellm_cache_hits"], found["litellm_cache_misses"]) == ([({}, 1.0)], [({}, 1.0)])
    assert found["litellm_request_duration_seconds_count"] == [({}, 2.0)]
    assert ({"provider": "a", "model": "m", "kind": "completion"}, 7.0) in found["llm_tokens_total"]


async def test_figures_only_grow_from_one_scrape_to_the_next() -> None:
    async with house(two()) as home:
        await busy(home)
        before = await scrape(home)
        await busy(home)
        after = await scrape(home)
    for name in (it for it in before if it.endswith(("_total", "_count", "_bucket", "_sum"))):
        later = {str(labels): value for labels, value in after[name]}
        assert all(later[str(labels)] >= value for labels, value in before[name]), name
    assert after["litellm_request_duration_seconds_count"] == [({}, 4.0)]


async def test_models_that_callers_make_up_are_one_label() -> None:
    entries: dict[str, dict[str, object]] = {"a": {"models": []}}
    async with house({"a": Play(reply(200, WHOLE), models=())}, entries=entries) as home:
        for number in range(5):
            await home.chat(model=f"a/made-up-{number}", stream=False)
        found = await scrape(home)
    assert {labels["model"] for labels, _ in found["provider_requests_total"]} == {"other"}
    assert found["provider_requests_total"][0][1] == 5.0


async def test_a_page_is_the_same_however_small_its_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """And between two of them the loop goes on with what is due."""
    async with house(two()) as home:
        await busy(home)
        whole = set(await scrape(home))
        monkeypatch.setattr(metrics_page, "LINES", 7)
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        watching = asyncio.create_task(others())  # noqa: TID251 - it is ended below
        page = (await home.http.get("/metrics")).text
        watching.cancel()
    assert {name for name, _, _ in samples(page)} == whole
    assert turns > len(samples(page)) / 7


# ── who may read ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_where_no_key_is_needed_none_is_needed_here() -> None:
    async with house({}) as home:
        assert (await home.http.get("/metrics")).status_code == 200
        assert (await home.http.head("/metrics")).content == b""


async def key(home: House, **rights: object) -> dict[str, str]:
    made = await home.http.post("/api/admin/keys", json={"name": "one", **rights}, headers=ADMIN)
    return {"authorization": f"Bearer {made.json()['secret']}"}


async def test_a_key_that_may_read_opens_it() -> None:
    async with house({}) as home:
        reading = await key(home, scopes=["read"])
        chatting = await key(home, scopes=["chat"])
        assert (await home.http.get("/metrics")).status_code == 401
        assert (await home.http.get("/metrics", headers=chatting)).status_code == 403
        assert (await home.http.get("/metrics", headers=reading)).status_code == 200
        assert (await home.http.get("/metrics", headers=ADMIN)).status_code == 200


async def test_a_tenant_does_not_see_what_all_tenants_do() -> None:
    async with house({}) as home:
        refused = await home.http.get("/metrics", headers=await key(home, tenant="acme"))
        assert (refused.status_code, error_of(refused)["code"]) == (403, "forbidden")
        assert "without a tenant" in error_of(refused)["message"]
        operator = await key(home, tenant="acme", scopes=["admin", "read"])
        assert (await home.http.get("/metrics", headers=operator)).status_code == 200


async def test_it_can_be_turned_off() -> None:
    async with house({}, settings={"metrics": {"enabled": False}}) as home:
        refused = await home.http.get("/metrics")
        assert refused.status_code == 404
        assert "metrics.enabled" in error_of(refused)["message"]


# ── Prometheus' own tool ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool comes with Prometheus, which is not installed")
async def test_promtool_has_nothing_to_say() -> None:
    async with house(two(), settings=CACHED) as home:
        await busy(home)
        page: httpx.Response = await home.http.get("/metrics")
    command = ["promtool", "check", "metrics"]
    done = await asyncio.to_thread(
        subprocess.run, command, input=page.text, capture_output=True, text=True, check=False, timeout=30
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
