from textual.widgets import TextArea

from ai_dashboard.tui.panels.findings import FindingsPanel
from ai_dashboard.tui.screens.config import ConfigScreen
from ai_dashboard.tui.yaml_view import YamlView
from tests.tui.conftest import Open
from tests.tui.fakes import busy, busy_port, config, empty_port, stale_port


async def test_files_text_and_findings(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("c")
        assert isinstance(on.app.screen, ConfigScreen)
        for words in (
            "1 providers.yaml",
            "2 model-mappings.yaml (no such file)",
            "Config (read only)",
            "base_url: http://127.0.0.1:11434",
            "2 findings",
            "⚠ warning providers.yaml:9:5",
            "configuration #17 in force",
        ):
            assert words in on.text()


async def test_yaml_is_highlighted_and_cannot_be_edited(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("c")
        view = on.app.screen.query_one(YamlView)
        before = view.text
        await on.press("x", "delete", "backspace", "ctrl+k")
        assert (view.read_only, view.text) == (True, before)
        assert view.language == ("yaml" if "yaml" in view.available_languages else None)
        styles = {segment.style for segment in view.render_line(1) if segment.text.strip()}
        assert len(styles) > 1


async def test_no_key_of_a_multiplexer_is_bound_in_the_text(stage: Open) -> None:
    async with stage(busy_port()) as on:
        for screen in ("c", "slash"):
            await on.press(screen)
            assert not {"ctrl+a", "ctrl+b"} & set(on.app.screen.active_bindings)
            await on.press("escape")


async def test_files_are_turned_by_tab_and_number(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("c")
        view = on.app.screen.query_one(TextArea)
        await on.press("tab")
        assert view.text == ""
        await on.press("1")
        assert view.text.startswith("# Who can answer.")
        await on.press("shift+tab", "9")
        assert view.text == ""


async def test_enter_on_a_finding_jumps_to_its_line(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("c", "d")
        assert on.app.screen.query_one(FindingsPanel).has_focus
        await on.press("enter")
        view = on.app.screen.query_one(YamlView)
        assert view.has_focus
        assert view.cursor_location == (8, 4)


async def test_a_finding_about_another_file_says_so(stage: Open) -> None:
    port = busy_port()
    port.files = port.files[:1]
    async with stage(port) as on:
        await on.press("c", "d", "end", "enter")
        assert "model-mappings.yaml is not among the files shown here" in on.text()


async def test_a_finding_beyond_the_end_of_its_file_is_survived(stage: Open) -> None:
    port = busy_port()
    findings = port.picture.config.diagnostics[1]
    port.picture = busy(config=config(type(findings)(findings.severity, "providers.yaml", 999, 999, "", "x")))
    async with stage(port) as on:
        await on.press("c", "d", "enter")
        assert on.app.screen.query_one(YamlView).cursor_location == (9, 0)


async def test_without_files_it_says_what_is_in_force(stage: Open) -> None:
    async with stage(empty_port()) as on:
        await on.press("c")
        assert "there are no configuration files to show" in on.text()
        assert "no folder: defaults" in on.text()
        assert "✓ no findings" in on.text()


async def test_a_gateway_that_is_gone_is_said_here_too(stage: Open) -> None:
    async with stage(stale_port()) as on:
        await on.press("c")
        assert "the gateway at http://127.0.0.1:4000 is gone" in on.lines()[1]


async def test_the_text_is_scrolled_by_the_moving_keys(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("c", "j", "down")
        view = on.app.screen.query_one(YamlView)
        assert view.cursor_location[0] == 2
        await on.press("G")
        assert view.cursor_location[0] == 9
        await on.press("g")
        assert view.cursor_location[0] == 0
