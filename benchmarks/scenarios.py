"""What is measured: bodies, connections and the figures that are read off each run."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Reading = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One load: `body` is sent over `connections` for `seconds`, `rate` in all per second (0: as fast as it goes)."""

    name: str
    body: bytes
    connections: int
    seconds: float
    rate: float = 0


@dataclass(frozen=True, slots=True)
class Figure:
    """One column of the table: read from one scenario, `higher` is better or not."""

    title: str
    scenario: str
    read: Callable[[Reading], float]
    higher: bool
    unit: str = ""


def _body(model: str, size: int, *, stream: bool = False) -> bytes:
    """A chat request of about `size` bytes, in compact JSON: the pretend provider looks for `"stream":true`."""
    text = ("lorem ipsum dolor sit amet " * (size // 27 + 1))[: max(0, size - 90)]
    ask: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": text}]}
    if stream:
        ask |= {"stream": True, "stream_options": {"include_usage": True}}
    return json.dumps(ask, separators=(",", ":")).encode()


SMALL = _body("bench", 1024)
PACED = _body("bench-paced", 1024, stream=True)

SCENARIOS = (
    *(Scenario(f"json c={count}", SMALL, count, 2.0) for count in (1, 16, 64, 256)),
    Scenario("100 KB c=16", _body("bench", 100 * 1024), 16, 2.0),
    Scenario("burst c=16", _body("bench", 1024, stream=True), 16, 2.0),
    Scenario("paced c=16", PACED, 16, 3.0),
    Scenario("paced c=256", PACED, 256, 4.0),
)

FIGURES = (
    *(Figure(f"req/s c={count}", f"json c={count}", lambda r: r["rps"], higher=True) for count in (1, 16, 64, 256)),
    Figure("p50 c=1", "json c=1", lambda r: r["latency"]["p50"], higher=False, unit="ms"),
    Figure("p99 c=1", "json c=1", lambda r: r["latency"]["p99"], higher=False, unit="ms"),
    Figure("100 KB req/s", "100 KB c=16", lambda r: r["rps"], higher=True),
    Figure("burst streams/s", "burst c=16", lambda r: r["rps"], higher=True),
    Figure("TTFT p50", "paced c=16", lambda r: r["ttft"]["p50"], higher=False, unit="ms"),
    Figure("TTFT p99", "paced c=16", lambda r: r["ttft"]["p99"], higher=False, unit="ms"),
    Figure("CPU/chunk", "paced c=256", lambda r: r["cpu_s"] / r["events"] * 1e6, higher=False, unit="µs"),
    Figure("one-way p99", "paced c=256", lambda r: r["oneway"]["p99"], higher=False, unit="ms"),
)
