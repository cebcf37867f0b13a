"""`./dev bench --planning`: how long one plan takes, with 20 providers and 200 rules.

Processor time of `Planner.plan` alone, medians of many short runs, so that a busy machine changes little. Most requests
of most configurations get a plan that is remembered; the other rows are requests that get one of their own each time.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from types import MappingProxyType
from typing import Any

from ai_dashboard.config.load import Config
from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.core.plan import Plan, Requirements, RouteFacts
from ai_dashboard.core.snapshot import Health
from ai_dashboard.routing.live import KnownProvider, KnownTarget
from ai_dashboard.routing.planner import Planner
from ai_dashboard.routing.table import Table, compile_table

PROVIDERS, RULES = 20, 200
PLANS = 2_000
"""In one short run."""

WANTED_US = 15.0


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of request, and how many may answer it before the default chain. `news`: before each plan something has
    happened that plans rest on."""

    name: str
    facts: RouteFacts
    candidates: int
    news: bool = False


def _asked(model: str, **more: Any) -> RouteFacts:  # noqa: ANN401 - any field
    return RouteFacts(model, prompt_tokens=300, **more)


CASES = (
    Case("remembered", _asked("pattern-7"), 2),
    Case("in weighted turn, 3 of a load", _asked("shared-3"), 3),
    Case("in weighted turn, 5 of a load", _asked("shared-5"), 5),
    Case("by latency, 5 of a load", _asked("shared-5", stream=True, strategy="latency_based"), 5),
    Case("by cost, 5 of a load", _asked("shared-5", strategy="cost_optimized"), 5),
    Case("with a requirement, 5 in a chain", _asked("chained", requirements=Requirements(max_cost=1.0)), 5),
    Case("with a condition, 3 of a load", _asked("conditional"), 3),
    Case("something has happened, 2 by a pattern", _asked("pattern-7"), 2, news=True),
    Case("something has happened, 5 in a chain", _asked("chained"), 5, news=True),
)


def measure(rounds: int, plans: int = PLANS) -> str:
    """A Markdown table: a row for each kind of request."""
    table, live = table_of_many(), providers_in_use()
    lines = ["| a plan, 20 providers and 200 rules | µs |", "| --- | ---: |"]
    for case in CASES:
        took = statistics.median(seconds(case, table, live, plans) for _ in range(max(1, rounds)))
        lines.append(f"| {case.name} | {took * 1e6:.1f} |")
    return "\n".join([*lines, f"\nwanted: {WANTED_US:.0f} where it is not remembered"])


def seconds(case: Case, table: Table, live: Mapping[str, KnownProvider], plans: int) -> float:
    """Processor time of one plan: the median of ten runs."""
    planner = Planner(table, Random(1))
    return statistics.median(_run(case, planner, live, max(1, plans // 10)) for _ in range(10))


def planned(case: Case) -> Plan:
    """The plan that is measured."""
    return Planner(table_of_many(), Random(1)).plan(case.facts, providers_in_use(), 1)


def _run(case: Case, planner: Planner, live: Mapping[str, KnownProvider], plans: int) -> float:
    plan: Callable[..., object] = planner.plan
    # Every request brings facts of its own.
    asked = [replace(case.facts) for _ in range(plans)]
    step = int(case.news)
    began = time.process_time()
    for number, facts in enumerate(asked):
        plan(facts, live, number * step)
    return (time.process_time() - began) / plans


def table_of_many() -> Table:
    """Twenty providers with ten models each, and two hundred rules."""
    names = [f"p{number}" for number in range(PROVIDERS)]
    entries = {
        name: {
            "type": "openai_compatible",
            "base_url": f"http://{name}.example",
            "cost_per_1k_tokens": {"*": {"input": 0.001 * (1 + number % 4), "output": 0.002}},
            "models": [
                {"name": f"model-{number // 5 * 10 + place}", "context_length": 8192 * (1 + place % 3)}
                for place in range(10)
            ],
        }
        for number, name in enumerate(names)
    }
    config = Config(
        MappingProxyType(ProvidersFile.model_validate({"providers": entries}).providers),
        Mappings.model_validate(_rules(names)),
        GatewaySettings(),
        "a benchmark",
    )
    return compile_table(config)


def _rules(names: list[str]) -> dict[str, Any]:
    def name(number: int) -> str:
        return names[number % PROVIDERS]

    exact = {f"exact-{it}": {"provider": name(it), "backend_model": f"model-{it % 40}"} for it in range(RULES // 2 - 5)}
    exact["chained"] = {"provider": "p0", "backend_model": "model-1", "fallback": "p5"}
    patterns = [
        {
            "pattern": f"^pattern-{it}$",
            "provider": name(it),
            "backend_model": f"model-{it % 40}",
            "fallback": name(it + 1),
        }
        for it in range(RULES // 2)
    ]
    shares = [{"provider": name(it), "weight": it + 1, "preferred_model": f"model-{it // 5 * 10}"} for it in range(5)]
    return {
        "exact_matches": exact,
        "patterns": patterns,
        "load_balancing": {
            "shared-3": {"providers": shares[:3]},
            "shared-5": {"providers": shares},
            "conditional": {"providers": [shares[0] | {"condition": "length > 1000"}, *shares[1:3]]},
        },
        "fallback_chains": {"default": ["p9/model-11"], "chained": ["p10/model-20", "p15/model-30", "p16/model-31"]},
    }


def providers_in_use() -> Mapping[str, KnownProvider]:
    """All are well, and have answered before."""
    target = KnownTarget(ewma_ttft_s=0.3, ewma_total_s=2.0, p95_s=4.0, success_ratio=0.99)
    return {
        f"p{number}": KnownProvider(
            Health.ACTIVE,
            in_flight=number % 3,
            models=tuple(f"model-{number // 5 * 10 + place}" for place in range(10)),
            targets={f"model-{place}": replace(target, ewma_ttft_s=0.1 + number / 20) for place in range(40)},
        )
        for number in range(PROVIDERS)
    }
