"""Another configuration while the gateway runs: on real files, with real sockets."""

import asyncio
import json
from pathlib import Path

import pytest

from ai_dashboard.config.load import load
from ai_dashboard.core.diagnostics import Severity
from ai_dashboard.core.snapshot import Health, HostView
from ai_dashboard.gateway.gateway import Gateway, Options
from ai_dashboard.transport.client import Endpoint
from tests.integration.gateway.home import FAILS, QUIET, home, providers_of, two
from tests.integration.gateway.scene import ADMIN_TOKEN, DONE, WHOLE, Gate, Play, error_of, playing, reply, until

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
        text = QUIET + "listen: {port: 4123}\nlimits: {max_body_mb: 1}\n"
        assert (await here.commit(text, "gateway.yaml")).status_code == 200
        assert here.told("limits.max_body_mb takes effect at the next start")
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
        await until(lambda: any(alert.key == "config:rolled_back" for alert in here.gateway.snapshot().alerts))
        (alert,) = [alert for alert in here.gateway.snapshot().alerts if alert.key == "config:rolled_back"]
        assert alert.text.startswith("configuration 2 was rolled back: 100% of 4 requests failed")
        assert newest["id"] in alert.hint
        await here.commit(here.providers("a") + "# seen\n")
        await until(lambda: not any(alert.key == "config:rolled_back" for alert in here.gateway.snapshot().alerts))


async def test_a_file_that_others_changed_is_taken_back_too(tmp_path: Path) -> None:
    async with home(tmp_path, two(b=FAILS), "a", settings=WATCH) as here:
        await here.chat()
        here.write("b")
        await until(lambda: here.number == 2)
        for _ in range(4):
            await here.chat()
        await until(lambda: here.told("rolled back"))
        assert (tmp_path / "providers.yaml").read_text() == here.providers("a")


async def test_a_change_before_which_nobody_asked_is_taken_back_where_a_provider_was_well(tmp_path: Path) -> None:
    async with home(tmp_path, two(b=FAILS), "a", settings=WATCH) as here:
        await until(lambda: here.gateway.runtime.provider("a").health is Health.ACTIVE)
        await here.commit(here.providers("b"))
        for _ in range(4):
            assert (await here.chat()).status_code >= 500
        await until(lambda: here.told("rolled back"))
        assert here.told("nobody had asked before it, but whom they would have gone to was well")
        alert = here.gateway.reloader.alert
        assert alert is not None
        assert "100% of 4 requests failed on configuration 2" in alert.text
        assert (await here.chat()).headers["x-provider"] == "a"


async def test_a_change_before_which_nobody_was_well_stays(tmp_path: Path) -> None:
    plays = two(a=FAILS, b=FAILS)
    plays["a"].listing = FAILS
    async with home(tmp_path, plays, "a", settings=WATCH) as here:
        await until(lambda: here.gateway.runtime.provider("a").health is Health.UNAVAILABLE)
        await here.commit(here.providers("b"))
        assert here.gateway.reloader._probation is None


async def test_requests_that_nobody_could_have_answered_before_do_not_count_against_a_change(tmp_path: Path) -> None:
    async with home(tmp_path, two(b=FAILS), "a", settings=WATCH) as here:
        await until(lambda: here.gateway.runtime.provider("a").health is Health.ACTIVE)
        await here.commit(here.providers("a", "b"))
        for _ in range(4):
            assert (await here.chat(model="nobody-has-this")).status_code == 404
        await until(lambda: here.gateway.reloader._probation is None)
        assert here.number == 2
        assert here.gateway.reloader.alert is None


async def test_nothing_is_taken_back_where_that_is_not_wished(tmp_path: Path) -> None:
    settings = "reload: {watch_requests: 0}\nretries: {max: 0}\n"
    async with home(tmp_path, two(b=FAILS), "a", settings=settings) as here:
        await here.chat()
        await here.commit(here.providers("b"))
        assert here.gateway.reloader._probation is None
