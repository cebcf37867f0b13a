"""The screen in this process, in front of a scripted gateway: a tick, a filter over a full list, what a million records
leave behind."""

import asyncio
import gc
import os
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from textual.pilot import Pilot

from ai_dashboard.core.records import RecordPage, RequestRecord
from ai_dashboard.core.snapshot import Snapshot
from ai_dashboard.tui.app import ControlCentre
from ai_dashboard.tui.panels.requests import RequestsPanel
from benchmarks.processes import pss_mb
from tests.tui.fakes import NOW, FakePort, busy, record

PAGE = 500
MILLION = 1_000_000
WARM = 250_000
TICKS = 40

FILTERS = (
    "provider:openai", "status:>=400", "ttft:>2s", "model:qwen* tenant:acme", "timeout", "-provider:vllm status:2xx",
    "provider:ollama status:>=400 ttft:>2s model:qwen* tenant:x text",
)  # fmt: skip

SCREENS = {"overview": "1", "requests": "4", "routing": "5", "latency": "3", "logs": "9"}


@dataclass
class Many(FakePort):
    """A gateway that has answered another page of requests each time that it is asked."""

    async def snapshot(self) -> Snapshot:
        version = self.picture.version + 1
        # Time flies, so that the history of pictures is full before anything is measured.
        self.picture = replace(busy(version), at=NOW + 500 * version)
        return self.picture

    async def records(self, after: int, limit: int = PAGE) -> RecordPage:
        page = tuple(_record(seq) for seq in range(after + 1, after + min(limit, PAGE) + 1))
        return RecordPage(page, after + len(page), 0)


def _record(seq: int) -> RequestRecord:
    who, status, tenant = ("openai", "vllm")[seq % 2], (503 if seq % 50 == 0 else 200), ("acme", "other")[seq % 3 % 2]
    return record(seq, provider=who, status=status, tenant=tenant, ttft_s=seq % 30 / 10, plan=None)


@asynccontextmanager
async def _screen() -> AsyncIterator[tuple[ControlCentre, Pilot[None]]]:
    app = ControlCentre(Many(busy()), quit_asks=False)
    async with app.run_test(size=(120, 40)) as pilot:
        for _ in range(12):
            await app.feed.poll()
        yield app, pilot
        app.workers.cancel_all()


def ticks_s() -> list[tuple[str, float]]:
    """For some screens the processor time of a tick with a new picture and 500 new records, until it is painted."""
    return asyncio.run(_ticks())


async def _ticks() -> list[tuple[str, float]]:
    taken = []
    async with _screen() as (app, pilot):
        port = app.feed._port
        for name, key in SCREENS.items():
            await pilot.press(key)
            await pilot.pause(0.3)
            ticks = []
            for _ in range(TICKS):
                news = await port.records(app.feed._store.after, PAGE)  # made before the clock runs
                begun = time.process_time()
                app.feed._records_changed |= app.feed._store.add(news)
                app.feed._snapshot = busy(app.feed.picture.snapshot.version + 1 if app.feed.picture.snapshot else 1)
                app.feed.publish()
                await pilot.pause()
                ticks.append(time.process_time() - begun)
            taken.append((name, statistics.median(ticks)))
    return taken


def filtering_s() -> tuple[int, float]:
    """How many filters were tried, and the seconds that the slowest took until the list was drawn."""
    return asyncio.run(_filtering())


async def _filtering() -> tuple[int, float]:
    slowest = 0.0
    async with _screen() as (app, pilot):
        await pilot.press("4")
        panel = app.screen.query_one(RequestsPanel)
        for text in FILTERS:
            begun = time.perf_counter()
            panel.search(text)
            app.screen._compositor.render_strips()
            slowest = max(slowest, time.perf_counter() - begun)
            panel.search("")
    return len(FILTERS), slowest


def growth_mb() -> tuple[int, float]:
    """How many records went through a screen, and by how much it has grown meanwhile."""
    return asyncio.run(_growth())


async def _growth() -> tuple[int, float]:
    async with _screen() as (app, pilot):
        await pilot.press("4")
        await _through(app, WARM)
        before = _settled_mb()
        await _through(app, MILLION)
        return MILLION, _settled_mb() - before


async def _through(app: ControlCentre, records: int) -> None:
    for _ in range(records // PAGE):
        await app.feed.poll()
        await asyncio.sleep(0)


def _settled_mb() -> float:
    gc.collect()
    return pss_mb(os.getpid())
