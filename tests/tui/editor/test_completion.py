"""What may stand at the cursor, from the schema's own words."""

from ai_dashboard.tui.editor.popup import Choices
from tests.tui.editor.conftest import Desk, OpenDesk
from tests.tui.editor.folder import PROVIDERS


def popup(at: Desk) -> Choices:
    return at.screen.query_one(Choices)


async def below_base_url(at: Desk) -> None:
    """To a new line among the keys of a provider."""
    at.area.jump(5, 99)
    await at.press("enter")


async def test_keys_are_offered_narrowed_and_taken(desk: OpenDesk) -> None:
    async with desk() as at:
        await below_base_url(at)
        await at.press("ctrl+space")
        assert popup(at).has_focus
        assert {"type", "base_url", "models"} <= {choice.label for choice in popup(at).choices}
        await at.press("h", "e", "a")
        labels = [choice.label for choice in popup(at).choices]
        assert labels
        assert all("hea" in label for label in labels)
        await at.press("backspace", "backspace", "backspace", "t", "i", "m")
        await at.press("enter")
        assert at.area.has_focus
        assert at.area.document.get_line(5).startswith("    timeout")


async def test_values_of_an_enum_are_offered(desk: OpenDesk) -> None:
    async with desk() as at:
        at.area.jump(4, 99)
        for _ in "ollama":
            await at.press("backspace")
        await at.press("ctrl+space")
        assert {"ollama", "vllm"} <= {choice.label for choice in popup(at).choices}
        await at.press("v", "l", "tab")
        assert at.area.document.get_line(3) == "    type: vllm"


async def test_tab_completes_behind_a_word_and_indents_before(desk: OpenDesk) -> None:
    async with desk() as at:
        await below_base_url(at)
        await at.press("tab")
        assert at.area.cursor_location == (5, 6)
        await at.press("shift+tab", *"base", "tab")
        assert popup(at).has_focus
        await at.press("escape")
        assert at.area.document.get_line(5) == "    base"


async def test_the_words_of_a_choice_are_shown(desk: OpenDesk) -> None:
    async with desk() as at:
        await below_base_url(at)
        await at.press("ctrl+space", "s", "t", "a", "t")
        await at.shows("status  active | disabled | template")


async def test_where_nothing_is_known_it_says_so(desk: OpenDesk) -> None:
    async with desk() as at:
        at.area.jump(5, 99)
        await at.press("ctrl+space")
        await at.shows("nothing is known that could stand here")
        assert at.area.has_focus
        assert at.area.text == PROVIDERS


async def test_the_line_below_explains_the_key_under_the_cursor(desk: OpenDesk) -> None:
    async with desk() as at:
        at.area.jump(5, 1)
        await at.shows("base_url  text")
        at.area.jump(4, 1)
        await at.shows("type  ")


async def test_the_list_fits_at_the_edges_of_the_screen(desk: OpenDesk) -> None:
    for size in ((60, 15), (80, 24), (30, 8)):
        async with desk(size=size) as at:
            await below_base_url(at)
            await at.press("ctrl+space", "down", "pagedown", "up")
            assert at.on.fits()
            assert popup(at).region.bottom <= size[1]
            assert popup(at).region.right <= size[0]
