"""What each widget shows of a gateway that is known to the last figure."""

import json
import re
from dataclasses import replace

import pytest

from ai_dashboard.core.snapshot import Health
from tests.widgets.gateway import SNAPSHOT, Fake, as_json, provider, served
from tests.widgets.running import widget

VIEWS = {
    "health-status": """\
Health
● gateway (PORT) UP TIME
● vllm    (8001)  UP     3.6 ms
◐ ollama  (11434) UP     3.6 ms  5% of requests failed in 15 min
○ cloud   (443)   DOWN        –  refused
– spare   (8001)  OFF         –
● Redis   (6379)  UP     1.2 ms""",
    "providers-overview": """\
Providers
  provider  status       models    load  latency
● vllm      active            2    12/m   900 ms
◐ ollama    degraded          2     3/m   900 ms
○ cloud     unavailable       2    12/m   900 ms
– spare     disabled          2    12/m        –""",
    "litellm-metrics": """\
Requests
Requests  123,456 in all, 36 in the last minute
Latency   p50 900 ms  p95 2.0 s  p99 1 min
1st token p50 50 ms  p95 310 ms  p99 1.2 s
Errors    62 (0.1 %)
Cache     678 hits (55 %)
Now       2 in flight, 1.2 requests/s, 250 tokens/s""",
    "cache-performance": """\
Cache
Keys       1,456
Memory     23.4 MiB of 256.0 MiB
Hit rate   55 %  (678 of 1,233)
Evictions  23
Avg TTL    20 min
Saved      1 min, $1.5000""",
    "provider-score": """\
Provider scores
provider  score  grade  recommendation
vllm        100  A      primary
ollama       46  F      look into it
cloud         2  F      avoid: refused
spare         –  –      off""",
    "litellm-logs": """\
Log
16:19:13 INFO  qwen3 → vllm  200  1.6 s
16:19:14 ERROR evil[2J name → nobody  503  20 ms  nobody_there: no "one" \\ here
16:19:15 INFO  qwen3 → vllm (cache)  200  1.0 ms""",
    "litellm-status": """\
Gateway
Status       ● running  1.2.3
Uptime       1 d 2 h
PID          4242
CPU          4.2 % of a core
Memory       234.1 MiB
Connections  9 open, 2 requests in flight
Config       0a1b2c3d (unchanged since the start)
Last start   2026-11-20 14:16:15""",
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_widget_shows(name: str, env: dict[str, str]) -> None:
    done = widget(name, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    text = re.sub(r"\(\d+\) +UP +\d+\.?\d* ms", "(PORT) UP TIME", done.stdout, count=1)
    assert text.rstrip("\n") == VIEWS[name]


def test_health_without_a_key_is_what_everybody_may_know(gateway: Fake, env: dict[str, str]) -> None:
    for key in ("", "another"):
        done = widget("health-status", env=env | {"LITELLM_API_KEY": key})
        lines = done.stdout.splitlines()
        assert lines[2:] == [
            "○ cloud   (–)     DOWN        –  refused",
            "◐ ollama  (–)     UP          –  5% of requests failed in 15 min",
            "– spare   (–)     OFF         –",
            "● vllm    (–)     UP          –",
            "● Redis   (–)     UP          –",
        ]


def test_a_gateway_with_nothing_to_show(gateway: Fake, env: dict[str, str]) -> None:
    empty = replace(SNAPSHOT, providers=(), shared=None, series=(), config=replace(SNAPSHOT.config, number=3))
    gateway.answers |= {"/api/admin/snapshot": as_json(empty), "/api/admin/requests": '{"records":[]}'}
    gateway.answers["/api/admin/cache/stats"] = '{"enabled":false}'
    shown = {name: widget(name, env=env).stdout.splitlines() for name in VIEWS}
    nothing = "no providers: start one of your own, or set a key"
    assert shown["health-status"][2:] == ["– Redis   (–)     OFF         –  not used"]
    assert shown["providers-overview"][1:] == shown["provider-score"][1:] == [nothing]
    assert shown["cache-performance"][1:] == ["off: set `cache.enabled: true` in gateway.yaml"]
    assert shown["litellm-logs"][1:] == ["nothing yet"]
    assert "Config       0a1b2c3d (changed 2 times since the start)" in shown["litellm-status"]


def test_the_score_goes_by_what_was_measured(gateway: Fake, env: dict[str, str]) -> None:
    quiet = provider("quiet", tokens_per_s=None, error_ratio=None)
    idle = provider("idle", Health.ACTIVE, ttft=replace(SNAPSHOT.ttft, p95=None), error_ratio=None)
    gateway.answers["/api/admin/snapshot"] = as_json(replace(SNAPSHOT, providers=(idle, quiet)))
    assert widget("provider-score", env=env).stdout.splitlines()[2:] == [
        "quiet       100  A      primary",
        "idle          –  –      no requests to judge by",
    ]


def test_prometheus_has_the_better_figures(env: dict[str, str]) -> None:
    def vector(**values: str) -> str:
        found = [{"metric": {"provider": name}, "value": [0, value]} for name, value in values.items()]
        return json.dumps({"status": "success", "data": {"resultType": "vector", "result": found}})

    class Prometheus(Fake):
        def answer(self, target: str, sent: str | None) -> tuple[int, str]:
            assert sent is None
            if "quantile" in target:
                return 200, vector(vllm="10", ollama="0.2")
            return 200, vector(vllm="0.1", ollama="0") if "errors" in target else vector(vllm="0.5", ollama="1")

    with served(Prometheus()) as prometheus:
        lines = widget("provider-score", env=env | {"PROM_HOST": prometheus.url}).stdout.splitlines()
    assert lines[2:4] == ["ollama       94  A      primary", "vllm         20  F      look into it"]
    done = widget("provider-score", env=env | {"PROM_HOST": prometheus.url})
    assert done.stderr == f"provider-score: no Prometheus answers at {prometheus.url} (unset PROM_HOST to do without)\n"


@pytest.mark.parametrize("more", [{"LITELLM_METRICS_ENDPOINT": "/metrics"}, {"LITELLM_API_KEY": ""}])
def test_metrics_are_read_from_a_prometheus_page_as_well(
    more: dict[str, str], gateway: Fake, env: dict[str, str]
) -> None:
    gateway.key = "" if "LITELLM_API_KEY" in more else gateway.key
    assert widget("litellm-metrics", env=env | more).stdout == (
        "Requests\n"
        "Requests  100 in all\n"
        "Latency   p50 500 ms  p95 1.0 s  p99 1.0 s\n"
        "Errors    10 (10 %)\n"
        "Cache     30 hits (30 %)\n"
    )


def test_a_log_source_is_a_command_or_a_file(env: dict[str, str]) -> None:
    said = 'one\ntwo "quoted" \\back\n\x1b[31mthree\x1b[0m\ttab\n'
    path = f"{env['HOME']}/gateway.log"
    with open(path, "w") as file:  # noqa: PTH123 - the path is the widget's, too
        file.write("old\n" * 30 + said)
    shown = ["Log", 'two "quoted" \\back', "[31mthree[0m tab"]
    for source in (path, f"cat {path}"):
        done = widget("litellm-logs", env=env | {"LITELLM_LOG_SOURCE": source, "HEIGHT": "3"})
        assert done.stdout.splitlines() == shown
    done = widget("litellm-logs", env=env | {"LITELLM_LOG_SOURCE": "echo gone; exit 3"})
    assert done.returncode == 1
    assert "ended with exit code 3" in done.stderr
