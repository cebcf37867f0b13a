"""Another configuration while the gateway runs: on real files, with real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from ai_dashboard.config.load import load
from ai_dashboard.core.diagnostics import Severity
from ai_dashboard.core.snapshot import HostView
from ai_dashboard.gateway.gateway import Gateway, Options
from ai_dashboard.transport.client import Endpoint
from tests.integration.gateway.scene import (
    ADMIN,
    ADMIN_TOKEN,
    DONE,
    WHOLE,
    Gate,
    Play,
    Script,
    error_of,
    playing,
    reply,
    until,
)  # fmt: skip

QUIET = "health: {interval_s: 3600, attempts: 1, timeout_s: 2}\n"
FAILS = reply(500, b'{"error": {"message": "broken"}}')


@dataclass
class Home:
    """A gateway on a folder, and the plays that its files may name."""

    folder: Path
    gateway: Gateway
    http: httpx.AsyncClient
    plays: Mapping[str, Play]

    def providers(self, *names: str) -> str:
        """The text of a `providers.yaml` with these, which all list the model `m`."""
        return providers_of({name: self.plays[name] for name in names})

    def write(self, *names: str) -> None:
        (self.folder / "providers.yaml").write_text(self.providers(*names))

    async def chat(self, **fields: object) -> httpx.Response:
        body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]} | fields
        return await self.http.post("/v1/chat/completions", json=body)

    async def admin(self, path: str, body: object = None) -> httpx.Response:
        if body is None:
            return await self.http.get(f"/api/admin/config/{path}", headers=ADMIN)
        return await self.http.post(f"/api/admin/config/{path}", headers=ADMIN, json=body)

    async def hash(self, file: str = "providers.yaml") -> str:
        return str((await self.admin(f"text?file={file}")).json()["hash"])

    async def commit(self, text: str, file: str = "providers.yaml", why: str = "a test") -> httpx.Response:
        return await self.admin("commit", {"file": file, "text": text, "base": await self.hash(file), "why": why})

    @property
    def number(self) -> int:
        return self.gateway.generation.number

    def told(self, words: str) -> bool:
        return any(words in finding.message for finding in self.gateway.diagnostics)


def providers_of(plays: Mapping[str, Play]) -> str:
    entries = "".join(
        f"  {name}: {{type: openai_compatible, base_url: '{play.address}', models: [m]}}\n"
        for name, play in plays.items()
    )
    return f"# who answers\nproviders:\n{entries}"


@asynccontextmanager
async def home(folder: Path, plays: Mapping[str, Play], *names: str, settings: str = "") -> AsyncIterator[Home]:
    """A gateway in front of `names`; the other plays listen too."""
    async with AsyncExitStack() as stack:
        for play in plays.values():
            await stack.enter_async_context(playing(play))
        (folder / "providers.yaml").write_text(providers_of({name: plays[name] for name in names}))
        (folder / "gateway.yaml").write_text(QUIET + settings)
        options = Options(host="127.0.0.1", port=0, admin_token=ADMIN_TOKEN)
        gateway = await stack.enter_async_context(Gateway(load(folder, {}), options, read_host=HostView, env={}))
        url = f"http://{gateway.address[0]}:{gateway.address[1]}"
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=10, trust_env=False))
        yield Home(folder, gateway, http, plays)


def two(**scripts: Script) -> dict[str, Play]:
    return {name: Play(scripts.get(name, reply(200, WHOLE))) for name in ("a", "b")}


# ── what is in flight ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_reloads_under_traffic_drop_nothing(tmp_path: Path) -> None:
    async with home(tmp_path, two(), "a", "b") as here:
        statuses: list[int] = []
        over = asyncio.Event()

        async def ask() -> None:
            while not over.is_set():
                statuses.append((await here.chat()).status_code)

        async with asyncio.TaskGroup() as group:
            for _ in range(8):
                group.create_task(ask())
            for turn in range(20):
                here.write(*("a", "b", "ab")[turn % 3])
                await here.gateway.reloader.reload()
            over.set()
        assert set(statuses) == {200}
        assert here.number >= 21
        assert here.gateway.runtime.failures == 0


async def test_a_stream_ends_where_it_began_and_the_connection_to_who_is_gone_is_closed(tmp_path: Path) -> None:
    gate = Gate()
    async with home(tmp_path, two(a=gate), "a") as here, asyncio.TaskGroup() as group:
        answer = group.create_task(here.chat(stream=True))
        await until(lambda: any(trip.status for trip in here.gateway.runtime.running.values()))
        assert (await here.commit(here.providers("b"))).json()["number"] == 2
        assert (await here.chat()).headers["x-provider"] == "b"
        gate.open()
        assert (await answer).content.endswith(DONE)
        pools = here.gateway.client._pools
        endpoint, _ = Endpoint.parse(here.plays["a"].address)
        await until(lambda: pools[endpoint].empty)
        await here.commit(here.providers("b") + "\n")
        assert endpoint not in pools


async def test_what_is_known_of_a_provider_that_stays_is_kept(tmp_path: Path) -> None:
    async with home(tmp_path, two(), "a") as here:
        await here.chat()
        state = here.gateway.runtime.providers["a"]
        await here.commit(here.providers("a", "b"))
        assert here.gateway.runtime.providers["a"] is state
        assert state.requests == 1


# ── files that others change ─────────────────────────────────────────────────────────────────────────────────────────


async def test_a_file_that_is_saved_is_taken_up_by_itself(tmp_path: Path) -> None:
    async with home(tmp_path, two(), "a") as here:
        here.write("b")
        await until(lambda: here.number == 2)
        assert (await here.chat()).headers["x-provider"] == "b"


async def test_a_broken_file_leaves_the_old_tables_and_is_shown_until_it_is_mended(tmp_path: Path) -> None:
    async with home(tmp_path, two(), "a") as here:
        whole = (tmp_path / "providers.yaml").read_text()
        (tmp_path / "providers.yaml").write_text("providers:\n  a: {type: vllm\n  b: 1\n")
        await until(lambda: here.told("configuration 1 stays in force"))
        assert any(it.line == 3 and it.severity is Severity.ERROR for it in here.gateway.diagnostics)
        assert (await here.chat()).headers["x-provider"] == "a"
        (tmp_path / "providers.yaml").write_text(whole)
        await until(lambda: not here.told("stays in force"))
        assert here.number == 1


async def test_a_shortened_copy_of_what_was_saved_here_is_not_taken_up_until_it_is_confirmed(tmp_path: Path) -> None:
    async with home(tmp_path, two(), "a") as here:
        text = here.providers("a", "b")
        await here.commit(text)
        (tmp_path / "providers.yaml").write_text(here.providers("a"))
        await until(lambda: here.told("is a shortened copy"))
        assert (here.number, list(here.gateway.generation.upstreams)) == (2, ["a", "b"])
        here.gateway.reloader.request()
        await until(lambda: here.number == 3)
        assert list(here.gateway.generation.upstreams) == ["a"]
        assert not here.told("is a shortened copy")


@pytest.mark.parametrize("gone", [True, False], ids=["gone", "empty"])
async def test_a_file_that_vanishes_is_not_taken_for_an_empty_one(tmp_path: Path, gone: bool) -> None:
    async with home(tmp_path, two(), "a") as here:
        file = tmp_path / "providers.yaml"
        file.unlink() if gone else file.write_text("")
        await until(lambda: here.told("providers.yaml is gone or empty"))
        assert (await here.chat()).headers["x-provider"] == "a"
        here.write("b")
        await until(lambda: here.number == 2)
        assert not here.told("gone or empty")


async def test_a_file_that_cannot_be_read_leaves_the_old_tables(tmp_path: Path) -> None:
    async with home(tmp_path, two(), "a") as here:
        (tmp_path / "model-mappings.yaml").mkdir()
        await until(lambda: here.told("not a regular file"))
        refused = await here.admin("reload", {})
        assert (refused.status_code, error_of(refused)["code"]) == (500, "config_not_written")
        assert (await here.chat()).headers["x-provider"] == "a"
        (tmp_path / "model-mappings.yaml").rmdir()
        await until(lambda: not here.told("not a regular file"))


async def test_a_folder_that_is_mended_is_served(tmp_path: Path) -> None:
    (tmp_path / "providers.yaml").write_text("providers: {\n")
    options = Options(host="127.0.0.1", port=0, admin_token=ADMIN_TOKEN)
    async with (
        playing(Play(reply(200, WHOLE))) as play,
        Gateway(load(tmp_path, {}), options, read_host=HostView, env={}) as gateway,
    ):
        assert gateway.generation.refused
        (tmp_path / "providers.yaml").write_text(providers_of({"a": play}))
        await until(lambda: gateway.generation.number == 1)
        assert not gateway.generation.refused
        assert gateway.diagnostics == ()


async def test_a_removal_waits_for_a_yes_where_that_is_wished(tmp_path: Path) -> None:
    async with home(tmp_path, two(), "a", "b", settings="reload: {confirm_removals: true}\n") as here:
        here.write("a")
        await until(lambda: here.told("removed provider b"))
        assert here.number == 1
        assert (await here.admin("reload", {})).json() == {"number": 2}
        assert list(here.gateway.generation.upstreams) == ["a"]


async def test_what_needs_a_restart_is_said(tmp_path: Path) -> None:
    async with home(tmp_path, two(), "a") as here:
        text = QUIET + "listen: {port: 4123}\nauth: {master_key: sk-new-0123456}\n"
        assert (await here.commit(text, "gateway.yaml")).status_code == 200
        assert here.told("auth.master_key takes effect at the next start")
        assert (await here.chat()).status_code == 200


# ── the admin API ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_proposal_says_what_it_would_mean_and_changes_nothing(tmp_path: Path) -> None:
    async with home(tmp_path, two(), "a") as here:
        for _ in range(3):
            await here.chat()
        found = (await here.admin("propose", {"file": "providers.yaml", "text": here.providers("b")})).json()
        assert found["base"] == await here.hash()
        assert found["what_if"] == {
            "requests": 3,
            "moved": 3,
            "examples": [{"asked": "m", "before": "a/m", "after": "b/m"}],
        }
        assert "removed provider a" in found["changes"]
        broken = (await here.admin("propose", {"file": "providers.yaml", "text": "providers: 1\n"})).json()
        assert (broken["what_if"], broken["diagnostics"][0]["severity"]) == (None, "error")
        assert here.number == 1


async def test_a_commit_can_be_taken_back_byte_for_byte(tmp_path: Path) -> None:
    async with home(tmp_path, two(), "a") as here:
        before = (tmp_path / "providers.yaml").read_bytes()
        made = (await here.commit(here.providers("b"), why="b is faster")).json()
        (backup,) = (await here.admin("backups?file=providers.yaml")).json()
        assert (backup["id"], backup["why"], backup["size"]) == (made["backup_id"], "b is faster", len(before))
        assert backup["who"].startswith("admin API")
        back = (await here.admin("rollback", {"id": made["backup_id"]})).json()
        assert back["number"] == 3
        assert (tmp_path / "providers.yaml").read_bytes() == before
        assert (await here.chat()).headers["x-provider"] == "a"
        assert len((await here.admin("backups")).json()) == 2


async def test_a_change_that_was_made_from_something_else_is_a_conflict(tmp_path: Path) -> None:
    async with home(tmp_path, two(), "a") as here:
        old = await here.hash()
        await here.commit(here.providers("a", "b"))
        refused = await here.admin(
            "commit", {"file": "providers.yaml", "text": here.providers("b"), "base": old, "why": ""}
        )
        assert (refused.status_code, error_of(refused)["code"]) == (409, "config_conflict")
        assert "changed by somebody else" in error_of(refused)["message"]
        assert (tmp_path / "providers.yaml").read_text() == here.providers("a", "b")


async def test_a_refusal_says_all_that_was_found(tmp_path: Path) -> None:
    async with home(tmp_path, two(), "a") as here:
        before = (tmp_path / "providers.yaml").read_bytes()
        refused = await here.commit("providers:\n  a: {type: nothing, base_url: ftp://x}\n")
        assert (refused.status_code, error_of(refused)["code"]) == (422, "config_refused")
        assert all(it["file"] == "providers.yaml" for it in refused.json()["diagnostics"])
        assert any(it["severity"] == "error" and it["line"] == 2 for it in refused.json()["diagnostics"])
        assert (tmp_path / "providers.yaml").read_bytes() == before
        assert not (tmp_path / ".backups").exists()


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("text", None, 400, "`file` is missing"),
        ("text?file=../secret", None, 422, "is none of"),
        ("propose", {"file": "/etc/passwd", "text": ""}, 422, "is none of"),
        ("propose", {"file": "providers.yaml"}, 400, "text"),
        ("commit", {"file": "providers.yaml", "text": "", "base": 1}, 400, "base"),
        ("rollback", {"id": "../../etc/passwd"}, 422, "there is no backup"),
        ("rollback", {"id": "x", "extra": 1}, 400, "extra"),
    ],
)
async def test_what_cannot_be_is_said(tmp_path: Path, path: str, body: object, status: int, said: str) -> None:
    async with home(tmp_path, two(), "a") as here:
        response = await here.admin(path, body)
        assert response.status_code == status
        assert said in error_of(response)["message"]


async def test_all_of_it_is_for_the_operator_alone(tmp_path: Path) -> None:
    async with home(tmp_path, two(), "a") as here:
        for path in ("text?file=providers.yaml", "backups"):
            assert (await here.http.get(f"/api/admin/config/{path}")).status_code == 401
        for path in ("propose", "commit", "rollback", "reload"):
            assert (await here.http.post(f"/api/admin/config/{path}", json={})).status_code == 401


async def test_a_folder_that_cannot_be_written_is_said_and_nothing_changes(tmp_path: Path) -> None:
    async with home(tmp_path, two(), "a") as here:
        (tmp_path / ".backups").write_text("a file where a folder should be")
        refused = await here.commit(here.providers("b"))
        assert (refused.status_code, error_of(refused)["code"]) == (500, "config_not_written")
        assert (tmp_path / "providers.yaml").read_text() == here.providers("a")
        assert here.number == 1


# ── the watch afterwards ─────────────────────────────────────────────────────────────────────────────────────────────

WATCH = "reload: {watch_requests: 4, max_error_rate: 0.5}\nretries: {max: 0}\n"


async def test_a_change_after_which_most_requests_fail_is_taken_back_and_says_why(tmp_path: Path) -> None:
    async with home(tmp_path, two(b=FAILS), "a", settings=WATCH) as here:
        before = (tmp_path / "providers.yaml").read_bytes()
        for _ in range(4):
            assert (await here.chat()).status_code == 200
        await here.commit(here.providers("b"))
        for _ in range(4):
            assert (await here.chat()).status_code >= 500
        await until(lambda: here.told("rolled back"))
        assert here.told("100% of 4 requests failed on configuration 2, 0% before it")
        assert (tmp_path / "providers.yaml").read_bytes() == before
        assert (await here.chat()).headers["x-provider"] == "a"
        newest = (await here.admin("backups")).json()[0]
        assert (newest["who"], json.dumps(newest["why"]).count("failed")) == ("the gateway", 1)


async def test_a_file_that_others_changed_is_taken_back_too(tmp_path: Path) -> None:
    async with home(tmp_path, two(b=FAILS), "a", settings=WATCH) as here:
        await here.chat()
        here.write("b")
        await until(lambda: here.number == 2)
        for _ in range(4):
            await here.chat()
        await until(lambda: here.told("rolled back"))
        assert (tmp_path / "providers.yaml").read_text() == here.providers("a")


@pytest.mark.parametrize(
    ("settings", "asked_before"),
    [(WATCH, False), ("reload: {watch_requests: 0}\nretries: {max: 0}\n", True)],
    ids=["nothing to compare with", "turned off"],
)
async def test_nothing_is_taken_back(tmp_path: Path, settings: str, asked_before: bool) -> None:
    async with home(tmp_path, two(b=FAILS), "a", settings=settings) as here:
        if asked_before:
            await here.chat()
        await here.commit(here.providers("b"))
        assert here.gateway.reloader._probation is None
