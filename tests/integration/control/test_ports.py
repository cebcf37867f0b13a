"""Both doors to one gateway show the same: the contract of `ControlPort`, kept by the local and the remote one."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import orjson
import pytest

from ai_dashboard.cache.keys import ExactKey
from ai_dashboard.config.load import FILES, load
from ai_dashboard.control.local import LocalPort
from ai_dashboard.control.remote import RemotePort
from ai_dashboard.core.cache import Expired, Invalidated
from ai_dashboard.core.control import ControlPort, PortClosed, ProviderAction
from ai_dashboard.core.errors import (
    AlertNotFound,
    CallerError,
    ConfigConflict,
    ConfigNotWritten,
    ConfigRefused,
    ModelNotFound,
    OffInConfig,
    ProviderNotFound,
    RecordNotFound,
)
from ai_dashboard.core.history import SeriesKey, ServiceAction, Window
from ai_dashboard.core.plan import Requirements, RouteFacts
from ai_dashboard.core.queue import ExpiredRequests
from ai_dashboard.core.screen import ScreenSettings
from ai_dashboard.core.snapshot import ConfigView, GatewayView, Health, HostView, Percentiles, Snapshot, Wish
from ai_dashboard.gateway.gateway import Gateway, Options
from ai_dashboard.gateway.thread import GatewayThread
from ai_dashboard.gateway.units import NO_SYSTEMD
from ai_dashboard.telemetry.audit import Audit
from ai_dashboard.transport.http1 import Exchange, Server
from tests.integration.gateway.scene import until
from tests.unit.cache.asks import entry

TOKEN = "the-operator"

PROVIDERS = """
providers:
  nobody:
    type: vllm
    base_url: http://127.0.0.1:9
    models: [{name: m, context_length: 100}]
    timeouts: {connect_s: 0.5}
    service: nobody.service
  off:
    type: vllm
    base_url: http://127.0.0.1:8
    status: disabled
"""


class Both:
    """One gateway with both of its doors open."""

    def __init__(self, gateway: Gateway, thread: GatewayThread) -> None:
        self.url = f"http://127.0.0.1:{gateway.address[1]}"
        self.gateway = gateway
        self.thread = thread
        self.local: ControlPort = LocalPort(thread, gateway, drain_s=0)
        self.remote: ControlPort = RemotePort(self.url, TOKEN)


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[Both]:
    (tmp_path / "providers.yaml").write_text(PROVIDERS)
    (tmp_path / "gateway.yaml").write_text(
        "health: {attempts: 1, timeout_s: 0.5}\nauth: {master_key: sk-callers-0123}\n"
    )
    options = Options(host="127.0.0.1", port=0, admin_token=TOKEN)

    @asynccontextmanager
    async def opened() -> AsyncIterator[Gateway]:
        audit = Audit(tmp_path / ".audit", lambda: 0.0)
        chance = random.Random(1)
        async with Gateway(load(tmp_path, {}), options, read_host=HostView, chance=chance, audit=audit) as gateway:
            yield gateway

    thread = GatewayThread(opened)
    doors = Both(thread.start(), thread)
    async with httpx.AsyncClient(base_url=doors.url, headers={"x-api-key": TOKEN}, trust_env=False) as http:
        for model in ("m", "unknown", "m"):
            body = {"model": model, "messages": [{"role": "user", "content": "Hi"}]}
            assert (await http.post("/v1/chat/completions", json=body)).status_code in {404, 502}
    yield doors
    await doors.remote.close()
    await doors.local.close()


@pytest.fixture(params=["local", "remote"])
def port(request: pytest.FixtureRequest, both: Both) -> ControlPort:
    door: ControlPort = getattr(both, request.param)
    return door


async def test_a_picture_is_the_same_object_until_there_is_a_newer_one(both: Both, port: ControlPort) -> None:
    first = await port.snapshot()
    await port.refresh()
    while True:
        version = both.gateway.snapshot().version
        picture, again = await port.snapshot(), await port.snapshot()
        if both.gateway.snapshot().version == version:
            break
    assert picture is again
    assert picture.version > first.version
    assert picture.gateway.requests == 3


async def test_both_show_the_same_picture(both: Both) -> None:
    while (near := await both.local.snapshot()) != (far := await both.remote.snapshot()):
        assert abs(near.version - far.version) <= 2
    assert near.providers[0].name == "nobody"


@pytest.mark.parametrize(
    ("after", "limit", "seen"), [(0, 500, [1, 2, 3]), (1, 1, [3]), (3, 10, []), (99, 10, [1, 2, 3])]
)
async def test_both_show_the_same_records(both: Both, after: int, limit: int, seen: list[int]) -> None:
    near, far = await both.local.records(after, limit), await both.remote.records(after, limit)
    assert near == far
    assert [record.seq for record in far.records] == seen


async def test_both_show_the_same_request(both: Both) -> None:
    (record,) = (await both.local.records(1, 1)).records
    for written in (record.id, record.id[:12]):
        assert await both.local.record(written) == await both.remote.record(written) == record
    assert record.facts is not None
    assert (record.facts.model, record.facts.headers) == ("m", ())  # the caller's key is no fact


async def test_a_request_that_is_not_remembered_is_the_same_error(port: ControlPort) -> None:
    with pytest.raises(RecordNotFound, match="'zz/ü'"):
        await port.record("zz/ü")


async def test_a_request_that_no_log_keeps_cannot_be_asked_again(port: ControlPort) -> None:
    with pytest.raises(CallerError, match="keeps no request log"):
        await port.replay("anything")


async def test_a_provider_is_operated(both: Both, port: ControlPort) -> None:
    expected: list[tuple[ProviderAction, Wish | None]] = [
        ("drain", "drained"), ("disable", "disabled"), ("reset", "disabled"), ("enable", None),
    ]  # fmt: skip
    for action, wish in expected:
        view = await port.operate("nobody", action)
        assert (view.name, view.wish) == ("nobody", wish)
        assert both.gateway.snapshot().providers[0] == view


async def test_a_provider_that_cannot_be_operated_is_the_same_error(port: ControlPort) -> None:
    with pytest.raises(ProviderNotFound, match="'no/body'"):
        await port.operate("no/body", "drain")
    with pytest.raises(OffInConfig, match="off is kept off by the configuration"):
        await port.operate("off", "enable")


async def test_both_know_the_same_of_a_window(both: Both) -> None:
    shown = (SeriesKey("nobody", "m"),)
    near, far = await both.local.history(Window.HOUR, shown), await both.remote.history(Window.HOUR, shown)
    assert replace(near, at=0) == replace(far, at=0)
    assert {it.key: (it.requests, it.errors) for it in far.series} == {
        SeriesKey("nobody"): (2, 2), SeriesKey("nobody", "m"): (2, 2),
    }  # fmt: skip
    assert sum(point.errors for it in far.series for point in it.points) == 2


async def test_a_configuration_that_comes_into_force_is_a_mark_on_the_time_axis(port: ControlPort) -> None:
    assert (await port.history(Window.DAY)).marks == ()
    read = await port.config_text("providers.yaml")
    made = await port.commit("providers.yaml", f"{PROVIDERS}# more\n", read.hash, "more")
    assert [mark.number for mark in (await port.history(Window.DAY)).marks] == [made.number]


async def test_a_provider_is_shown_in_detail(both: Both, port: ControlPort) -> None:
    detail = await port.provider("nobody")
    assert [change.health for change in detail.changes] == [Health.UNAVAILABLE]
    assert {failure.model for failure in detail.failures} == {"", "m"}
    assert detail.changes[0].at >= detail.since
    assert (detail.unit, detail.limits, detail.total) == ("nobody.service", (), ())
    with pytest.raises(ProviderNotFound, match="'no/body'"):
        await port.provider("no/body")


async def test_a_service_is_asked_for_only_where_one_is_configured(
    port: ControlPort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    actions: tuple[ServiceAction | None, ...] = (None, "restart")
    for action in actions:
        view = await port.service("nobody", action)
        assert (view.unit, view.state, view.note) == ("nobody.service", "", NO_SYSTEMD)
    assert "no `service` is configured" in (await port.service("off")).note
    with pytest.raises(ProviderNotFound, match="'no/body'"):
        await port.service("no/body", "stop")


async def test_both_tell_the_same_events(both: Both) -> None:
    await until(lambda: any(it.event == "request_failed" for it in both.gateway.logs(0, 9999).events))
    for after, limit in ((0, 500), (1, 2), (9999, 1)):
        while (near := await both.local.logs(after, limit)) != (far := await both.remote.logs(after, limit)):
            assert near.next != far.next  # one more has come in between
    assert near.events
    assert "sk-callers-0123" not in repr(far)


async def test_an_alert_is_noted_silenced_and_opened_again(both: Both, port: ControlPort) -> None:
    key = "provider:nobody:unavailable"
    await port.refresh()
    assert (await port.alert(key, "ack")).acked
    alert = await port.alert(key, "silence", 2)
    assert alert.silenced_until is not None
    assert not next(it for it in (await port.snapshot()).alerts if it.key == key).is_open
    assert (await port.alert(key, "reopen")).is_open
    with pytest.raises(AlertNotFound, match="no alert 'none'"):
        await port.alert("none", "ack")
    with pytest.raises(CallerError, match="at most"):
        await port.alert(key, "silence", 0)


async def test_what_was_done_about_an_alert_is_on_record(port: ControlPort) -> None:
    await port.refresh()
    await port.alert("provider:nobody:unavailable", "silence", 2)
    trail = await port.audit(1)
    (entry,) = trail.entries
    assert (entry.what, entry.subject) == ("alert.silence", "provider:nobody:unavailable")
    assert (entry.after, entry.who) in {("for 2 minutes", "this screen"), ("for 2 minutes", "admin")}
    assert (trail.kept, trail.problems, trail.total) == (True, (), 2)


async def test_a_wrong_wish_is_the_same_error(port: ControlPort) -> None:
    with pytest.raises(CallerError, match="strategy 'hybird'"):
        await port.explain(RouteFacts("m", strategy="hybird"))


async def test_both_explain_alike(both: Both) -> None:
    wishes = RouteFacts(
        "m",
        stream=True,
        needs=frozenset({"tools"}),
        headers=(("x-priority", "high"),),
        weights=(("cost", 0.5), ("health", 1.0)),
        strategy="hybrid",
        requirements=Requirements(max_latency_ms=9000.0),
        only=("none", "at-all"),
    )
    for facts in (RouteFacts("m"), RouteFacts("m", prompt_tokens=90, max_tokens=20), wishes):
        assert await both.local.explain(facts) == await both.remote.explain(facts)


async def test_both_know_the_same_of_money(both: Both) -> None:
    near, far = await both.local.costs("provider", "30d"), await both.remote.costs("provider", "30d")
    assert replace(near, at=0) == replace(far, at=0)
    assert (far.table.by, len(far.days), far.budgets.budgets) == ("provider", 30, ())
    for door in (both.local, both.remote):
        with pytest.raises(CallerError, match="`since` is 'soon'"):
            await door.costs("model", "soon")


async def test_a_budget_is_set_on_record_and_taken_back(both: Both, port: ControlPort) -> None:
    await port.set_budget(12.5)
    (budget,) = (await port.costs("model", "month")).budgets.budgets
    assert (budget.scope, budget.window, budget.limit) == ("total", "monthly", 12.5)
    await port.set_budget(None)
    assert (await port.costs("model", "month")).budgets.budgets == ()
    assert both.gateway.audit is not None
    entries = [entry for entry in both.gateway.audit.newest(9) if entry.what == "budget.set"]
    noted = [(entry.subject, entry.before, entry.after) for entry in entries]
    assert noted == [("all together", "None", "12.5"), ("all together", "12.5", "None")]
    for wrong in (-1.0, 1e9, float("nan")):
        with pytest.raises(CallerError, match="a budget is 0 to 1,000,000 dollars"):
            await port.set_budget(wrong)


async def test_both_know_the_same_of_the_cache_and_the_queue(both: Both) -> None:
    both.gateway.keeping.caching.exact.hits += 3
    both.gateway.runtime.waiting.shed += 2
    for window in (Window.FIVE, Window.HOUR):
        near, far = await both.local.cache(window), await both.remote.cache(window)
        assert replace(near, at=0, steps=()) == replace(far, at=0, steps=())
        assert sum(step.exact for step in near.steps) == sum(step.exact for step in far.steps) == 3
        waits, afar = await both.local.queue(window), await both.remote.queue(window)
        assert replace(waits, at=0, steps=()) == replace(afar, at=0, steps=())
        assert sum(step.shed for step in afar.steps) == 2
        assert (afar.window, afar.waiting, afar.drain_s, afar.max_size) == (window, 0, 0.0, 1000)


async def test_answers_are_forgotten_and_cleared_on_record(both: Both, port: ControlPort) -> None:
    memory, audit = both.gateway.keeping.caching.exact.memory, both.gateway.audit
    for model in "abc":
        memory.put(ExactKey("t", model, b"1"), replace(entry(b"an answer"), expires_at=1e12))
    memory.put(ExactKey("t", "d", b"1"), replace(entry(b"an answer"), expires_at=1.0))
    assert await port.invalidate("a") == Invalidated(1, 0, complete=True)
    assert await port.clear_expired() == (Expired(1, 0), ExpiredRequests(0))
    assert await port.invalidate() == Invalidated(2, 0, complete=True)
    assert len(memory) == 0
    assert audit is not None
    noted = [(it.what, it.subject, it.after) for it in audit.newest(9) if it.what.split(".")[0] in ("cache", "queue")]
    assert sorted(noted) == [
        ("cache.clear-expired", "", "1 gone"),
        ("cache.invalidate", "a", "1 gone"),
        ("cache.invalidate", "all", "2 gone"),
        ("queue.clear-expired", "", "0 told"),
    ]


async def test_an_unknown_model_is_the_same_error(port: ControlPort) -> None:
    with pytest.raises(ModelNotFound, match="gpt-9"):
        await port.explain(RouteFacts("gpt-9"))


async def test_how_the_screen_looks_is_taken_up_while_it_runs_and_travels_with_the_picture(both: Both) -> None:
    text = "theme: light\nkeys: {requests.copy: ctrl+y, app.quit: ctrl+a}\n"
    read = await both.remote.config_text("dashboard.yaml")
    proposal = await both.remote.propose("dashboard.yaml", text, read.hash)
    assert [found.path for found in proposal.diagnostics if found.file == "dashboard.yaml"] == ["keys.app.quit"]
    assert "changed screen setting theme: auto → light" in proposal.changes
    await both.remote.commit("dashboard.yaml", text, read.hash, "brighter")
    await both.local.refresh()
    near, far = await both.local.snapshot(), await both.remote.snapshot()
    assert near.config.screen == far.config.screen == ScreenSettings("light", keys=(("requests.copy", "ctrl+y"),))


async def test_both_show_the_same_files(both: Both) -> None:
    near, far = await both.local.config_files(), await both.remote.config_files()
    assert near == far
    assert [file.name for file in far] == list(FILES)
    assert "sk-callers-0123" not in repr(far)


async def test_a_file_is_read_proposed_committed_and_rolled_back(both: Both, port: ControlPort) -> None:
    read = await port.config_text("providers.yaml")
    assert read.text == PROVIDERS
    text = PROVIDERS.replace("nobody", "somebody") + "# é\r\n"
    proposal = await port.propose("providers.yaml", text)
    assert (proposal.base, proposal.refused) == (read.hash, False)
    assert "removed provider nobody" in proposal.changes
    assert proposal.what_if is not None
    assert (proposal.what_if.requests, proposal.what_if.moved) == (3, 2)
    assert proposal.what_if.examples[0].after == "somebody/m"
    made = await port.commit("providers.yaml", text, read.hash, "a new name")
    assert (await port.config_text("providers.yaml")).text == text
    (backup,) = await port.backups("providers.yaml")
    assert (backup.id, backup.why, await port.backups("gateway.yaml")) == (made.backup_id, "a new name", ())
    assert (await port.rollback(backup.id)).number == made.number + 1
    assert (await port.config_text("providers.yaml")).text == PROVIDERS


async def test_a_backup_can_be_read(both: Both, port: ControlPort) -> None:
    read = await port.config_text("providers.yaml")
    made = await port.commit("providers.yaml", f"{PROVIDERS}# more\n", read.hash, "more")
    assert made.backup_id is not None
    assert await port.backup_text(made.backup_id) == read
    with pytest.raises(ConfigRefused, match="no backup"):
        await port.backup_text("providers.yaml")


async def test_both_know_the_schema_of_a_file(both: Both, port: ControlPort) -> None:
    schema = orjson.loads(await port.config_schema("providers.yaml"))
    assert "providers" in schema["properties"]
    with pytest.raises(ConfigRefused, match="none of"):
        await port.config_schema("passwd")


async def test_a_file_that_is_not_there_can_be_made(both: Both, port: ControlPort) -> None:
    read = await port.config_text("model-mappings.yaml")
    assert (read.text, read.hash) == ("", "")
    assert (await port.commit("model-mappings.yaml", "exact_matches: {}\n", read.hash, "")).backup_id is None


async def test_both_propose_alike(both: Both) -> None:
    text = PROVIDERS.replace("type: vllm", "type: vlm")
    near, far = [await door.propose("providers.yaml", text) for door in (both.local, both.remote)]
    assert near == far
    assert near.refused
    assert near.what_if is None


async def test_a_change_that_cannot_be_made_is_the_same_error(tmp_path: Path, port: ControlPort) -> None:
    base = (await port.config_text("providers.yaml")).hash
    with pytest.raises(ConfigConflict, match="changed by somebody else"):
        await port.commit("providers.yaml", PROVIDERS, "0" * 64, "")
    with pytest.raises(ConfigRefused) as refused:
        await port.commit("providers.yaml", "providers: 1\n", base, "")
    assert refused.value.diagnostics[0].file == "providers.yaml"
    for ask in (port.config_text("passwd"), port.propose("passwd", ""), port.rollback("none")):
        with pytest.raises(ConfigRefused):
            await ask
    with pytest.raises(ConfigRefused, match="half a character"):
        await port.propose("providers.yaml", "\ud83d")
    (tmp_path / "providers.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigRefused, match="not UTF-8"):
        await port.config_text("providers.yaml")


async def test_a_file_that_cannot_be_written_is_the_same_error(tmp_path: Path, port: ControlPort) -> None:
    (tmp_path / ".backups").write_text("in the way")
    base = (await port.config_text("providers.yaml")).hash
    with pytest.raises(ConfigNotWritten):
        await port.commit("providers.yaml", PROVIDERS + "\n", base, "")


async def test_refresh_returns_when_the_providers_were_asked(both: Both, port: ControlPort) -> None:
    await port.refresh()
    assert both.gateway.snapshot().providers[0].health is Health.UNAVAILABLE


async def test_closing_the_remote_door_leaves_the_gateway_running(both: Both) -> None:
    other = RemotePort(both.url, TOKEN)
    await other.snapshot()
    await other.close()
    assert both.thread.alive


ASKS: dict[str, Callable[[ControlPort], Awaitable[object]]] = {
    "snapshot": lambda port: port.snapshot(),
    "records": lambda port: port.records(0),
    "explain": lambda port: port.explain(RouteFacts("m")),
    "operate": lambda port: port.operate("nobody", "reset"),
    "invalidate": lambda port: port.invalidate(),
    "config_files": lambda port: port.config_files(),
    "config_text": lambda port: port.config_text("providers.yaml"),
    "propose": lambda port: port.propose("providers.yaml", PROVIDERS),
    "backups": lambda port: port.backups(),
    "logs": lambda port: port.logs(0),
    "audit": lambda port: port.audit(),
    "refresh": lambda port: port.refresh(),
}


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS.keys())
async def test_a_gateway_that_has_stopped_is_told_by_both(
    both: Both, port: ControlPort, ask: Callable[[ControlPort], Awaitable[object]]
) -> None:
    await ask(port)
    await both.local.close()
    with pytest.raises(PortClosed):
        await ask(port)


async def test_a_wrong_token_is_told(both: Both) -> None:
    for token in (None, "wrong"):
        port = RemotePort(both.url, token)
        with pytest.raises(PortClosed, match="wants its admin token"):
            await port.snapshot()
        await port.close()


@pytest.mark.parametrize("url", ["http://", "http://[", "http://127.0.0.1:99999", "ftp://127.0.0.1", "nonsense"])
async def test_what_is_no_address_is_told(url: str) -> None:
    with pytest.raises(PortClosed, match=r"is not an address|no gateway answers"):
        await RemotePort(url, None).snapshot()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (404, b"<html>not here</html>", "no ai-dashboard gateway"),
        (404, b'{"error":{"code":"not_found","message":"x"}}', "no ai-dashboard gateway"),
        (200, b"<html>hello</html>", "no gateway of this version"),
        (200, b'{"version":1}', "no gateway of this version"),
        (302, b"", "no gateway of this version"),
        (304, b"", "no gateway of this version"),
        (500, b'{"error":{"message":"out of luck"}}', "answered 500: out of luck"),
        (503, b"busy", "answered 503: busy"),
    ],
)
async def test_whoever_else_answers_is_told(status: int, body: bytes, said: str) -> None:
    async def stranger(exchange: Exchange) -> None:
        exchange.reply(status, [(b"content-type", b"application/json")], body)

    async with Server(stranger) as server:
        host, number = await server.listen("127.0.0.1", 0)
        port = RemotePort(f"http://{host}:{number}", TOKEN)
        with pytest.raises(PortClosed, match=said):
            await port.snapshot()
        await port.close()


async def test_an_unchanged_picture_costs_no_body() -> None:
    """Whoever answers 304 to the version that was sent is believed."""
    asked: list[str] = []
    document = b""

    async def gateway(exchange: Exchange) -> None:
        asked.append(exchange.query)
        exchange.reply(304, [], b"") if exchange.query else exchange.reply(200, [], document)

    async with Server(gateway) as server:
        host, number = await server.listen("127.0.0.1", 0)
        document = _document()
        port = RemotePort(f"http://{host}:{number}", TOKEN)
        first = await port.snapshot()
        assert await port.snapshot() is first
        await port.close()
    assert asked == ["", "version=7"]


def _document() -> bytes:
    view = GatewayView("127.0.0.1", 4000, 1, "0", 1.0, 0.0, 0, 0, 0, 0, 0.0, Percentiles())
    return orjson.dumps(Snapshot(7, 0.0, view, ConfigView(1, None, "a test", usable=True)))
