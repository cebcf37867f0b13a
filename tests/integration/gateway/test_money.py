"""Money, end to end: what a request costs is on its record, in the books and in the admin API, and budgets hold."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ai_dashboard.core.records import Stage
from ai_dashboard.core.snapshot import AlertLevel
from ai_dashboard.state.link import Link
from tests.contract.callers.anthropic import Anthropic
from tests.contract.callers.base import Caller, Door, Wish
from tests.contract.callers.google import Google
from tests.contract.callers.ollama import Ollama
from tests.contract.callers.openai_chat import OpenAIChat
from tests.contract.callers.openai_responses import OpenAIResponses
from tests.integration.gateway.crew import all_know_of_all, crew
from tests.integration.gateway.scene import (
    ADMIN,
    DONE,
    HELLO,
    PATIENCE_S,
    ROLE,
    STOP,
    WORLD,
    House,
    Play,
    Script,
    cut,
    error_of,
    hanging,
    house,
    reply,
    stream,
    until,
)
from tests.integration.gateway.till import (
    CENT,
    METERED,
    PAID,
    SEVEN,
    SPOKEN,
    STREAM,
    Held,
    api,
    balanced,
    nano,
    records,
    seven,
)
from tests.valkey import Valkey, valkey

DOLLAR: Mapping[str, Any] = {"budgets": {"total": 1}}
RACERS = 200
STREAMED = stream(STREAM)
BOOM = reply(500, b'{"error":{"message":"boom"}}')


@pytest.fixture
def redis() -> Iterator[Valkey]:
    with valkey() as server:
        yield server


# ── a dollar ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def race(gateways: list[House], held: Held, many: int, **wish: Any) -> Counter[int]:  # noqa: ANN401 - fields
    """So many requests at once, of which nobody is answered before all others were refused: status by status."""
    refused = Counter[int]()

    async def ask(home: House) -> int:
        response = await home.chat(**wish)
        if response.status_code != 200:
            refused[response.status_code] += 1
        return response.status_code

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask(gateways[number % len(gateways)])) for number in range(many)]
        await until(lambda: sum(refused.values()) + _in_flight(gateways) >= many, within_s=20)
        held.open()
    return Counter(task.result() for task in tasks)


def _in_flight(gateways: list[House]) -> int:
    return sum(state.in_flight for home in gateways for state in home.gateway.runtime.providers.values())


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_dollar_raced_by_200_at_once_is_not_overspent(streamed: bool) -> None:
    held = Held()
    async with house({"paid": Play(held)}, entries={"paid": PAID}, settings=DOLLAR) as home:
        assert await race([home], held, RACERS, stream=streamed, max_tokens=7) == {200: 14, 402: RACERS - 14}
        assert await balanced(home, RACERS) == 14 * SEVEN


async def test_what_was_reserved_too_much_is_free_again() -> None:
    held = Held()
    async with house({"paid": Play(held)}, entries={"paid": PAID}, settings=DOLLAR) as home:
        assert await race([home], held, 40, stream=False, max_tokens=14) == {200: 7, 402: 33}
        one_by_one = [(await home.chat(stream=False, max_tokens=14)).status_code for _ in range(8)]
        assert one_by_one == [200] * 6 + [402] * 2  # 14 tokens do not fit into the nine cents that are left
        assert await balanced(home, 48) == 13 * SEVEN


async def test_without_max_tokens_a_dollar_is_overspent_by_less_than_one_request() -> None:
    async with house({"paid": Play(seven)}, entries={"paid": PAID}, settings=DOLLAR) as home:
        answered, rounds = 0, 0
        while True:
            replies = await asyncio.gather(*(home.chat(stream=False) for _ in range(RACERS if not rounds else 20)))
            done = Counter(it.status_code for it in replies)
            assert set(done) <= {200, 402}
            answered, rounds = answered + done[200], rounds + 1
            if not done[200]:
                break
        assert 100 * CENT <= await balanced(home, home.gateway.runtime.requests) < 100 * CENT + SEVEN
        assert answered == 15


WAYS: Mapping[str, tuple[Mapping[str, Script], Mapping[str, Any], Mapping[str, Any]]] = {
    "hedged": ({"a": seven, "b": seven}, {"hedge": {"after": 0.001, "budget_ratio": 1}}, {}),
    "fallen back": ({"a": BOOM, "b": seven}, {}, {}),
    "continued": ({"a": cut(ROLE, HELLO), "b": STREAMED}, {"stream": {"on_cut": "continue"}}, {}),
    "two at once": ({"a": seven, "b": seven}, {}, {"stream": False, "ensemble": {"models": 2, "merge": "longest"}}),
}


@pytest.mark.parametrize(("scripts", "settings", "wish"), WAYS.values(), ids=WAYS)
async def test_however_a_request_is_answered_a_dollar_is_not_overspent(
    scripts: Mapping[str, Script], settings: Mapping[str, Any], wish: Mapping[str, Any]
) -> None:
    plays = {name: Play(script) for name, script in scripts.items()}
    entries = {name: {"type": "vllm", **PAID} for name in plays}
    async with house(plays, entries=entries, settings={**DOLLAR, **settings}) as home:
        for _ in range(3):
            await asyncio.gather(*(home.chat(**{"max_tokens": 7, **wish}) for _ in range(15)))
        assert 80 * CENT < await balanced(home, 45) <= 100 * CENT


async def test_three_gateways_on_one_redis_race_for_one_dollar(redis: Valkey) -> None:
    held = Held()
    async with crew({"paid": Play(held)}, redis.url, settings=DOLLAR, entries={"paid": PAID}) as gateways:
        await all_know_of_all(gateways)
        before = [link_of(home).state for home in gateways]
        done = await race(gateways, held, RACERS, stream=False, max_tokens=7)
        # A machine so busy that not even a connection is opened in two seconds has lost its Redis for that time, and
        # then what each goes by may be one call too many.
        steady = [link_of(home).state for home in gateways] == before
        # A quarter is promised to the gateways for a time without Redis, as long as it is enough for a call.
        assert 10 <= done[200] <= (14 if steady else 15)
        assert done[200] + done[402] == RACERS
        while 200 in [(await home.chat(stream=False, max_tokens=7)).status_code for home in gateways]:
            pass
        paid = sum(it.cost or 0 for home in gateways for it in home.gateway.records(0, 8192).records)
        assert 100 * CENT - SEVEN < paid <= (100 if steady else 107) * CENT
        for home in gateways:
            assert await spent(home, paid) == paid


def link_of(home: House) -> Link:
    link = home.gateway.link
    assert link is not None
    return link


async def spent(home: House, paid: int) -> int:
    """What the books of a gateway come to say. With a Redis they take a moment."""
    async with asyncio.timeout(PATIENCE_S):
        while (told := nano((await api(home, "costs"))["total"])) != paid:  # noqa: ASYNC110 - Redis is told a moment later
            await asyncio.sleep(0.01)
    return told


# ── receipts ─────────────────────────────────────────────────────────────────────────────────────────────────────────

PROMPT = CENT // 10
"""What a token of the prompt costs where it costs something. The provider counts three of it; `Hi` is about one."""

BILL = 3 * PROMPT + SEVEN


@dataclass(frozen=True)
class Case:
    """Providers, and what each attempt at them costs."""

    plays: Mapping[str, Script]
    costs: list[int]
    wish: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    stage: Stage = Stage.DONE


CASES = {
    "whole": Case({"a": seven}, [BILL], {"stream": False}),
    "streamed": Case({"a": STREAMED}, [BILL]),
    "streamed, nobody says what it took": Case({"a": stream(ROLE, HELLO, WORLD, STOP, DONE)}, [PROMPT + 5 * CENT]),
    "a failed attempt costs nothing": Case({"a": BOOM, "b": STREAMED}, [0, BILL]),
    "nobody answers": Case({"a": BOOM}, [0], stage=Stage.FAILED),
    "cut off": Case({"a": cut(ROLE, HELLO, WORLD)}, [PROMPT + 3 * CENT], stage=Stage.CUT),
    "hedged": Case({"a": hanging(), "b": STREAMED}, [PROMPT, BILL], settings={"hedge": {"after": 0.02}}),
    "the fastest of two": Case(
        {"a": hanging(), "b": seven}, [PROMPT, BILL], {"stream": False, "ensemble": {"models": 2, "merge": "first"}}
    ),
    "the longest of two": Case(
        {"a": seven, "b": seven}, [BILL, BILL], {"stream": False, "ensemble": {"models": 2, "merge": "longest"}}
    ),
    "two and a judge": Case(
        {"a": seven, "b": seven},
        [BILL, BILL, BILL],
        {"stream": False, "ensemble": {"models": 2, "merge": "judge", "judge": "m"}},
    ),
    "continued by another": Case(
        {"a": cut(ROLE, HELLO), "b": stream(ROLE, WORLD, STOP, SPOKEN, DONE)},
        [PROMPT + 2 * CENT, BILL],
        settings={"stream": {"on_cut": "continue"}},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_every_attempt_has_its_receipt(case: Case) -> None:
    plays = {name: Play(script) for name, script in case.plays.items()}
    entries = {name: {"type": "vllm", **METERED} for name in plays}
    async with house(plays, entries=entries, settings=case.settings) as home:
        await home.chat(**dict(case.wish))
        record = await home.record()
        assert [attempt.cost for attempt in record.attempts] == case.costs
        assert record.stage is case.stage
        assert await balanced(home) == sum(case.costs)


@pytest.mark.parametrize(("script", "cents"), [(hanging(ROLE, HELLO, WORLD), 3), (hanging(), 0)], ids=["mid", "before"])
async def test_whoever_leaves_pays_for_what_was_said(script: Script, cents: int) -> None:
    play = Play(script)
    async with house({"a": play}, entries={"a": METERED}) as home:
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(home.chat())
            running = home.gateway.runtime.running
            stage = Stage.STREAMING if cents else Stage.WAITING
            await until(lambda: bool(play.asked) and [it.stage for it in running.values()] == [stage])
            await asyncio.sleep(0.02)  # until all that was said has come
            asking.cancel()
        record = await home.record()
        assert (record.stage, record.error) == (Stage.GONE, "client_gone")
        assert await balanced(home) == PROMPT + cents * CENT


async def test_an_answer_without_tokens_costs_what_nobody_knows() -> None:
    picture = Play(reply(200, b'{"data": [{"b64_json": "aaaa"}]}'))
    async with house({"a": picture}, entries={"a": {"type": "openai", **METERED}}, settings=DOLLAR) as home:
        response = await home.http.post("/v1/images/generations", json={"model": "m", "prompt": "a house"})
        assert response.status_code == 200
        assert (await home.record()).cost is None
        (row,) = (await api(home, "costs?by=model"))["rows"]
        assert (row["calls"], row["unknown"], row["amount"]) == (1, 1, None)


async def test_a_machine_by_the_hour_is_paid_by_its_time() -> None:
    async with house({"a": Play(seven)}, entries={"a": {"hourly_cost": 3600}}) as home:
        await asyncio.gather(*(home.chat(stream=False) for _ in range(5)))
        told = await records(home, 5)
        costs = [record.cost or 0 for record in told]
        assert 0 < sum(costs) <= (max(it.at + it.total_s for it in told) - min(it.at for it in told)) * 1e9
        assert await balanced(home, 5) == sum(costs)


async def test_each_request_of_a_batch_is_paid_for_itself() -> None:
    asks = [{"model": "m", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 7} for _ in range(20)]
    async with house({"a": Play(seven)}, entries={"a": PAID}, settings=DOLLAR) as home:
        replies = (await home.http.post("/v1/chat/batch", json={"requests": asks})).json()["results"]
        assert Counter(it["status"] for it in replies) == {200: 14, 402: 6}
        assert await balanced(home, 20) == 14 * SEVEN


# ── what stays ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_was_spent_survives_a_restart(tmp_path: Path) -> None:
    async with house({"a": Play(seven)}, entries={"a": PAID}, settings=DOLLAR, state=tmp_path) as home:
        for _ in range(13):
            assert (await home.chat(stream=False, max_tokens=7)).status_code == 200
        before = await api(home, "costs")
        await home.http.post("/api/admin/budget", json={"budget_limit": 0.95}, headers=ADMIN)
    async with house({"a": Play(seven)}, entries={"a": PAID}, settings=DOLLAR, state=tmp_path) as home:
        after = await api(home, "costs")
        assert (after["total"], after["a"]) == (before["total"], before["a"]) == (0.91, 0.91)
        assert (after["budget_limit"], after["remaining"]) == (0.95, 0.04)
        refused = await home.chat(stream=False, max_tokens=7)
        assert (refused.status_code, error_of(refused)["code"]) == (402, "budget_exceeded")
        await home.http.post("/api/admin/budget", json={"budget_limit": None}, headers=ADMIN)
        assert (await home.chat(stream=False, max_tokens=7)).status_code == 200


async def test_alerts_grow_with_what_is_spent_and_end_with_their_cause() -> None:
    async with house({"a": Play(seven)}, entries={"a": PAID}, settings=DOLLAR) as home:
        seen = []
        for _ in range(15):
            await home.chat(stream=False)
            alerts = {it.key: it for it in home.picture().alerts}
            alert = alerts.get("budget:total:monthly")
            seen.append(alert.level if alert is not None else None)
        warning, critical = AlertLevel.WARNING, AlertLevel.CRITICAL
        assert seen == [None] * 10 + [warning] * 2 + [critical] * 3
        assert alert is not None
        assert alert.text == "the monthly budget of the gateway is used up ($1.00)"
        await home.http.post("/api/admin/budget", json={"budget_limit": 100}, headers=ADMIN)
        assert not home.picture().alerts


async def test_a_paid_model_of_unknown_price_is_an_alert() -> None:
    entry = {"location": "cloud", "models": ["m"]}
    async with house({"a": Play(seven)}, entries={"a": entry}) as home:
        await home.chat(stream=False)
        assert (await home.record()).cost is None
        (alert,) = [it for it in home.picture().alerts if it.key == "unpriced:a"]
        assert (alert.level, alert.provider) == (AlertLevel.WARNING, "a")
        assert alert.text.startswith("nobody knows what m costs at a")


async def test_the_cheapest_by_public_prices_is_asked_first() -> None:
    models = {"dear": "gpt-5", "cheap": "gpt-5-mini"}
    entries = {name: {"type": "openai", "location": "cloud", "models": [model]} for name, model in models.items()}
    rules = {"capabilities": {"small": {"routing_strategy": "cost_optimized", "preferred_models": [*models.values()]}}}
    async with house({name: Play(seven) for name in models}, entries=entries, mappings=rules) as home:
        response = await home.chat(model="small", stream=False)
        assert (response.headers["x-provider"], response.headers["x-model"]) == ("cheap", "gpt-5-mini")
        record = await home.record()
        assert record.cost is not None
        assert record.cost > 0


# ── 402 ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

CLIENTS: tuple[Callable[[Door], Caller], ...] = (OpenAIChat, OpenAIResponses, Anthropic, Google, Ollama)
SPENT: Mapping[str, Any] = {"budgets": {"total": 0.01}}


@pytest.mark.parametrize("client", CLIENTS)
async def test_official_clients_understand_that_the_budget_is_used_up(client: Callable[[Door], Caller]) -> None:
    async with house({"a": Play(seven)}, entries={"a": PAID}, settings=SPENT) as home:
        await home.chat(stream=False)
        caller = client(Door(home.url, "any"))
        with pytest.raises(caller.failures) as raised:
            await caller.ask(Wish("m", stream=client is not OpenAIChat, max_tokens=7))
        assert caller.status_of(raised.value) == 402
        assert "budget" in str(raised.value)
        assert (await records(home, 2))[1].error == "budget_exceeded"
        await caller.close()


async def test_models_that_cost_nothing_answer_still() -> None:
    paid, own = Play(seven), Play(seven)
    entries = {"paid": PAID, "own": {"location": "local"}}
    async with house({"paid": paid, "own": own}, entries=entries, settings=SPENT) as home:
        assert (await home.chat(stream=False)).headers["x-provider"] == "paid"
        for _ in range(3):
            assert (await home.chat(stream=False)).headers["x-provider"] == "own"
        assert (len(paid.asked), len(own.asked)) == (1, 3)
        assert await balanced(home, 4) == SEVEN
        plan = (await home.record(4)).plan
        assert plan is not None
        barred = [it for it in plan.excluded if it.provider == "paid"]
        assert [it.reason for it in barred] == ["budget: the monthly budget of the gateway is used up ($0.01)"]


async def test_a_tenant_reads_how_its_own_budget_stands_and_nothing_of_others() -> None:
    budgets = {"budgets": {"total": 5, "tenants": {"default": 0.08}}}
    async with house({"a": Play(seven)}, entries={"a": PAID}, settings=budgets) as home:
        await home.chat(stream=False, max_tokens=7)
        error = error_of(refused := await home.chat(stream=False, max_tokens=7))
        assert refused.status_code == 402
        assert (
            "the monthly budget of tenant default does not allow for this call: $0.01 of $0.08 is left, and it may cost"
            " $0.07" in error["message"]
        )
        assert 0 < int(refused.headers["retry-after"]) <= 31 * 86400
