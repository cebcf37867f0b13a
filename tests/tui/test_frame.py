"""What is around every screen: its settings, the zoom, the order of the panels, and what happens when things break."""

from dataclasses import replace
from itertools import pairwise

import pytest

from ai_dashboard.core.screen import ScreenSettings
from ai_dashboard.core.snapshot import SharedView
from ai_dashboard.tui.app import Ending
from ai_dashboard.tui.panels import alerts
from ai_dashboard.tui.panels.base import Canvas
from ai_dashboard.tui.panels.footer import FooterBar
from ai_dashboard.tui.screens.base import PANELS, PictureScreen
from ai_dashboard.tui.tabs import TABS, Tab
from tests.tui.conftest import Open
from tests.tui.fakes import FakePort, busy, busy_port, config, empty, gateway

SECRET = "sk-0123456789abcdef"


def port_with(**settings: object) -> FakePort:
    return FakePort(busy(config=config(screen=replace(ScreenSettings(), **settings))))  # type: ignore[arg-type]


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_action_listens_to_the_key_that_it_was_given_and_says_so_everywhere(stage: Open) -> None:
    moved = (("app.theme", "ctrl+t"), ("view.zoom", "Z,f9"))
    async with stage(port_with(keys=moved), (160, 60)) as on:
        await on.press("t")
        assert on.app.theme == "centre-dark"
        await on.press("ctrl+t")
        assert on.app.theme == "centre-light"
        assert "Z f9 Zoom" in on.lines()[-1]
        await on.press("f9")
        assert on.app.screen.has_class("-zoomed")
        await on.press("Z", "question_mark")
        assert "^t  Theme: switch between dark and light" in on.text()
        await on.press("escape", "colon", *"theme")
        await on.app.workers.wait_for_complete()
        assert "^t" in on.text()


async def test_borders_of_panels_name_the_keys_that_do_it(stage: Open) -> None:
    moved = (
        ("latency.metric", "f6"),
        ("cache.forget", "ctrl+f"),
        ("costs.budget", "dollar_sign,f9"),
        ("app.screen.6", "f7"),
    )
    async with stage(port_with(keys=moved), (160, 60)) as on:
        assert "f6 metric" in on.text()
        assert "─ f7 ─" in on.text()
        await on.press("f7")
        await on.app.workers.wait_for_complete()
        assert "^f I forget · x clear" in on.text()
        await on.press("8")
        await on.app.workers.wait_for_complete()
        assert "─ $ set ─" in on.text()
        on.port.picture = busy(2, config=config(screen=ScreenSettings(keys=(("costs.budget", "f10"),))))
        await on.look()
        assert "─ f10 set ─" in on.text()
        await on.press("6")
        assert "i I forget · x clear" in on.text()


async def test_what_a_title_has_no_room_for_is_left_out_whole(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("8")
        await on.app.workers.wait_for_complete()
        assert "Spent by model since 2026-09-01 (UTC) · $45.00 in 85 calls ─" in on.text()
        await on.resize(80, 24)
        assert "Spent by model since 2026-09-01 (UTC) ─" in on.text()
        await on.resize(160, 40)
        assert "calls · 5 of unknown price" in on.text()


async def test_every_hint_is_of_an_action_that_there_is_where_it_stands(stage: Open) -> None:
    async with stage(busy_port()) as on:
        for number in "123456789":
            await on.press(number)
            await on.app.workers.wait_for_complete()
            here = {one.binding.id for one in on.app.screen.active_bindings.values()}
            for canvas in on.app.screen.query(Canvas):
                said = {name for ids, _ in canvas._titled[2] for name in ids.split()}
                assert said <= here, (number, canvas.id, said - here)


async def test_a_key_of_the_footer_can_be_clicked_wherever_it_is(stage: Open) -> None:
    async with stage(port_with(keys=(("app.help", "f1"),)), (160, 40)) as on:
        at = on.lines()[-1].index("f1 Help")
        await on.pilot.click(FooterBar, offset=(at + 1, 0))
        await on.pilot.pause()
        assert "Keys · the ids are for dashboard.yaml" in on.text()


async def test_a_question_names_the_keys_that_answer_it(stage: Open) -> None:
    async with stage(port_with(keys=(("quit.yes", "f2"), ("quit.no", "f3")))) as on:
        await on.press("q")
        assert "f2  Quit" in on.text()
        await on.press("y")
        assert "in flight." in on.text()
        await on.press("f2")
        assert not on.app.is_running


async def test_what_the_configuration_says_now_counts_now(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("q", "escape")
        on.port.picture = busy(2, config=config(screen=ScreenSettings("light", 0.5, True, (("app.theme", "f4"),))))
        await on.look()
        assert on.app.theme == "centre-light"
        assert on.app.screen.has_class("-tiny")
        await on.press("t")
        assert on.app.theme == "centre-light"
        await on.press("f4")
        assert on.app.theme == "centre-dark"
        on.port.picture = busy(3, config=config(screen=ScreenSettings("light", 0.5)))
        await on.look()
        assert on.app.theme == "centre-dark", "nobody has changed the theme since somebody pressed the key"
        assert on.app.screen.has_class("-wide")
        await on.press("t")
        assert on.app.theme == "centre-light"


# ── looks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("theme", "terminal", "name"),
    [
        ("auto", "truecolor", "centre-dark"),
        ("auto", "", "ansi-dark"),
        ("light", "", "centre-light"),
        ("ansi-light", "truecolor", "ansi-light"),
    ],
)
async def test_the_theme_keeps_to_the_colours_of_the_terminal(
    stage: Open, monkeypatch: pytest.MonkeyPatch, theme: str, terminal: str, name: str
) -> None:
    monkeypatch.setenv("COLORTERM", terminal)
    monkeypatch.setenv("TERM", "xterm")
    async with stage(port_with(theme=theme)) as on:
        await on.look()
        assert on.app.theme == name


async def test_without_colour_nothing_is_coloured_and_everything_is_told_apart(
    stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with stage(busy_port()) as on:
        await on.press("down")
        segments = [segment for strip in on.app.screen._compositor.render_strips() for segment in strip]
        for each in on.app._filters:
            segments = each.apply(segments, on.app.screen.background_colors[1]) if each.enabled else segments
        styles = [segment.style for segment in segments if segment.style is not None]
        assert {colour.name for style in styles for colour in (style.color, style.bgcolor) if colour} <= {"default"}
        assert any(style.reverse for style in styles), "the selected line"
        assert any(style.dim for style in styles), "what matters less"
        assert any(style.bold for style in styles), "what matters"


async def test_compact_is_one_line_for_each_however_much_room_there_is(stage: Open) -> None:
    async with stage(busy_port(), (120, 40), compact=True) as on:
        assert [line.split()[1] for line in on.lines()[1:6]] == ["ollama", "gemini", "vllm", "anthropic", "openai"]
        await on.press("4")
        assert on.app.screen.has_class("-tiny")


@pytest.mark.parametrize(("up", "said"), [(True, "redis ✓ 3 gateways"), (False, "redis ◌ away")])
async def test_the_header_says_calmly_whether_gateways_share(stage: Open, up: bool, said: str) -> None:
    shared = SharedView("127.0.0.1:6379", up, "" if up else "refused", 0.0, 3)
    async with stage(FakePort(busy(shared=shared, alerts=())), (180, 40)) as on:
        assert said in on.lines()[0]


# ── panels ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("tab", TABS, ids=lambda tab: tab.name)
async def test_tab_goes_round_in_reading_order_and_z_gives_each_panel_the_whole_body(stage: Open, tab: Tab) -> None:
    async with stage(busy_port()) as on:
        on.app.action_show_screen(tab.number)
        await on.app.workers.wait_for_complete()
        await on.pilot.pause()
        screen = on.app.screen
        assert isinstance(screen, PictureScreen)
        panels = [panel for panel in screen.query(PANELS) if panel.display]
        if len(panels) < 2:
            assert "z Zoom" not in on.lines()[-1]
            return
        places = [(panel.region.y, panel.region.x) for panel in panels]
        assert _as_read(places), "each stands to the right of the one before, or below it"
        body = screen.query_one("#body").region
        for panel in panels:
            if not panel.can_focus:
                continue
            panel.focus()
            await on.press("z")
            assert panel.region == body, panel.id
            assert on.fits()
            await on.press("z")
            assert panel.region != body


def _as_read(places: list[tuple[int, int]]) -> bool:
    return all(after[0] > before[0] or after[1] > before[1] for before, after in pairwise(places))


async def test_escape_leaves_the_zoom_before_it_leaves_the_screen(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("7", "z", "escape")
        assert not on.app.screen.has_class("-zoomed")
        assert "7" in on.text()
        await on.press("escape")
        assert on.app.screen.query(".panel").first().id == "providers"


async def test_a_panel_that_fails_says_so_and_everything_else_goes_on(
    stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(busy_port(), (120, 40)) as on:

        def broken(_picture: object) -> alerts.View:
            raise RuntimeError(SECRET)

        monkeypatch.setattr(alerts, "select", broken)
        on.port.moving = True
        await on.look()
        shown = on.text()
        assert "cannot be drawn" in shown
        assert "RuntimeError at" in shown
        assert SECRET not in shown
        assert "Requests · 61" in shown
        monkeypatch.undo()
        await on.look()
        assert "cannot be drawn" not in on.text()
        assert "ollama is unavailable" in on.text()


async def test_a_crash_is_told_without_the_values_that_were_at_hand(
    stage: Open, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(*_: object) -> None:
        token = SECRET
        raise RuntimeError(len(token))

    with pytest.raises(RuntimeError):  # noqa: PT012 - it comes out of the app, not of the key
        async with stage(busy_port()) as on:
            monkeypatch.setattr(on.app, "action_next_theme", crash)
            await on.press("t")
    told = capsys.readouterr().err
    assert "RuntimeError" in told
    assert SECRET not in told


async def test_a_gateway_that_dies_and_comes_back_is_stale_and_then_live_again(stage: Open) -> None:
    async with stage(busy_port()) as on:
        on.port.closed = "no gateway answers at http://127.0.0.1:4000"
        await on.look()
        assert "◌ STALE" in on.lines()[0]
        assert "no gateway answers" in on.text()
        assert "Requests · 60" in on.text()
        on.port.closed = ""
        on.port.finished = on.port.finished[:3]
        on.port.picture = busy(1, gateway=gateway(pid=99, requests=3))
        await on.look()
        assert "● LIVE" in on.lines()[0]
        assert "Requests · 3" in on.text()
        assert "no gateway answers" not in on.text()


# ── the first run, and the end ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 15), (40, 8)])
async def test_the_first_run_is_welcomed_until_something_is_asked(stage: Open, size: tuple[int, int]) -> None:
    first = replace(empty(), config=config(folder=None))
    async with stage(FakePort(first), size, endings=frozenset({Ending.DEMO})) as on:
        assert "http://127.0.0.1:4000/v1" in on.text()
        assert ("Welcome to ai-dashboard" in on.text()) == (size[0] > 40)
        assert on.fits()
        on.port.picture = replace(first, version=2, gateway=gateway(requests=1, in_flight=0))
        await on.look()
        assert "Welcome" not in on.text()


async def test_the_welcome_can_be_hidden_and_leads_to_the_demo(stage: Open) -> None:
    first = replace(empty(), config=config(folder=None))
    async with stage(FakePort(first), endings=frozenset({Ending.DEMO})) as on:
        await on.press("escape")
        assert "Welcome" not in on.text()
        await on.press("D")
        assert on.app.is_running
    async with stage(FakePort(first), endings=frozenset({Ending.DEMO})) as on:
        await on.press("D")
        assert on.app.ending is Ending.DEMO
        assert not on.app.is_running


async def test_q_offers_to_leave_the_gateway_running_where_that_can_be_done(stage: Open) -> None:
    async with stage(busy_port()) as on:
        await on.press("q")
        assert "Leave the gateway running" not in on.text()
        await on.press("l")
        assert on.app.is_running
    async with stage(busy_port(), endings=frozenset({Ending.LEAVE})) as on:
        await on.press("q")
        assert "l  Leave the gateway running; no request is cut" in on.text()
        await on.press("l")
        assert not on.app.is_running
        assert on.app.ending is Ending.LEAVE


async def test_it_can_be_left_running_while_nobody_waits_too(stage: Open) -> None:
    idle = busy(gateway=gateway(in_flight=0))
    async with stage(FakePort(idle), endings=frozenset({Ending.LEAVE})) as on:
        await on.press("Q")
        assert on.app.ending is Ending.LEAVE
    async with stage(FakePort(idle)) as on:
        await on.press("Q")
        assert on.app.is_running


async def test_q_asks_in_the_past_too_about_what_is_in_flight_now(stage: Open) -> None:
    port = busy_port()
    port.picture = busy(gateway=gateway(in_flight=0))
    async with stage(port) as on:
        on.port.picture = busy(30, gateway=gateway(in_flight=3))
        await on.look()
        await on.press("left_square_bracket", "q")
        assert "3 requests are in flight." in on.text()
