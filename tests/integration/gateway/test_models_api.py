"""Models over the admin API and by the command, at an Ollama that follows a script."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from ai_dashboard.cli import main as cli
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.telemetry.audit import Audit
from ai_dashboard.transport.http1 import Exchange, Server
from tests.integration.gateway.scene import ADMIN, ADMIN_TOKEN, JSON_TYPE, WHOLE, House, Play, house, reply, until

GIB = 1 << 30
OLD = "2020-01-01T00:00:00.123456789-07:00"
STEPS = (
    {"status": "pulling manifest"},
    {"status": "pulling 6a07", "digest": "sha256:6a07", "total": 4 * GIB, "completed": GIB, "secret": "no"},
    {"status": "pulling 6a07", "digest": "sha256:6a07", "total": 4 * GIB, "completed": 4 * GIB},
    {"status": "success"},
)


class Ollama:
    """A disk with models on it."""

    def __init__(self, *models: str) -> None:
        self.models = dict.fromkeys(models, OLD)
        self.loaded: tuple[str, ...] = ()
        self.steps: tuple[Mapping[str, object], ...] = STEPS
        self.hangs = False
        self.left = False
        self.refuses: tuple[str, ...] = ()
        self.address = ""

    async def handle(self, exchange: Exchange) -> None:
        said = json.loads(await exchange.body() or b"{}")
        match exchange.method, exchange.path:
            case "GET", "/api/tags":
                models = [{"name": name, "size": 2 * GIB, "modified_at": at} for name, at in self.models.items()]
                self._says(exchange, 200, {"models": models})
            case "GET", "/api/ps":
                self._says(exchange, 200, {"models": [{"name": name, "size_vram": 5} for name in self.loaded]})
            case "DELETE", "/api/delete":
                self._delete(exchange, said["model"])
            case "POST", "/api/pull":
                await self._pull(exchange)
            case _:
                self._says(exchange, 404, {"error": "no such path"})

    def _delete(self, exchange: Exchange, model: str) -> None:
        if model in self.refuses:
            self._says(exchange, 500, {"error": "the disk is read-only"})
        elif self.models.pop(model, None) is None:
            self._says(exchange, 404, {"error": f"model '{model}' not found"})
        else:
            exchange.reply(200, [], b"")

    async def _pull(self, exchange: Exchange) -> None:
        exchange.start(200, [(b"content-type", b"application/x-ndjson")])
        for step in self.steps:
            exchange.write(json.dumps(step).encode() + b"\n")
            await asyncio.sleep(0)
        if self.hangs:
            try:
                await asyncio.Event().wait()
            finally:
                self.left = True
        exchange.finish()

    @staticmethod
    def _says(exchange: Exchange, status: int, value: object) -> None:
        exchange.reply(status, [JSON_TYPE], json.dumps(value).encode())


@asynccontextmanager
async def disks(
    state: Path, *ollamas: Ollama, entries: Mapping[str, Mapping[str, Any]] | None = None
) -> AsyncIterator[House]:
    """A gateway in front of `one` and perhaps `two`, and of `other`, which is no Ollama."""
    names = ("one", "two")[: len(ollamas)]
    async with Server(ollamas[0].handle) as first, Server(ollamas[-1].handle) as second:
        for server, ollama in zip((first, second), ollamas, strict=False):
            host, port = await server.listen("127.0.0.1", 0)
            ollama.address = f"http://{host}:{port}"
        plays: dict[str, Play | str] = {"other": Play(reply(200, WHOLE), models=("m",))}
        plays |= {name: ollama.address for name, ollama in zip(names, ollamas, strict=True)}
        usual = {name: {"type": "ollama", "models": []} | dict((entries or {}).get(name, {})) for name in names}
        async with house(plays, entries=usual, state=state) as home:
            home.gateway.audit = Audit(state / "audit", SystemClock().wall)
            await home.gateway.refresh()
            yield home


async def post(home: House, name: str, body: object) -> httpx.Response:
    return await home.http.post(f"/api/admin/models/{name}", json=body, headers=ADMIN)


def audited(home: House) -> list[tuple[str, str, str]]:
    assert home.gateway.audit is not None
    return [(it.what, it.subject, it.after) for it in home.gateway.audit.newest(50)]


async def command(home: House, *arguments: str) -> int:
    return await asyncio.to_thread(cli.main, ["models", *arguments, "--url", home.url])


@pytest.fixture(autouse=True)
def operator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_DASHBOARD_ADMIN_KEY", ADMIN_TOKEN)


# ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_models_are_listed_with_windows_prices_and_when_they_were_asked(tmp_path: Path) -> None:
    ollama = Ollama("llama:8b")
    ollama.loaded = ("llama:8b",)
    entries = {"one": {"models": [{"name": "llama:8b", "context_length": 8192}]}}
    async with disks(tmp_path, ollama, entries=entries) as home:
        await home.chat(stream=False)
        await home.record()
        assert home.gateway.keeping.log is not None
        await home.gateway.keeping.log.written()
        told = (await home.http.get("/api/admin/models", headers=ADMIN)).json()
    models = {it["name"]: it for it in told["models"]}
    llama, m = models["llama:8b"], models["m"]
    assert (llama["provider"], llama["kind"], llama["window"]) == ("one", "ollama", 8192)
    assert (llama["input_usd"], llama["loaded"], llama["vram"], llama["last_used"]) == (0.0, True, 5, None)
    assert (m["provider"], m["requests"], m["loaded"]) == ("other", 1, None)
    assert m["last_used"] >= told["log_since"] > 0
    assert (told["engines"], set(told["names"])) == (["one"], {"m", "llama:8b"})


async def test_the_list_is_of_one_provider_where_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with disks(tmp_path, Ollama("llama:8b"), Ollama()) as home:
        assert await command(home, "list", "--provider", "one") == 0
        assert "other" not in capsys.readouterr().out
        assert await command(home, "list", "--provider", "two") == 0
        assert "no models" in capsys.readouterr().out
        assert await command(home, "list", "--provider", "noen") == 1
        assert "no provider 'noen' lists a model (those that do: other, one)" in capsys.readouterr().err


async def test_nobody_but_the_operator_changes_models(tmp_path: Path) -> None:
    async with disks(tmp_path, Ollama("a")) as home:
        for name in ("pull", "rm", "clean"):
            assert (await home.http.post(f"/api/admin/models/{name}", json={"model": "a"})).status_code == 401


# ── fetching ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_pull_tells_its_progress_and_is_written_down(tmp_path: Path) -> None:
    async with disks(tmp_path, Ollama()) as home:
        told = await post(home, "pull", {"model": "new:8b"})
        assert told.headers["content-type"] == "application/x-ndjson"
        steps = [json.loads(line) for line in told.text.splitlines()]
        assert [it["status"] for it in steps] == [it["status"] for it in STEPS]
        assert steps[1] == {"status": "pulling 6a07", "digest": "sha256:6a07", "total": 4 * GIB, "completed": GIB}
        assert audited(home) == [("model.pull", "one/new:8b", "done")]


@pytest.mark.parametrize(
    ("steps", "words"),
    [(({"status": "pulling manifest"}, {"error": "file does not exist"}), "file does not exist"),
     (({"status": "pulling manifest"},), "ended the pull without a word")],
)  # fmt: skip
async def test_a_pull_that_does_not_come_to_its_end_is_an_error(
    tmp_path: Path, steps: tuple[Mapping[str, object], ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ollama = Ollama()
    ollama.steps = steps
    async with disks(tmp_path, ollama) as home:
        told = await post(home, "pull", {"model": "new"})
        assert words in json.loads(told.text.splitlines()[-1])["error"]
        assert audited(home) == [("model.pull", "one/new", "failed")]
        assert await command(home, "pull", "new") == 1
        assert f"new was not fetched: {words}" in capsys.readouterr().err.replace("the provider ", "")


async def test_a_pull_that_fails_does_not_tell_the_key_of_the_provider(tmp_path: Path) -> None:
    ollama = Ollama()
    ollama.steps = (STEPS[0], {"error": "no access with the key k-0123456789"})
    async with disks(tmp_path, ollama, entries={"one": {"api_key": "k-0123456789"}}) as home:
        told = (await post(home, "pull", {"model": "new"})).text
        assert ("no access with the key" in told, "k-0123456789" in told) == (True, False)


async def test_who_leaves_stops_the_pull(tmp_path: Path) -> None:
    ollama = Ollama()
    ollama.steps, ollama.hangs = STEPS[:1], True
    async with disks(tmp_path, ollama) as home:
        body = json.dumps({"model": "new"})
        headers = {**ADMIN, "content-type": "application/json"}
        async with home.http.stream("POST", "/api/admin/models/pull", content=body, headers=headers) as told:
            async for _ in told.aiter_lines():
                break
        await until(lambda: ollama.left)
        await until(lambda: audited(home) == [("model.pull", "one/new", "stopped")])


# ── removing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_model_is_removed_and_no_longer_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ollama = Ollama("a:latest", "b:latest")
    async with disks(tmp_path, ollama) as home:
        assert (await post(home, "rm", {"model": "a:latest"})).json() == {"provider": "one", "model": "a:latest"}
        listed = (await home.http.get("/api/admin/models", headers=ADMIN)).json()["models"]
        assert [it["name"] for it in listed if it["provider"] == "one"] == ["b:latest"]
        assert await command(home, "rm", "b:latest") == 0
        assert capsys.readouterr().out == "b:latest is gone from one\n"
        assert await command(home, "rm", "b:latest") == 1
        assert "model 'b:latest' not found" in capsys.readouterr().err
        assert audited(home) == [("model.rm", "one/a:latest", ""), ("model.rm", "one/b:latest", "")]


async def test_it_has_to_be_clear_which_provider_is_meant(tmp_path: Path) -> None:
    async with disks(tmp_path, Ollama("a"), Ollama("a")) as home:
        for body, status, words in (
            ({"model": "a"}, 400, "say which provider: one, two"),
            ({"model": "a", "provider": "other"}, 400, "other is no Ollama"),
            ({"model": "a", "provider": "tow"}, 404, "did you mean two"),
            ({"model": "a\nb", "provider": "one"}, 400, "model"),
            ({"model": "a", "provider": "two", "force": True}, 400, "force"),
        ):
            told = await post(home, "rm", body)
            assert told.status_code == status
            assert words in told.json()["error"]["message"]
        assert (await post(home, "rm", {"model": "a", "provider": "two"})).status_code == 200


# ── cleaning up ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def in_the_log(home: House) -> None:
    """The log has to begin before anything can be called unused."""
    await home.chat(stream=False)
    await home.record()
    assert home.gateway.keeping.log is not None
    await home.gateway.keeping.log.written()


async def test_what_is_unused_goes_and_the_rest_stays(tmp_path: Path) -> None:
    ollama = Ollama("old", "loaded:latest", "stuck")
    ollama.loaded, ollama.refuses = ("loaded:latest",), ("stuck",)
    async with disks(tmp_path, ollama) as home:
        await in_the_log(home)
        body = {"unused_s": 0.000_001}
        told = (await post(home, "clean", {**body, "dry_run": True})).json()
        assert {it["model"]: it["verdict"] for it in told["models"]} == {
            "old": "unused", "loaded:latest": "kept", "stuck": "unused",
        }  # fmt: skip
        assert (told["freed"], told["dry_run"], len(ollama.models)) == (4 * GIB, True, 3)
        told = (await post(home, "clean", {**body, "models": [["one", "none"]]})).json()
        assert (len(ollama.models), audited(home)) == (3, [])
        told = (await post(home, "clean", body)).json()
        assert {it["model"]: it["verdict"] for it in told["models"]} == {
            "old": "removed", "loaded:latest": "kept", "stuck": "failed",
        }  # fmt: skip
        assert (told["freed"], set(ollama.models)) == (2 * GIB, {"loaded:latest", "stuck"})
        assert audited(home) == [("model.rm", "one/old", "not asked since the log begins")]


async def test_nothing_is_called_unused_for_longer_than_the_log_reaches_back(tmp_path: Path) -> None:
    async with disks(tmp_path, Ollama("old")) as home:
        told = await post(home, "clean", {"unused_s": 60, "dry_run": True})
        assert (told.status_code, "without a request log" in told.text) == (400, True)
        await in_the_log(home)
        told = await post(home, "clean", {"unused_s": 30 * 86_400})
        assert (told.status_code, "reaches back 0.0 days only" in told.text) == (400, True)


async def test_the_command_says_what_would_go_and_asks_before_it_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ollama = Ollama("old")
    answers = iter(["n", "y"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _question: next(answers))
    monkeypatch.setattr("ai_dashboard.cli.commands.models.UNITS", {"h": 0.000_001})
    async with disks(tmp_path, ollama) as home:
        await in_the_log(home)
        assert await command(home, "clean", "--unused", "1h", "--dry-run") == 0
        assert "1 model: would free 2.0G" in capsys.readouterr().out
        assert await command(home, "clean", "--unused", "1h") == 0
        assert "nothing is removed" in capsys.readouterr().out
        assert list(ollama.models) == ["old"]
        assert await command(home, "clean", "--unused", "1h") == 0
        assert "1 model: frees 2.0G" in capsys.readouterr().out
        assert not ollama.models
        assert await command(home) == 0
        said = capsys.readouterr().out
        assert [line.split()[:2] for line in said.splitlines()] == [["provider", "model"], ["other", "m"]]
