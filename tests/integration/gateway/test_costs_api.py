"""The admin API's part about money, and the commands that call it, over HTTP."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pydantic import TypeAdapter

from ai_dashboard.cli import main as cli
from ai_dashboard.core.cache import CacheFigures, ExactFigures, SemanticFigures
from ai_dashboard.core.costs import CostsView
from ai_dashboard.core.errors import BudgetExceeded, GatewayError
from ai_dashboard.core.events import Usage
from ai_dashboard.costs.book import Book
from ai_dashboard.costs.reports import Reports
from ai_dashboard.gateway.costs_api import CostsApi
from ai_dashboard.transport.http1 import Exchange, Server
from tests.unit.costs.till import book


@dataclass(frozen=True)
class Saving:
    """A cache that has been asked before."""

    def figures(self) -> CacheFigures:
        exact = ExactFigures(hits=7)
        return CacheFigures(True, exact, SemanticFigures("local", 0.85, hits=2), saved_s=3.5, saved_usd=0.25)


@dataclass(frozen=True)
class Paying:
    reports: Reports
    token_quotas: dict[str, int]
    caching: Saving = Saving()


@dataclass(frozen=True)
class House:
    """Books, and a client at their door."""

    book: Book
    http: httpx.AsyncClient
    url: str

    async def call(self, provider: str, prompt: int, tenant: str = "", model: str = "cents") -> None:
        ticket = await self.book.reserve(self.book.payer(tenant), provider, model, prompt_tokens=prompt, max_tokens=1)
        self.book.settle(ticket, Usage(prompt, 0))

    async def command(self, *arguments: str) -> int:
        """`ai-dashboard …`, in a thread of its own, as it waits for the reply."""
        return await asyncio.to_thread(cli.main, [*arguments, "--url", self.url])


@asynccontextmanager
async def house(**budgets: object) -> AsyncIterator[House]:
    books = book(**budgets)
    api = CostsApi(Paying(Reports(books), {"acme": 1000}))
    handlers = {(method, f"/api/admin/{name}"): handler for method, name, handler in api.handlers()}

    async def handle(exchange: Exchange) -> None:
        try:
            await handlers[exchange.method, exchange.path](exchange)
        except GatewayError as error:
            body = json.dumps({"error": {"message": error.message, "code": error.code}}).encode()
            exchange.reply(error.status, [(b"content-type", b"application/json")], body)

    async with Server(handle) as server:
        host, port = await server.listen("127.0.0.1", 0)
        url = f"http://{host}:{port}"
        async with httpx.AsyncClient(base_url=f"{url}/api/admin", trust_env=False) as http:
            yield House(books, http, url)


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No token of a gateway of this machine's user is sent."""
    monkeypatch.setenv("AI_DASHBOARD_STATE_DIR", str(tmp_path))
    assert "AI_DASHBOARD_ADMIN_KEY" not in os.environ


async def test_this_month_by_provider() -> None:
    async with house(total=50) as home:
        await home.call("openai", 1245)
        await home.call("ollama", 9000)
        assert (await home.http.get("/costs")).json() == {
            "openai": 12.45,
            "total": 12.45,
            "budget_limit": 50.0,
            "remaining": 37.55,
            "budget_used_percent": 24.9,
        }


async def test_a_table_by_what_is_asked_for() -> None:
    async with house() as home:
        await home.call("openai", 100, "acme")
        await home.call("openai", 200, "other")
        await home.call("openai", 5, "other", model="gpt-99")
        table = (await home.http.get("/costs?by=tenant&since=2026-11-21")).json()
        assert (table["by"], table["since"], table["timezone"]) == ("tenant", "2026-11-21", "UTC")
        rows = {row["name"]: (row["amount"], row["calls"], row["unknown"]) for row in table["rows"]}
        assert rows == {"other": (2.0, 2, 1), "acme": (1.0, 1, 0)}
        assert (await home.http.get("/costs?by=day")).json()["rows"][0]["name"] == "2026-11-21"
        assert (await home.http.get("/costs?since=1d")).json()["since"] == "2026-11-21"
        assert (await home.http.get("/costs?since=30d")).json()["since"] == "2026-10-23"
        assert (await home.http.get("/costs?since=2026-11-22")).json()["rows"] == []


@pytest.mark.parametrize(
    ("path", "said"),
    [("/costs?by=colour", "`by` is 'colour'"), ("/costs/view?by=colour", "`by` is 'colour'"),
     ("/costs?since=soon", "`since` is 'soon'"),
     ("/costs/lines?since=x", "`since` is 'x'")],
)  # fmt: skip
async def test_what_is_wrong_with_a_query_is_said(path: str, said: str) -> None:
    async with house() as home:
        reply = await home.http.get(path)
        assert (reply.status_code, said in reply.text) == (400, True)


async def test_a_screen_has_all_of_it_at_one_time() -> None:
    async with house(total=100, tenants={"acme": 5}) as home:
        await home.call("openai", 300, "acme")
        await home.call("ollama", 100, "acme", model="llama")
        await home.call("openai", 5, "other", model="gpt-99")
        reply = await home.http.get("/costs/view?by=tenant&since=7d")
        view = TypeAdapter(CostsView).validate_json(reply.content)
        assert [(row.name, row.amount, row.calls) for row in view.table.rows] == [("acme", 3.0, 2), ("other", None, 1)]
        assert (view.table.by, view.table.since) == ("tenant", "2026-11-15")
        assert (len(view.days), view.days[0].day, view.days[0].amount) == (30, "2026-10-23", 0.0)
        assert (view.days[-1].day, view.days[-1].amount) == ("2026-11-21", 3.0)
        assert (view.forecasts.dollars.today, view.forecasts.dollars.limit) == (3.0, 100.0)
        assert [(it.scope, it.spent, it.limit) for it in view.budgets.budgets] == [
            ("total", 3.0, 100.0), ("tenant", 3.0, 5.0),
        ]  # fmt: skip
        assert view.budgets.unpriced == ("openai/gpt-99",)
        saved = view.saved
        assert (saved.hits, saved.cache, saved.cache_s) == (9, 0.25, 3.5)
        assert (saved.local_calls, saved.local_tokens, saved.local) == (1, 100, 1.0)
        assert view.reserved == 0.0


async def test_what_calls_in_flight_may_still_cost_is_reserved_and_not_spent() -> None:
    async with house(total=100) as home:
        await home.book.reserve(home.book.payer(), "openai", "cents", prompt_tokens=100, max_tokens=50)
        view = TypeAdapter(CostsView).validate_json((await home.http.get("/costs/view")).content)
        assert (view.reserved, view.budgets.budgets[0].reserved, view.forecasts.dollars.today) == (2.0, 2.0, 0.0)
        assert view.table.rows == ()


async def test_a_budget_is_set_and_taken_back() -> None:
    async with house(total=100) as home:
        await home.call("openai", 100)
        set_to = (await home.http.post("/budget", json={"budget_limit": 2})).json()
        assert (set_to["budget_limit"], set_to["remaining"], set_to["budget_used_percent"]) == (2.0, 1.0, 50.0)
        with pytest.raises(BudgetExceeded):
            await home.call("openai", 200)
        await home.http.post("/budget", json={"budget_limit": None})
        await home.call("openai", 200)
        views = (await home.http.get("/budget")).json()
        assert [(it["scope"], it["window"], it["limit"], it["spent"]) for it in views["budgets"]] == [
            ("total", "monthly", 100.0, 3.0)
        ]
        assert views["prices"].startswith("genai-prices ")


@pytest.mark.parametrize(
    "body", [{}, {"budget_limit": -1}, {"budget_limit": "x"}, {"budget_limit": 1e9}, {"budget_limit": 5, "more": 1}]
)
async def test_a_budget_that_is_none_is_refused(body: dict[str, object]) -> None:
    async with house() as home:
        assert (await home.http.post("/budget", json=body)).status_code == 400
        assert home.book.ledger.limit is None


async def test_the_forecast_is_for_all_and_for_each_tenant() -> None:
    async with house(total=50, tenants={"acme": 5}) as home:
        await home.call("openai", 100, "acme")
        await home.call("openai", 100)
        made = (await home.http.get("/costs/forecast")).json()
        assert (made["dollars"]["today"], made["dollars"]["limit"], made["dollars"]["method"]) == (2.0, 50.0, "linear")
        (tenant,) = made["tenants"]
        assert (tenant["tenant"], tenant["tokens"]["month"], tenant["tokens"]["limit"]) == ("acme", 100, 1000)
        assert (tenant["dollars"]["month"], tenant["dollars"]["limit"]) == (1.0, 5.0)


async def test_alerts_tell_of_budgets_and_of_unknown_prices() -> None:
    async with house(total=1) as home:
        await home.call("openai", 80)
        await home.call("openai", 1, model="gpt-99")
        alerts = Reports(home.book).alerts()
        assert [it.key for it in alerts] == ["budget:total:monthly", "unpriced:openai"]


async def test_the_commands_show_it_to_people(capsys: pytest.CaptureFixture[str]) -> None:
    async with house(total={"daily": 2}) as home:
        await home.call("openai", 150, "acme")
        assert await home.command("costs", "--by", "tenant") == 0
        assert "acme            $1.50         1" in capsys.readouterr().out
        assert await home.command("costs", "--forecast") == 0
        assert "all together  today $1.50" in capsys.readouterr().out
        assert await home.command("budget") == 0
        assert "all together, daily" in capsys.readouterr().out
        assert await home.command("budget", "set", "1") == 0
        assert "✗ all together, monthly" in capsys.readouterr().out
        assert home.book.ledger.limit == 10**9
        assert await home.command("budget", "set", "none", "--json") == 0
        assert json.loads(capsys.readouterr().out)["budgets"][0]["window"] == "daily"
        assert await home.command("costs", "--since", "soon") == 1
        assert "`since` is 'soon'" in capsys.readouterr().err


async def test_a_bill_is_held_against_the_receipts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bill = tmp_path / "bill.csv"
    async with house() as home:
        await home.call("openai", 150)
        bill.write_text("date,model,tokens,amount\n2026-11-21,cents,150,1.50\n")
        assert await home.command("costs", "--reconcile", str(bill)) == 0
        assert "1 matched, 0 different" in capsys.readouterr().out
        bill.write_text("date,model,tokens,amount\n2026-11-21,cents,150,2.50\n2026-11-21,o3,1,1\nsoon,m,1,1\n")
        assert await home.command("costs", "--reconcile", str(bill)) == 1
        said = capsys.readouterr().out
        assert "0 matched, 1 different, 1 missing" in said
        assert "line 4: 'soon' is no date" in said
        assert await home.command("costs", "--reconcile", str(bill), "--json") == 1
        assert len(json.loads(capsys.readouterr().out)["findings"]) == 2
        assert await home.command("costs", "--reconcile", str(tmp_path / "none.csv")) == 1
        assert "cannot be read as a bill" in capsys.readouterr().err


async def test_nobody_answers(capsys: pytest.CaptureFixture[str]) -> None:
    async with house() as home:
        url = home.url
    assert await asyncio.to_thread(cli.main, ["costs", "--url", url]) == 1
    assert "no gateway of yours answers" in capsys.readouterr().err
