"""What is worked out only while somebody looks: histories over a window, one provider in detail, and its service."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from ai_dashboard.config.schema import Provider
from ai_dashboard.core.cache import CacheView
from ai_dashboard.core.errors import ProviderNotFound
from ai_dashboard.core.histogram import SUB, edges
from ai_dashboard.core.history import (
    Bucket,
    HistoryView,
    ProviderDetail,
    SeriesKey,
    ServiceAction,
    ServiceView,
    Window,
)  # fmt: skip
from ai_dashboard.core.queue import QueueView
from ai_dashboard.gateway import units
from ai_dashboard.gateway.gauges import Gauges
from ai_dashboard.gateway.generation import Generation
from ai_dashboard.gateway.runtime import Runtime

TOGETHER = SUB // 2
"""Buckets that are shown as one: two bars an octave tell as much as an eye can."""


class Watched(Protocol):
    """The part of a gateway that is looked into."""

    @property
    def runtime(self) -> Runtime: ...
    @property
    def generation(self) -> Generation: ...
    @property
    def gauges(self) -> Gauges: ...


class Insight:
    """Belongs to the gateway's loop."""

    def __init__(self, gateway: Watched) -> None:
        self._gateway = gateway

    def history(self, window: Window, shown: Iterable[SeriesKey] = ()) -> HistoryView:
        """A window of all models; `shown` are those whose points are wanted."""
        runtime = self._gateway.runtime
        runtime.tally()
        return runtime.history.view(runtime.clock.monotonic(), runtime.clock.wall(), window, shown)

    def cache(self, window: Window) -> CacheView:
        """The cache over a window."""
        return self._gateway.gauges.cache_over(window)

    def queue(self, window: Window) -> QueueView:
        """The queue over a window."""
        return self._gateway.gauges.queue_over(window)

    def provider(self, name: str) -> ProviderDetail:
        """One provider in detail. Raises `ProviderNotFound`."""
        unit = self._configured(name).service
        runtime = self._gateway.runtime
        runtime.tally()
        now, wall, state = runtime.clock.monotonic(), runtime.clock.wall(), runtime.provider(name)
        ttft, total = state.track.histograms(now)
        return ProviderDetail(
            name=name,
            at=wall,
            since=wall - (now - runtime.started),
            changes=tuple(state.changes),
            failures=tuple(state.failures),
            limits=tuple(state.limits_left(now)),
            ttft=tuple(bars(ttft)),
            total=tuple(bars(total)),
            unit=unit,
        )

    async def service(self, provider: str, action: ServiceAction | None = None) -> ServiceView:
        """How the systemd unit of a provider is, after `action` if one is given. Raises `ProviderNotFound`."""
        unit = self._configured(provider).service
        if not unit:
            return ServiceView("", "", f"no `service` is configured for {provider} in providers.yaml")
        return await (units.look(unit) if action is None else units.act(unit, action))

    def _configured(self, name: str) -> Provider:
        provider = self._gateway.generation.config.providers.get(name)
        if provider is None:
            raise ProviderNotFound(f"there is no provider {name[:64]!r}", hint="the snapshot lists all of them")
        return provider


def bars(counts: Sequence[int]) -> Iterator[Bucket]:
    """A histogram in broad bars, from the first to the last that holds anything."""
    broad = [sum(counts[start : start + TOGETHER]) for start in range(0, len(counts), TOGETHER)]
    held = [index for index, count in enumerate(broad) if count]
    if not held:
        return
    for index in range(held[0], held[-1] + 1):
        first = index * TOGETHER
        yield Bucket(edges(first)[0], edges(first + TOGETHER - 1)[1], broad[index])
