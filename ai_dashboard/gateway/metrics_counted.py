"""What `/metrics` tells of what has been counted since the start: requests, attempts, tokens, money, the cache."""

from collections.abc import Callable, Iterable, Iterator

from ai_dashboard.core.costs import dollars
from ai_dashboard.gateway.caching import Caching
from ai_dashboard.gateway.metering import Meter, Served
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.telemetry.metrics import Family, pairs, sample


def counted(runtime: Runtime, caching: Caching) -> Iterator[Family]:
    """Every family. Samples are read when they are written, so each is as of that moment."""
    meter = runtime.meter
    yield from _requests(meter, runtime)
    yield from _providers(meter)
    yield from _tokens(meter)
    yield from _routing(meter)
    yield from _cache(meter, caching)
    yield from _queue(runtime)


def _requests(meter: Meter, runtime: Runtime) -> Iterator[Family]:
    yield Family(
        "litellm_requests_total",
        "counter",
        "Requests, by how they ended. Cancelled are those whose callers left before the end.",
        (
            sample(meter.succeeded, 'status="success"'),
            sample(meter.failed, 'status="error"'),
            sample(meter.left, 'status="cancelled"'),
        ),
    )
    yield Family(
        "litellm_request_duration_seconds",
        "histogram",
        "Time from a request's arrival to the end of its answer, of those that were answered.",
        meter.requests.samples(),
    )
    yield Family(
        "gateway_overhead_seconds",
        "histogram",
        "The gateway's own share of the time to the first bytes of an answer.",
        meter.overhead.samples(),
    )
    yield Family(
        "gateway_errors_total", "counter", "Requests that ended with an error, by its code.", meter.refusals.samples()
    )
    yield Family("gateway_retries_total", "counter", "Providers asked once more.", (sample(runtime.retries),))
    yield Family(
        "gateway_hedges_total", "counter", "Second providers asked beside a slow first one.", (sample(runtime.hedges),)
    )


def _providers(meter: Meter) -> Iterator[Family]:
    yield Family(
        "provider_requests_total",
        "counter",
        "Attempts at a provider, by how they ended. Cancelled are those that were called off.",
        _each(meter, Served.requests),
    )
    yield Family(
        "provider_errors_total", "counter", "Attempts that a provider failed, by the error.", meter.failures.samples()
    )
    yield Family(
        "provider_latency_seconds",
        "histogram",
        "Time that a provider took for a whole answer.",
        _each(meter, lambda served: served.total.samples(served.labels)),
    )
    yield Family(
        "provider_ttft_seconds",
        "histogram",
        "Time that a provider took to begin its answer.",
        _each(meter, lambda served: served.ttft.samples(served.labels)),
    )


def _tokens(meter: Meter) -> Iterator[Family]:
    yield Family(
        "llm_tokens_total",
        "counter",
        "Tokens. Cached ones are among those of the prompt, reasoning among those of the completion.",
        _each(meter, Served.tokens),
    )
    yield Family(
        "llm_cost_usd_total",
        "counter",
        "US dollars that attempts took, as far as their price is known.",
        _each(meter, lambda served: (sample(dollars(served.cost), served.labels),)),
    )
    yield Family(
        "llm_unpriced_requests_total",
        "counter",
        "Attempts whose price nobody knows.",
        _each(meter, lambda served: (sample(served.unpriced, served.labels),)),
    )


def _routing(meter: Meter) -> Iterator[Family]:
    yield Family(
        "router_routing_decisions", "untyped", "Requests that were routed, by strategy.", meter.strategies.samples()
    )
    yield Family(
        "router_fallback_triggered",
        "untyped",
        "Answers of another provider than the first one, because that one failed.",
        meter.fallbacks.samples(),
    )


def _cache(meter: Meter, caching: Caching) -> Iterator[Family]:
    yield Family(
        "cache_requests_total",
        "counter",
        "Requests, by what the cache had: the very answer, one that means the same, none, or it was not asked.",
        (
            sample(meter.hits, 'result="hit"'),
            sample(meter.alike, 'result="semantic"'),
            sample(meter.missed, 'result="miss"'),
            sample(meter.bypassed, 'result="bypass"'),
        ),
    )
    yield Family("litellm_cache_hits", "untyped", "Answers that were known.", (sample(meter.hits + meter.alike),))
    yield Family(
        "litellm_cache_misses", "untyped", "Requests that were looked up and not known.", (sample(meter.missed),)
    )
    yield Family("cache_saved_seconds_total", "counter", "Time that known answers saved.", (sample(caching.saved_s),))
    yield Family(
        "cache_saved_usd_total", "counter", "US dollars that known answers saved.", (sample(caching.saved_usd),)
    )
    yield Family("cache_evictions_total", "counter", "Answers that made room.", (sample(caching.exact.memory.evicted),))


def _queue(runtime: Runtime) -> Iterator[Family]:
    room = runtime.waiting
    yield Family(
        "queue_requests_total",
        "counter",
        "Requests that waited for a place, by what became of them; shed are those that found no room to wait.",
        (
            sample(room.served, pairs(result="served")),
            sample(room.shed, pairs(result="shed")),
            sample(room.expired, pairs(result="expired")),
        ),
    )


def _each(meter: Meter, of: Callable[[Served], Iterable[str]]) -> Iterator[str]:
    for served in meter.served:
        yield from of(served)
