"""Budgets of the real program: set from the command line, kept over any end, and shared by three that race."""

import json
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.program import Serving, run, serving, until
from tests.e2e.till import Provider, chat, configure, providing, spent
from tests.valkey import valkey

pytestmark = pytest.mark.e2e

PRICE = 0.07
WRITTEN_WITHIN_S = 1.0


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as server:
        yield server


def test_a_budget_is_set_and_spent_and_outlives_every_end(provider: Provider, tmp_path: Path) -> None:
    state, env = configure(tmp_path, provider), {"BUDGET_LIMIT": "0.10"}
    with serving(state=state, env=env) as gateway:
        assert [chat(gateway.port) for _ in range(2)] == [200, 402]
        told = run("budget", "set", "0.50", "--url", gateway.url, state=state)
        assert (told.returncode, "all together, monthly" in told.stdout) == (0, True), told.stderr
        assert [chat(gateway.port) for _ in range(2)] == [200] * 2
        gateway.end(signal.SIGTERM)
    with serving(state=state, env=env) as gateway:
        assert spent(gateway) == pytest.approx(3 * PRICE)
        assert [chat(gateway.port) for _ in range(2)] == [200] * 2
        time.sleep(WRITTEN_WITHIN_S)
        assert chat(gateway.port) == 200
        gateway.end(signal.SIGKILL)
    with serving(state=state, env=env) as gateway:
        assert spent(gateway) in (pytest.approx(5 * PRICE), pytest.approx(6 * PRICE))
        said = json.loads(run("costs", "--by", "model", "--json", "--url", gateway.url, state=state).stdout)
        assert [(row["name"], row["calls"]) for row in said["rows"]] in ([("m", 5)], [("m", 6)])
        assert [chat(gateway.port) for _ in range(3)][-1] == 402


def test_three_gateways_race_for_a_dollar_while_their_redis_is_killed(provider: Provider, tmp_path: Path) -> None:
    provider.go_on.clear()
    with valkey("--appendonly", "yes", "--appendfsync", "always") as redis, ExitStack() as stack:
        env = {"REDIS_URL": redis.url, "BUDGET_LIMIT": "1"}
        folders = [configure(tmp_path / name, provider) for name in ("one", "two", "three")]
        gateways = [stack.enter_context(serving(state=folder, env=env)) for folder in folders]
        until(lambda: all(_gateways(it) == 3 for it in gateways), what="all know of all")
        pool = stack.enter_context(ThreadPoolExecutor(100))
        asked = [pool.submit(chat, gateways[number % 3].port) for number in range(200)]
        until(lambda: provider.asked + sum(it.done() for it in asked) >= 100, what="the first are asked")
        redis.kill()
        provider.go_on.set()
        done = Counter(it.result() for it in asked)
        assert set(done) == {200, 402}
        redis.start()
        paid = done[200] * PRICE
        assert 0 < paid <= 1
        until(
            lambda: all(spent(it) == pytest.approx(paid, abs=1e-9) for it in gateways),
            within_s=10,
            what=f"all books say {paid}",
        )
        # What was kept apart for a time without Redis can be spent by now, down to the last call that fits.
        while 200 in (more := [chat(it.port) for it in gateways]):
            paid += more.count(200) * PRICE
        assert 1 - PRICE < paid <= 1
        until(lambda: all(spent(it) == pytest.approx(paid, abs=1e-9) for it in gateways), what=f"all say {paid}")


def _gateways(gateway: Serving) -> int:
    shared = gateway.get("/api/admin/snapshot")[1]["shared"]
    return shared["gateways"] if shared and shared["up"] else 0
