"""Saving, what others save, backups, and leaving: nothing is ever lost silently."""

import pytest

from ai_dashboard.tui.screens.ask import ConfirmScreen, ConflictScreen, LeaveScreen
from ai_dashboard.tui.screens.config import ConfigScreen
from ai_dashboard.tui.screens.diff import DiffScreen
from ai_dashboard.tui.screens.overview import OverviewScreen
from tests.tui.editor.conftest import Desk, OpenDesk
from tests.tui.editor.folder import PROVIDERS, folder_port


async def test_save_checks_backs_up_and_puts_in_force(desk: OpenDesk) -> None:
    async with desk() as at:
        await at.press("x", "ctrl+s")
        await at.shows("saved: configuration #18 is in force · backup backup-1")
        assert at.port.texts["providers.yaml"] == f"x{PROVIDERS}"
        assert at.port.whys == ["changed provider ollama: type ollama → vllm"]
        assert at.screen.unsaved() == ""
        await at.shows("Backups 1")
        await at.press("y", "ctrl+s")
        await at.shows("configuration #19")
        assert at.port.texts["providers.yaml"] == f"xy{PROVIDERS}"


async def test_a_refused_save_lists_the_errors_and_loses_nothing(desk: OpenDesk) -> None:
    async with desk() as at:
        await at.press(*"BROKEN", "ctrl+s")
        await at.shows(
            "providers.yaml was not saved: 1 error", "✗ error providers.yaml:1:1 a.path: BROKEN is what it is"
        )
        assert at.port.texts["providers.yaml"] == PROVIDERS
        assert at.area.text == f"BROKEN{PROVIDERS}"
        assert at.area.has_focus
        await at.press("ctrl+z")
        assert at.area.text == PROVIDERS


async def test_a_gateway_that_says_no_says_why(desk: OpenDesk) -> None:
    port = folder_port()
    async with desk(port) as at:
        port.refuses = "it cannot be built: no such strategy"
        await at.press("x", "ctrl+s")
        await at.shows("providers.yaml was not saved: it cannot be built: no such strategy")
        assert at.area.text == f"x{PROVIDERS}"


async def test_a_gateway_that_is_gone_loses_nothing(desk: OpenDesk) -> None:
    port = folder_port()
    async with desk(port) as at:
        port.closed = "the gateway is gone"
        await at.press("x", "ctrl+s")
        await at.shows("providers.yaml was not saved: the gateway is gone", "not checked")
        assert at.area.text == f"x{PROVIDERS}"


async def test_a_file_that_is_not_there_is_made(desk: OpenDesk) -> None:
    async with desk() as at:
        await at.press("ctrl+pageup")
        await at.shows("gateway.yaml · new, not saved yet")
        await at.press(*"drain_s: 9", "ctrl+s")
        await at.shows("saved: configuration #18 is in force")
        assert at.port.texts["gateway.yaml"] == "drain_s: 9"
        assert "3 gateway.yaml new" not in at.on.text()


async def test_a_file_that_changes_on_disk_is_followed_where_nothing_was_edited(desk: OpenDesk) -> None:
    async with desk() as at:
        at.port.texts["providers.yaml"] = "providers: {}\n"
        await at.look()
        assert at.area.text == "providers: {}\n"
        await at.shows("providers.yaml changed on disk; ^z brings back what was here")
        assert at.screen.unsaved() == ""
        await at.press("ctrl+z")
        assert at.area.text == PROVIDERS
        del at.port.texts["providers.yaml"]
        await at.press("ctrl+y")
        await at.look()
        await at.shows("was deleted")


async def changed_on_both_sides(at: Desk) -> None:
    await at.press("x")
    at.port.texts["providers.yaml"] = f"{PROVIDERS}# theirs\n"
    await at.look()
    await at.shows("⇄ changed on disk by somebody else meanwhile · ^o decides", "⇄ ●")
    await at.press("ctrl+o")
    assert isinstance(at.on.app.screen, ConflictScreen)


async def test_mine_can_be_kept(desk: OpenDesk) -> None:
    async with desk() as at:
        await changed_on_both_sides(at)
        await at.press("k")
        await at.shows("yours is kept")
        await at.press("ctrl+s")
        await at.shows("saved: configuration #18")
        assert at.port.texts["providers.yaml"] == f"x{PROVIDERS}"
        assert at.port.kept[-1][1] == f"{PROVIDERS}# theirs\n"


async def test_theirs_can_be_taken_and_undo_has_mine(desk: OpenDesk) -> None:
    async with desk() as at:
        await changed_on_both_sides(at)
        await at.press("t")
        assert at.area.text == f"{PROVIDERS}# theirs\n"
        assert at.screen.unsaved() == ""
        await at.press("ctrl+z")
        assert at.area.text == f"x{PROVIDERS}"


async def test_three_differences_are_shown_before_the_decision(desk: OpenDesk) -> None:
    async with desk() as at:
        await changed_on_both_sides(at)
        await at.press("d")
        assert isinstance(at.on.app.screen, DiffScreen)
        for title, line in (
            ("From theirs to mine · 1 in, 2 out", "- # theirs"),
            ("What I changed · 1 in, 1 out", "+ x# Who can answer."),
            ("What they changed · 1 in, 0 out", "+ # theirs"),
        ):
            await at.shows(title, line)
            assert "sk-0123456789" not in at.on.text()
            await at.press("tab")
        await at.press("escape")
        assert isinstance(at.on.app.screen, ConflictScreen)
        await at.press("escape")
        assert at.area.text == f"x{PROVIDERS}"


async def test_saving_over_a_change_asks_first(desk: OpenDesk) -> None:
    async with desk() as at:
        at.port.texts["providers.yaml"] = "theirs: 1\n"
        await at.press("x", "ctrl+s")
        await at.until(lambda: isinstance(at.on.app.screen, ConflictScreen))
        assert at.port.texts["providers.yaml"] == "theirs: 1\n"
        await at.press("escape", "ctrl+s")
        assert isinstance(at.on.app.screen, ConflictScreen)


async def test_both_may_come_to_the_same_text(desk: OpenDesk) -> None:
    async with desk() as at:
        await at.press("x")
        at.port.texts["providers.yaml"] = f"x{PROVIDERS}"
        await at.look()
        await at.shows("providers.yaml is on disk now as it is here")
        assert at.screen.unsaved() == ""


async def test_a_backup_is_compared_and_rolled_back_to(desk: OpenDesk) -> None:
    async with desk() as at:
        await at.press("x", "ctrl+s")
        await at.shows("Backups 1")
        await at.to_pane("backups")
        await at.shows("this screen", "changed provider ollama: type ollama → vllm")
        await at.press("enter")
        await at.shows("What rolling back would change in this text · 1 in, 1 out", "- x# Who can answer.")
        assert "sk-0123456789" not in at.on.text()
        await at.press("escape", "b")
        assert isinstance(at.on.app.screen, ConfirmScreen)
        await at.press("n")
        assert at.port.texts["providers.yaml"] == f"x{PROVIDERS}"
        await at.press("b", "y")
        await at.shows("rolled back: configuration #19 is in force · backup backup-2", "Backups 2")
        assert at.port.texts["providers.yaml"] == PROVIDERS
        assert at.area.text == PROVIDERS


async def test_leaving_without_edits_just_leaves(desk: OpenDesk) -> None:
    async with desk() as at:
        await at.press("escape")
        assert isinstance(at.on.app.screen, ConfigScreen)
        await at.press("escape")
        assert isinstance(at.on.app.screen, OverviewScreen)


@pytest.mark.parametrize(
    ("answer", "left", "saved"), [("s", True, True), ("x", True, False), ("n", False, False), ("escape", False, False)]
)
async def test_leaving_with_edits_asks(desk: OpenDesk, answer: str, left: bool, saved: bool) -> None:
    async with desk() as at:
        await at.press("z", "escape", "escape")
        assert isinstance(at.on.app.screen, LeaveScreen)
        assert "providers.yaml has edits that are not saved." in at.on.text()
        await at.press(answer)
        await at.until(lambda: isinstance(at.on.app.screen, OverviewScreen if left else ConfigScreen))
        assert (at.port.texts["providers.yaml"] == f"z{PROVIDERS}") is saved


async def test_leaving_by_saving_stays_where_that_is_refused(desk: OpenDesk) -> None:
    async with desk() as at:
        await at.press(*"BROKEN", "escape", "escape", "s")
        await at.shows("providers.yaml was not saved")
        assert isinstance(at.on.app.screen, ConfigScreen)
        assert at.area.text == f"BROKEN{PROVIDERS}"


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_quitting_with_edits_asks_too(desk: OpenDesk, key: str) -> None:
    async with desk() as at:
        await at.press("z", "escape", key)
        assert isinstance(at.on.app.screen, ConfirmScreen)
        await at.press("n", key)
        assert at.on.app.is_running
        await at.press("y", "y")
        assert not at.on.app.is_running
