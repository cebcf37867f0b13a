"""A gateway as the widgets see it: fixed answers over real HTTP, of the dataclasses that the real one answers with."""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from ai_dashboard.core.cache import CacheFigures, ExactFigures
from ai_dashboard.core.snapshot import (
    ConfigView,
    GatewayView,
    Health,
    HostView,
    Percentiles,
    ProviderView,
    SeriesPoint,
    SharedView,
    Snapshot,
)

NOW = 1_795_277_955.0
"""2026-11-21 16:19:15 UTC."""


def provider(name: str, health: Health = Health.ACTIVE, **more: object) -> ProviderView:
    """One that does well, but for what is said otherwise."""
    usual = ProviderView(
        name, "vllm", "127.0.0.1:8001", True, health, "", ("a", "b"), 1, 90, 12.0, 0.0, Percentiles(0.9, 2.0, 3.0),
        Percentiles(0.05, 0.25, 0.5), 120.0, "", None, (None, 0.5, 1.5), check_s=0.0036,
    )  # fmt: skip
    return replace(usual, **more)  # type: ignore[arg-type]


SNAPSHOT = Snapshot(
    version=7,
    at=NOW,
    gateway=GatewayView(
        "127.0.0.1", 4000, 4242, "1.2.3", 93_780.0, 1.25, 2, 123_456, 62, 3, 250.4, Percentiles(), connections=9
    ),
    config=ConfigView(1, "/etc/ai", "files", usable=True, hash="0a1b2c3d4e5f"),
    providers=(
        provider("vllm"),
        provider("ollama", Health.DEGRADED, reason="5% of requests failed in 15 min", address="127.0.0.1:11434",
                 ttft=Percentiles(0.5, 2.0, 3.0), error_ratio=0.05, tokens_per_s=40.0, per_minute=3.0),
        provider("cloud", Health.UNAVAILABLE, reason="refused", address="https://api.example", check_s=None,
                 error_ratio=0.5, ttft=Percentiles(1.0, 9.0, 9.0), tokens_per_s=10.0),
        provider("spare", Health.DISABLED, total=Percentiles(), ttft=Percentiles(), error_ratio=None, check_s=None),
    ),
    series=tuple(SeriesPoint(NOW - 5 * back, 3, 0) for back in range(30, -1, -1)),
    ttft=Percentiles(0.05, 0.31, 1.25),
    total=Percentiles(0.9, 2.0, 75.0),
    host=HostView(own_memory=245_500_000, own_cpu=0.042),
    shared=SharedView("redis://127.0.0.1:6379/0", True, "", NOW, 1, 0.0012),
)  # fmt: skip
CACHE = CacheFigures(
    True, ExactFigures(678, 555, 2, 1, 600, 23, 1456, 24_536_678, 268_435_456, mean_ttl_s=1234.0), saved_usd=1.5,
    saved_s=95.0,
)  # fmt: skip
RECORDS = [
    {"id": "a1", "at": NOW - 2, "asked": "qwen3", "provider": "vllm", "status": 200, "total_s": 1.56, "error": None,
     "message": "", "cached": None},
    {"id": "a2", "at": NOW - 1, "asked": "evil\x1b[2J\u202e\tname", "provider": None, "status": 503, "total_s": 0.02,
     "error": "nobody_there", "message": 'no "one" \\ here', "cached": None},
    {"id": "a3", "at": NOW, "asked": "qwen3", "provider": "vllm", "status": 200, "total_s": 0.001, "error": None,
     "message": "", "cached": "exact"},
]  # fmt: skip
METRICS = """\
# HELP litellm_requests_total Requests
litellm_requests_total{status="success"} 85
litellm_requests_total{status="cancelled"} 5
litellm_requests_total{status="error"} 10
litellm_request_duration_seconds_bucket{le="1",model="b"} 50
litellm_request_duration_seconds_bucket{le="0.5",model="a"} 20
litellm_request_duration_seconds_bucket{le="+Inf",model="a"} 40
litellm_request_duration_seconds_bucket{le="1",model="a"} 30
litellm_request_duration_seconds_bucket{le="0.5",model="b"} 30
litellm_request_duration_seconds_bucket{le="+Inf",model="b"} 60
litellm_cache_hits_total 30
litellm_cache_misses_total 70
"""
OPEN = ("/health",)


@dataclass
class Fake:
    """What is answered, to whom, and what was asked. A `key` is wanted for everything but `/health…`."""

    key: str = ""
    answers: dict[str, str | int] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, target: str, sent: str | None) -> tuple[int, str]:
        """Status and body."""
        path = target.partition("?")[0]
        self.asked.append((path, sent))
        if self.key and sent != f"Bearer {self.key}" and not path.startswith(OPEN):
            return 401, '{"error": {"message": "no"}}'
        told = self.answers.get(target, self.answers.get(path, 404))
        return (told, "{}") if isinstance(told, int) else (200, told)


def usual() -> dict[str, str | int]:
    """Everything that the widgets ask for, as a gateway that runs well answers it."""
    details = {it.name: {"status": it.health, "wish": it.wish, "reason": it.reason} for it in SNAPSHOT.providers}
    return {
        "/health/liveliness": '{"status":"alive","service":"ai-dashboard"}',
        "/health": json.dumps({"status": "degraded", "providers": 4, "redis": "up", "details": details}),
        "/api/admin/snapshot": as_json(SNAPSHOT),
        "/api/admin/cache/stats": as_json(CACHE),
        "/api/admin/requests": json.dumps({"records": RECORDS, "last": 3}, ensure_ascii=False),
        "/metrics": METRICS,
    }


def as_json(value: Snapshot | CacheFigures) -> str:
    """As it comes over the admin API: on one line."""
    return json.dumps(dataclasses.asdict(value), ensure_ascii=False, separators=(",", ":"))


@contextmanager
def served(fake: Fake) -> Iterator[Fake]:
    """It listens while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, body = fake.answer(self.path, self.headers.get("authorization"))
            raw = body.encode()
            self.send_response(status)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_request(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake.port = server.server_port
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
