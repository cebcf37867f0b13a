"""The text itself: secrets, marks, colours, size, hostile content."""

import time

import pytest

from ai_dashboard.tui.editor.highlight import Highlights
from ai_dashboard.tui.sanitise import UNSAFE
from tests.tui.editor.conftest import OpenDesk
from tests.tui.editor.folder import PROVIDERS, folder_port
from tests.tui.fakes import HOSTILE


async def test_secrets_are_dots_until_they_are_revealed(desk: OpenDesk) -> None:
    async with desk() as at:
        assert "sk-0123456789" not in at.on.text()
        await at.shows("api_key: •••••••••••••abcd")
        assert at.area.text == PROVIDERS
        await at.press("ctrl+r")
        await at.shows("api_key: sk-0123456789abcd", "secrets shown")
        await at.press("ctrl+r")
        assert "sk-0123456789" not in at.on.text()


async def test_a_secret_is_hidden_while_it_is_typed(desk: OpenDesk) -> None:
    async with desk() as at:
        at.area.jump(5, 99)
        await at.press("enter", *"api_key: verysecretvalue")
        assert "verysecret" not in at.on.text()
        assert at.area.document.get_line(5) == "    api_key: verysecretvalue"
        await at.press("ctrl+z")
        assert "verysecret" not in at.on.text()


async def test_problems_are_marked_and_visited(desk: OpenDesk) -> None:
    async with desk() as at:
        at.area.jump(1, 99)
        await at.press(*" odd")
        at.area.jump(4, 99)
        await at.press(*" # BROKEN")
        await at.shows("✗ error providers.yaml:4:20", "⚠ warning providers.yaml:1:")
        assert "4✗" in at.on.line_with("type: ollama").replace(" ", "")
        at.area.jump(6, 1)
        await at.press("f8")
        assert at.area.cursor_location[0] == 0
        await at.shows("⚠ warning odd is what it is → mend it")
        await at.press("f8")
        assert at.area.cursor_location == (3, 19)
        await at.press("shift+f8", "escape", "n")
        assert at.area.cursor_location == (3, 19)


async def test_colours_follow_the_text_around_a_secret(desk: OpenDesk) -> None:
    async with desk() as at:
        if at.area.language != "yaml":
            pytest.skip("no YAML grammar here")
        highlights = at.area._highlights
        assert isinstance(highlights, Highlights)
        shown = at.area.shown_line(5).encode()
        fields = [shown[start:end] for start, end, name in highlights[5] if name == "yaml.field"]
        assert fields == [b"api_key"]
        strings = [shown[start:end].decode() for start, end, name in highlights[5] if name == "string"]
        assert strings[-1] == "•••••••••••••abcd"
        assert len(highlights) == at.area.document.line_count


@pytest.mark.parametrize("line", ["\r\n", "\n"])
async def test_line_ends_stay_what_they_are(desk: OpenDesk, line: str) -> None:
    port = folder_port()
    port.texts["providers.yaml"] = text = PROVIDERS.replace("\n", line)
    async with desk(port) as at:
        assert at.area.text == text
        assert at.screen.unsaved() == ""
        await at.press("x", "ctrl+s")
        await at.shows("saved")
        assert port.texts["providers.yaml"] == f"x{text}"


async def test_line_ends_of_several_kinds_are_told(desk: OpenDesk) -> None:
    port = folder_port()
    port.texts["providers.yaml"] = "a: 1\r\nb: 2\n"
    async with desk(port) as at:
        await at.shows("line ends of several kinds", "●")


async def test_hostile_text_is_shown_and_kept(desk: OpenDesk) -> None:
    port = folder_port()
    hostile = f"a: {HOSTILE.replace(chr(0xD83D), '').replace(chr(13), '').replace(chr(10), '')}\n"
    port.texts["providers.yaml"] = hostile
    async with desk(port) as at:
        assert at.area.text == hostile
        await at.press("end", "x", "ctrl+r")
        assert not any(UNSAFE.search(line) for line in at.on.lines())
        assert "␛]52;c" in at.on.text()


async def test_a_new_line_begins_where_the_one_before_does(desk: OpenDesk) -> None:
    async with desk() as at:
        at.area.jump(4, 99)
        await at.press("enter", "x", "colon", "enter", "y")
        assert [at.area.document.get_line(row) for row in (4, 5)] == ["    x:", "      y"]


LINES = 10_000


async def test_ten_thousand_lines_stay_responsive(desk: OpenDesk) -> None:
    port = folder_port()
    entry = (
        "  p{0}:\n    type: vllm\n    base_url: http://127.0.0.1:{0}\n    api_key: sk-0123456789abc{0}\n    weight: 1\n"
    )
    port.texts["providers.yaml"] = "providers:\n" + "".join(entry.format(n) for n in range(LINES // 5))
    async with desk(port) as at:
        took: list[float] = []
        at.area.jump(LINES // 2, 99)
        await at.on.pilot.pause()
        for key in "abcdefghi":
            began = time.perf_counter()
            at.area.insert(key)
            at.on.lines()
            took.append(time.perf_counter() - began)
        # What is measured on a quiet machine is about 30 ms; the limit leaves room for one that is not.
        assert min(took) < 0.15
        assert len(at.area._highlights) < 1000
        assert "sk-0123456789" not in at.on.text()


async def test_without_a_terminal_of_its_own_the_editor_says_so(desk: OpenDesk) -> None:
    async with desk() as at:
        await at.press("ctrl+e")
        await at.shows("another editor needs a terminal of its own")
