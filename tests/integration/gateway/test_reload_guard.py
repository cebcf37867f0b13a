"""Who may come in changes with the configuration, without a restart."""

from pathlib import Path

import httpx

from ai_dashboard.config.load import load
from ai_dashboard.core.snapshot import HostView
from ai_dashboard.gateway.gateway import Gateway, Options
from tests.integration.gateway.home import QUIET, home, providers_of, two
from tests.integration.gateway.scene import ADMIN_TOKEN, WHOLE, Play, error_of, playing, reply, until

EVERYWHERE = Options(host="0.0.0.0", port=0, admin_token=ADMIN_TOKEN)


def locked(key: str) -> str:
    return f"auth: {{master_key: {key}}}\n"


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


async def test_a_key_that_is_added_changed_and_removed_counts_at_once(tmp_path: Path) -> None:
    async with home(tmp_path, two(), "a") as here:
        assert (await here.chat()).status_code == 200
        assert (await here.commit(QUIET + locked("sk-first-0123456"), "gateway.yaml")).status_code == 200
        assert (await here.chat()).status_code == 401
        assert (await here.chat(bearer("sk-first-0123456"))).status_code == 200
        await here.commit(QUIET + locked("sk-second-012345"), "gateway.yaml")
        assert (await here.chat(bearer("sk-first-0123456"))).status_code == 401
        assert (await here.chat(bearer("sk-second-012345"))).status_code == 200
        await here.commit(QUIET, "gateway.yaml")
        assert (await here.chat()).status_code == 200


async def test_a_name_that_is_added_and_taken_away_counts_at_once(tmp_path: Path) -> None:
    async with home(tmp_path, two(), "a") as here:
        assert (await here.chat({"host": "box.lan"})).status_code == 403
        await here.commit(QUIET + "allowed_hosts: [box.lan]\n", "gateway.yaml")
        assert (await here.chat({"host": "box.lan"})).status_code == 200
        await here.commit(QUIET, "gateway.yaml")
        assert (await here.chat({"host": "box.lan"})).status_code == 403


async def test_refused_files_that_are_mended_are_served_behind_their_key(tmp_path: Path) -> None:
    (tmp_path / "providers.yaml").write_text("providers: {\n")
    (tmp_path / "gateway.yaml").write_text(QUIET + locked("sk-first-0123456"))
    options = Options(host="127.0.0.1", port=0, admin_token=ADMIN_TOKEN)
    async with (
        playing(Play(reply(200, WHOLE))) as play,
        Gateway(load(tmp_path, {}), options, read_host=HostView, env={}) as gateway,
    ):
        (tmp_path / "providers.yaml").write_text(providers_of({"a": play}))
        await until(lambda: gateway.generation.number == 1)
        url = f"http://127.0.0.1:{gateway.address[1]}/v1/chat/completions"
        body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.post(url, json=body)).status_code == 401
            assert (await http.post(url, json=body, headers=bearer("sk-first-0123456"))).status_code == 200


async def test_where_others_could_call_the_key_cannot_be_removed(tmp_path: Path) -> None:
    async with home(tmp_path, two(), "a", settings=locked("sk-first-0123456"), options=EVERYWHERE) as here:
        before = (tmp_path / "gateway.yaml").read_bytes()
        refused = await here.commit(QUIET, "gateway.yaml")
        assert (refused.status_code, error_of(refused)["code"]) == (422, "config_refused")
        assert "would let everybody on the network spend your keys" in error_of(refused)["message"]
        (error,) = [it for it in refused.json()["diagnostics"] if it["severity"] == "error"]
        assert error["path"] == "auth.master_key"
        assert (tmp_path / "gateway.yaml").read_bytes() == before
        proposed = (await here.admin("propose", {"file": "gateway.yaml", "text": QUIET})).json()
        assert proposed["what_if"] is None
        assert proposed["diagnostics"][0]["path"] == "auth.master_key"


async def test_where_others_could_call_a_file_without_the_key_is_not_taken_up(tmp_path: Path) -> None:
    async with home(tmp_path, two(), "a", settings=locked("sk-first-0123456"), options=EVERYWHERE) as here:
        (tmp_path / "gateway.yaml").write_text(QUIET)
        await until(lambda: here.told("would let everybody on the network spend your keys"))
        assert here.told("configuration 1 stays in force")
        assert (await here.chat()).status_code == 401
