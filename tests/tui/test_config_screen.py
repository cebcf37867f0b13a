"""The editor's screen: files, panes, keys, sizes, and a gateway that does not do as it should."""

import asyncio

import pytest

from ai_dashboard.core.control import ConfigText, ProposalView
from ai_dashboard.core.diagnostics import Diagnostic, Severity
from ai_dashboard.core.errors import ConfigRefused
from ai_dashboard.tui.editor.panes import Pane, ProblemsPane
from ai_dashboard.tui.screens.config import ConfigScreen
from tests.tui.conftest import Open
from tests.tui.editor.conftest import Desk, OpenDesk, desk
from tests.tui.editor.folder import MAPPINGS, PROVIDERS, FolderPort, folder_port
from tests.tui.fakes import busy, config, empty_port, stale_port

__all__ = ["desk"]


async def test_files_text_and_panes(desk: OpenDesk) -> None:
    async with desk() as at:
        await at.shows(
            "1 providers.yaml",
            "2 model-mappings.yaml",
            "3 gateway.yaml new",
            "providers.yaml · as on disk",
            "base_url: http://127.0.0.1:11434",
            "Problems 0 │ Changes 0 │ What-if 0 │ Backups 0",
            "✓ no findings · configuration #17 in force",
            "^s Save",
        )


async def test_letters_type_in_the_text_and_act_beside_it(desk: OpenDesk) -> None:
    async with desk() as at:
        await at.press(*"qn?1")
        assert at.area.text == f"qn?1{PROVIDERS}"
        assert "q Quit" not in at.on.text()
        assert "1 providers.yaml ●" in at.on.text()
        await at.press("escape")
        assert not at.area.has_focus
        assert "q Quit" in at.on.text()
        await at.press("2")
        await at.shows("model-mappings.yaml · as on disk")
        assert at.area.text == MAPPINGS


async def test_what_has_a_key_of_its_own_works_while_letters_type(desk: OpenDesk) -> None:
    async with desk() as at:
        actions = {active.binding.action for active in at.screen.active_bindings.values()}
        assert {"save", "outside", "suggest", "app.command_palette"} <= actions
        assert "app.quit" not in actions


async def test_edits_and_undo_are_kept_for_each_file(desk: OpenDesk) -> None:
    async with desk() as at:
        await at.press("a", "ctrl+pagedown")
        await at.shows("model-mappings.yaml · as on disk")
        await at.press("b", "ctrl+pageup")
        await at.until(lambda: at.screen.current == "providers.yaml")
        assert "1 providers.yaml ●  2 model-mappings.yaml ●" in at.on.text()
        assert at.screen.unsaved() == "providers.yaml, model-mappings.yaml have edits that are not saved"
        await at.press("ctrl+z")
        assert at.area.text == PROVIDERS
        await at.press("ctrl+y")
        assert at.area.text == f"a{PROVIDERS}"


async def test_a_tab_can_be_clicked(desk: OpenDesk) -> None:
    async with desk() as at:
        await at.on.pilot.click("#tabs", offset=(at.on.lines()[1].index("2 model"), 0))
        await at.shows("model-mappings.yaml · as on disk")


async def test_panes_follow_the_text(desk: OpenDesk) -> None:
    async with desk() as at:
        await at.press("x")
        await at.shows("Changes 1 │ What-if 12")
        await at.to_pane(Pane.CHANGES)
        await at.shows("~ changed provider ollama: type ollama → vllm")
        await at.press("tab")
        await at.shows("12 of 500 requests would go elsewhere", "chat  ollama/a → openai/b")
        await at.press("tab")
        await at.shows("no backups of this file: the first save makes one")
        await at.press("shift+tab", "e")
        assert at.area.has_focus
        await at.press(*"BROKEN")
        await at.shows("Problems 1", "not known while there are errors")


async def test_the_gateway_is_asked_with_what_the_text_was_made_from(desk: OpenDesk) -> None:
    async with desk() as at:
        await at.press("x")
        await at.until(lambda: at.port.proposed[-1] == ("providers.yaml", f"x{PROVIDERS}", f"hash of {PROVIDERS}"))


async def test_enter_on_a_problem_jumps_to_its_place_in_whatever_file(desk: OpenDesk) -> None:
    port = folder_port()
    port.texts["model-mappings.yaml"] = "exact_matches: {}\nodd: 1\n"
    elsewhere = Diagnostic(Severity.WARNING, "model-mappings.yaml", 2, 1, "odd", "odd", "")

    class Both(FolderPort):
        def _found(self, file: str, text: str) -> list[Diagnostic]:
            return [*super()._found(file, text), elsewhere] if file != elsewhere.file else super()._found(file, text)

    async with desk(Both(port.picture, texts=port.texts)) as at:
        await at.shows("Problems 1")
        await at.press("escape", "enter")
        await at.until(lambda: at.screen.current == "model-mappings.yaml" and at.area.has_focus)
        assert at.area.cursor_location == (1, 0)


async def test_a_problem_beyond_the_end_of_its_file_is_survived(desk: OpenDesk) -> None:
    far = Diagnostic(Severity.WARNING, "providers.yaml", 999, 999, "", "far away", "")

    class Far(FolderPort):
        def _found(self, file: str, text: str) -> list[Diagnostic]:
            return [far]

    async with desk(Far(busy(config=config()))) as at:
        await at.shows("far away")
        await at.press("escape", "enter")
        await at.until(lambda: at.area.has_focus)
        assert at.area.cursor_location == (6, 0)


async def test_a_problem_of_a_file_that_is_not_shown_says_so(desk: OpenDesk) -> None:
    async with desk() as at:
        note = Diagnostic(Severity.WARNING, "configuration", 0, 0, "", "rolled back, because 60% failed", "")
        at.port.picture = busy(2, config=config(note))
        await at.on.look()
        await at.shows("rolled back, because 60% failed")
        assert at.screen.query_one(ProblemsPane).selected == note
        await at.press("escape", "enter")
        await at.shows("configuration is not among the files shown here")


async def test_no_key_of_a_multiplexer_is_bound_in_the_text(desk: OpenDesk) -> None:
    async with desk() as at:
        assert not {"ctrl+a", "ctrl+b"} & set(at.screen.active_bindings)


async def test_without_files_it_says_how_to_get_some(stage: Open) -> None:
    async with stage(empty_port()) as on:
        await on.press("c")
        assert "there are no configuration files to show; `ai-dashboard config init` makes a folder" in on.text()
        assert "no folder: defaults" in on.text()
        await on.press("tab", "enter", "n", "ctrl+s", "ctrl+o", "escape")
        assert not isinstance(on.app.screen, ConfigScreen)


async def test_a_gateway_that_is_gone_is_said_here_too(stage: Open) -> None:
    async with stage(stale_port()) as on:
        await on.press("c")
        assert "the gateway at http://127.0.0.1:4000 is gone" in on.lines()[1]


async def test_a_file_that_is_no_text_is_told_and_the_others_can_be_edited(desk: OpenDesk) -> None:
    class Binary(FolderPort):
        async def config_text(self, file: str) -> ConfigText:
            if file == "model-mappings.yaml":
                raise ConfigRefused("model-mappings.yaml is not UTF-8, so it cannot be edited as text")
            return await super().config_text(file)

    async with desk(Binary(busy(config=config()))) as at:
        await at.press("ctrl+pagedown")
        await at.shows("model-mappings.yaml is not UTF-8")
        assert at.screen.current == "providers.yaml"


async def test_the_disk_is_looked_at_by_itself(stage: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ai_dashboard.tui.screens.config.LOOK_S", 0.01)
    port = folder_port()
    async with stage(port) as on:
        await on.press("c")
        at = Desk(on, port)
        await at.until(lambda: at.screen.area is not None)
        port.texts["providers.yaml"] = "providers: {}\n"
        await at.until(lambda: at.area.text == "providers: {}\n")


async def test_leaving_ends_what_was_asked(desk: OpenDesk) -> None:
    class Slow(FolderPort):
        began: int = 0
        ended: int = 0

        @property
        def never(self) -> asyncio.Future[ProposalView]:
            return asyncio.get_running_loop().create_future()

        async def propose(self, file: str, text: str, base: str | None = None) -> ProposalView:
            if text == PROVIDERS:
                return await super().propose(file, text, base)
            self.began += 1
            try:
                return await self.never
            finally:
                self.ended += 1

    port = Slow(busy(config=config()))
    async with desk(port) as at:
        await at.press("x")
        await at.until(lambda: port.began)
        await at.shows("checking …")
        await at.press("escape", "escape", "x")
        await at.until(lambda: port.ended == port.began)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 15), (40, 10), (20, 5)])
async def test_it_fits_every_size(desk: OpenDesk, size: tuple[int, int]) -> None:
    async with desk(size=size) as at:
        ways = (
            "x",
            "ctrl+space",
            "escape",
            "escape",
            "tab",
            "tab",
            "tab",
            "e",
            "ctrl+r",
            "f8",
            "ctrl+pagedown",
            "ctrl+s",
        )
        for key in ways:
            await at.press(key)
            assert at.on.fits(), key
        assert at.on.app.is_running
