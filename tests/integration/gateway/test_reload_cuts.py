"""Files that were cut at any byte: nothing of them is lost without anybody being told."""

from pathlib import Path

import pytest

from ai_dashboard.config.changes import changes
from ai_dashboard.config.load import load
from ai_dashboard.core.diagnostics import Severity
from tests.integration.gateway.home import QUIET, Home, home, two
from tests.integration.gateway.scene import until

MAPPINGS = """# who answers for which name
exact_matches:
  small: {provider: a, model: m}
  large:
    provider: b
    model: m
patterns:
  - {pattern: "^m-", provider: a}

capabilities:
  coding: {preferred_models: [m]}
fallback_chains:
  m: [small]
"""
GATEWAY = QUIET + "limits:\n  max_in_flight: 7\nretries: {max: 1}\nauth:\n  master_key: sk-0123456789abcdef\n"


async def look_again(here: Home) -> None:
    """What the watcher does at every sign, without the wait for one."""
    await here.gateway.reloader._look_again()


async def commit(here: Home, file: str, text: str) -> None:
    made = await here.commit(text, file)
    assert made.status_code == 200, made.text


@pytest.mark.parametrize(("file", "text"), [("model-mappings.yaml", MAPPINGS), ("gateway.yaml", GATEWAY)])
async def test_a_save_of_ours_that_was_cut_at_any_byte_is_never_taken_up(tmp_path: Path, file: str, text: str) -> None:
    async with home(tmp_path, two(), "a", "b") as here:
        await commit(here, file, text)
        number, config = here.number, here.gateway.generation.config
        for end in range(len(text.encode())):
            (tmp_path / file).write_bytes(text.encode()[:end])
            await look_again(here)
            assert (here.number, here.gateway.generation.config) == (number, config), f"cut at {end}"
            assert here.told("not taken up"), f"cut at {end}"
        (tmp_path / file).write_bytes(text.encode())
        await look_again(here)
        assert not here.told("not taken up")


async def test_a_cut_save_is_recognised_by_a_gateway_that_starts_later(tmp_path: Path) -> None:
    async with home(tmp_path, two(), "a", "b") as here:
        await commit(here, "model-mappings.yaml", MAPPINGS)
    path = tmp_path / "model-mappings.yaml"
    for end in range(len(MAPPINGS)):
        path.write_bytes(MAPPINGS.encode()[:end])
        loaded = load(tmp_path, {})
        assert loaded.config is None, f"cut at {end}"
        assert any("shortened copy of what was saved here" in it.message for it in loaded.diagnostics), f"cut at {end}"
    path.write_bytes(MAPPINGS.encode())
    assert load(tmp_path, {}).config is not None


async def test_a_cut_that_is_confirmed_is_no_cut_any_more(tmp_path: Path) -> None:
    async with home(tmp_path, two(), "a", "b") as here:
        await commit(here, "model-mappings.yaml", MAPPINGS)
        short = MAPPINGS.partition("capabilities:")[0]
        (tmp_path / "model-mappings.yaml").write_text(short)
        await here.gateway.reloader.reload()
        assert here.gateway.generation.config.mappings.capabilities == {}
    assert load(tmp_path, {}).config is not None


async def test_a_file_of_others_that_was_cut_at_any_byte_loses_nothing_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "model-mappings.yaml"
    path.write_text(MAPPINGS)
    taken_up = 0
    async with home(tmp_path, two(), "a", "b") as here:
        whole = here.gateway.generation.config
        for end in range(1, len(MAPPINGS)):
            before = here.number
            path.write_bytes(MAPPINGS.encode()[:end])
            await look_again(here)
            if here.number == before:
                assert here.told("not taken up") or here.told("stays in force"), f"cut at {end}"
                assert here.gateway.generation.config == whole
            else:
                taken_up += 1
                now = here.gateway.generation.config
                losses = [str(change) for change in changes(whole, now)]
                assert all(here.told(loss) for loss in losses), f"cut at {end}"
                assert not losses or here.told("something is gone")
            path.write_text(MAPPINGS)
            await look_again(here)
            assert here.gateway.generation.config == whole
    assert taken_up


async def test_where_removals_are_to_be_confirmed_no_cut_takes_anything_away(tmp_path: Path) -> None:
    path = tmp_path / "model-mappings.yaml"
    path.write_text(MAPPINGS)
    async with home(tmp_path, two(), "a", "b", settings="reload: {confirm_removals: true}\n") as here:
        whole = here.gateway.generation.config
        for end in range(1, len(MAPPINGS)):
            path.write_bytes(MAPPINGS.encode()[:end])
            await look_again(here)
            assert not changes(whole, here.gateway.generation.config), f"cut at {end}"


async def test_a_setting_that_is_gone_waits_for_a_yes_as_well(tmp_path: Path) -> None:
    settings = "reload: {confirm_removals: true}\nauth: {master_key: sk-0123456789abcdef}\n"
    async with home(tmp_path, two(), "a", settings=settings) as here:
        (tmp_path / "gateway.yaml").write_text(QUIET + "reload: {confirm_removals: true}\n")
        await look_again(here)
        assert here.told("removes something: changed setting auth.master_key: differs")
        assert (await here.chat()).status_code == 401


async def test_what_others_have_taken_away_is_kept_and_can_be_put_back(tmp_path: Path) -> None:
    async with home(tmp_path, two(), "a", "b") as here:
        before = (tmp_path / "providers.yaml").read_bytes()
        here.write("a")
        await look_again(here)
        (alert,) = [it for it in here.gateway.diagnostics if "something is gone: removed provider b" in it.message]
        assert alert.severity is Severity.WARNING
        (backup,) = (await here.admin("backups")).json()
        assert (backup["who"], backup["why"]) == ("another program", "changed by another program")
        assert f"config rollback {backup['id']}" in alert.fix
        await here.admin("rollback", {"id": backup["id"]})
        assert (tmp_path / "providers.yaml").read_bytes() == before
        assert not here.told("something is gone")


@pytest.mark.parametrize("end", [9, 60, 140, 200])
async def test_the_watcher_itself_sees_a_cut(tmp_path: Path, end: int) -> None:
    async with home(tmp_path, two(), "a", "b") as here:
        await commit(here, "model-mappings.yaml", MAPPINGS)
        number = here.number
        (tmp_path / "model-mappings.yaml").write_bytes(MAPPINGS.encode()[:end])
        await until(lambda: here.told("is a shortened copy of what was saved here"))
        assert here.number == number
        await until(lambda: any("shortened copy" in alert.text for alert in here.gateway.snapshot().alerts))
        (tmp_path / "model-mappings.yaml").write_text(MAPPINGS)
        await until(lambda: not any("shortened copy" in alert.text for alert in here.gateway.snapshot().alerts))
