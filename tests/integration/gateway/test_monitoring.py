"""Dashboards and alert rules ask for nothing that a scrape does not have."""

import asyncio
import json
import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import httpx
import pytest
import yaml

from ai_dashboard.config.load import Config, Loaded
from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.core.snapshot import DiskView, GpuView, HostView
from ai_dashboard.demo.faults import ChosenFault, Fault
from ai_dashboard.demo.stage import DemoStage
from ai_dashboard.gateway.gateway import Gateway, Options
from tests.exposition import samples

MONITORING = Path(__file__).parents[3] / "monitoring"
DASHBOARDS = sorted((MONITORING / "grafana" / "dashboards").glob("*.json"))
PAGE = MONITORING.parent / "docs" / "metrics.md"
RULES = MONITORING / "prometheus" / "alerts.yml"

FROM_ELSEWHERE = {"redis_up", "redis_gateways", "up"}
"""Only gateways that share a Redis tell of it (tests/unit/gateway/test_metrics_standing.py); `up` is
Prometheus' own."""

NO_NAME = frozenset(
    {"by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless", "bool", "offset"}
)

GPU = GpuView(0, "H200", 0.5, 10, 100, 61.0, 300.0, 700.0, clock_mhz=1980.0, ecc_errors=0, throttled=())
HOST = HostView(
    cpu=0.25, load1=1.0, memory_used=1, memory_total=2, gpus=(GPU,), swap_used=0, swap_total=1,
    disks=(DiskView("/", 30, 60),), net_in=1.0, net_out=1.0, disk_read=1.0, disk_write=1.0, own_memory=77,
)  # fmt: skip

FAULTS = (ChosenFault(Fault.SERVER_ERROR, provider="demo-cloud"),)
ASKED = ("gpt-5-mini", "qwen3-32b", "llama3.1:8b", "claude-haiku-5-5", "nobody-has-this")


def names(query: str) -> set[str]:
    """The metrics that a query of PromQL is about."""
    query = re.sub(r'"(\\.|[^"\\])*"', "", query)
    query = re.sub(r"\{[^}]*\}|\[[^\]]*\]", " ", query)
    query = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", query)
    found = re.findall(r"(?<![\w.$:])([a-zA-Z_:][\w:]*)\b(?!\s*\()", query)
    return {name for name in found if name not in NO_NAME}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('sum by (a, b) (rate(x_total{instance=~"$instance",b="c_total"}[$__rate_interval])) * 3600', {"x_total"}),
        ("histogram_quantile(0.95, sum by (le) (rate(y_bucket[5m]))) > 1e3", {"y_bucket"}),
        ("a / on (instance) group_left (name) b or vector(0)", {"a", "b"}),
        ("topk(10, avg_over_time(z{x='1'}[1d])) == 1 unless job:w:sum offset 5m", {"z", "job:w:sum"}),
        ("time() - min(start)", {"start"}),
    ],
)
def test_the_names_in_a_query_are_found(query: str, found: set[str]) -> None:
    assert names(query) == found


def expressions(value: object) -> Iterator[str]:
    """Every query in a dashboard: of its panels, its variables and its annotations."""
    if isinstance(value, dict):
        for key, below in value.items():
            if key == "expr" and isinstance(below, str):
                yield below
            elif key == "query" and isinstance(below, str) and below.startswith("label_values("):
                yield below.removeprefix("label_values(").rpartition(",")[0]
            else:
                yield from expressions(below)
    elif isinstance(value, list):
        for below in value:
            yield from expressions(below)


async def nobody_waits(_seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture(scope="module")
def scraped() -> set[str]:
    """The names of everything that a gateway tells in front of simulated providers, one of which fails."""
    return asyncio.run(_scraped())


async def _scraped() -> set[str]:
    async with DemoStage(1, sleep=nobody_waits, faults=FAULTS) as stage:
        entries = stage.provider_entries()
        entries["demo-vllm"] = entries["demo-vllm"] | {"rate_limits": {"requests_per_minute": 600}}
        config = Config(
            MappingProxyType(ProvidersFile.model_validate({"providers": entries}).providers),
            Mappings.model_validate(stage.mapping_entries()),
            GatewaySettings.model_validate(stage.gateway_entries()),
            "simulated",
        )
        options = Options(port=0, simulated=True)
        async with (
            Gateway(Loaded(config, (), None), options, read_host=lambda: HOST, chance=random.Random(1)) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.address[1]}", trust_env=False, timeout=10) as http,
        ):
            for model in ASKED:
                ask = {"model": model, "messages": [{"role": "user", "content": "Hi"}], "temperature": 0}
                await http.post("/v1/chat/completions", json=ask)
            await gateway.keeping.reports.outlook.look()
            await gateway.refresh()
            page = (await http.get("/metrics")).text
    return {name for name, _, _ in samples(page)}


def test_the_page_for_operators_names_every_figure(scraped: set[str]) -> None:
    told = set(re.findall(r"`([a-z_0-9]+)`", PAGE.read_text()))
    assert {re.sub(r"(?<=_seconds)_(bucket|count|sum)$", "", name) for name in scraped} <= told


def test_there_are_five_dashboards() -> None:
    boards = [json.loads(path.read_text()) for path in DASHBOARDS]
    assert [path.stem for path in DASHBOARDS] == [
        "overview", "performance", "provider-health", "system", "tokens-and-cost",
    ]  # fmt: skip
    assert len({board["uid"] for board in boards}) == 5
    for board in boards:
        panels = board["panels"]
        assert len({panel["id"] for panel in panels}) == len(panels) > 8
        assert all(panel["targets"] for panel in panels)
        assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_query_of_a_dashboard_names_what_there_is(path: Path, scraped: set[str]) -> None:
    queries = [*expressions(json.loads(path.read_text()))]
    assert len(queries) > 8
    for query in queries:
        asked = names(query)
        assert asked, query
        assert asked <= scraped | FROM_ELSEWHERE, query


def test_every_alert_is_about_what_there_is_and_says_what_to_do(scraped: set[str]) -> None:
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    assert len(rules) > 10
    for rule in rules:
        assert names(rule["expr"]) <= scraped | FROM_ELSEWHERE, rule["alert"]
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert {"summary", "description"} <= rule["annotations"].keys()


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool comes with Prometheus, which is not installed")
@pytest.mark.parametrize("what", [("rules", "alerts.yml"), ("config", "prometheus.yml")])
def test_promtool_finds_the_rules_sound(what: tuple[str, str]) -> None:
    done = subprocess.run(
        ["promtool", "check", what[0], str(RULES.with_name(what[1]))], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
