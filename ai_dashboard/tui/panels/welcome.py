"""The first run: what was found here, where to point a client, and how to look around before that."""

from collections.abc import Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import Health, ProviderView
from ai_dashboard.tui.curl import curl
from ai_dashboard.tui.format import plural
from ai_dashboard.tui.ink import Ink, Line, Span, crop, fit, wrap
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.panels.providers import STATE
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.requesting import Asking, base_url, root_url

NAME_CELLS = 16
ADDRESS_CELLS = 24
WHERE_CELLS = 52
WHO_CELLS = 34
"""From so many cells beside the address on, it is said who takes it."""

DEMO = "welcome.demo"
"""The action that starts the demo, where one can be started."""

INDENT: Span = ("  ", Ink.PLAIN)


@dataclass(frozen=True, slots=True)
class Found:
    """A provider, as written."""

    name: str
    health: Health
    address: str
    models: str


@dataclass(frozen=True, slots=True)
class View:
    """What was found, where clients go (`base` with and `root` without `/v1`), and what to paste into a shell."""

    found: tuple[Found, ...] = ()
    base: str = ""
    root: str = ""
    command: str = ""
    demo: bool = False


def is_first_run(picture: Picture) -> bool:
    """Whether nobody has written a configuration or asked anything yet."""
    snapshot = picture.snapshot
    if snapshot is None or picture.is_past:
        return False
    gateway = snapshot.gateway
    return snapshot.config.folder is None and not gateway.simulated and not gateway.requests and not gateway.in_flight


def select(picture: Picture, *, demo: bool) -> View:
    """The welcome of a picture; `demo` says whether a key starts it."""
    snapshot = picture.snapshot
    if snapshot is None:
        return View()
    model = next((name for provider in snapshot.providers for name in provider.models), "")
    return View(
        found=tuple(map(_found, snapshot.providers)),
        base=base_url(snapshot.gateway),
        root=root_url(snapshot.gateway),
        command=curl(snapshot.gateway, Asking(model)) if model else "",
        demo=demo,
    )


def _found(provider: ProviderView) -> Found:
    models = ", ".join(provider.models[:3]) + (" …" if len(provider.models) > 3 else "")
    said = f"{plural(len(provider.models), 'model')}: {models}" if models else "no model yet"
    return Found(provider.name, provider.health, provider.address, said)


def draw(view: View, width: int, height: int) -> list[Line]:
    """Sections with air between them; without, where there is little room."""
    if not view.base:
        return [[("waiting for the gateway", Ink.DIM)]]
    sections = [_found_here(view, width), _clients(view, width), _first_words(view, width), _around(view, width)]
    sections = [section for section in sections if section]
    airy = sum(map(len, sections)) + len(sections) + 1 <= height
    lines: list[Line] = [[]] if airy else []
    for section in sections:
        lines += [*section, []] if airy else section
    return [crop(line, width) for line in lines]


def _title(text: str) -> Line:
    return [(text, Ink.STRONG)]


def _said(text: str, width: int, ink: Ink = Ink.PLAIN, limit: int = 4) -> list[Line]:
    return [[INDENT, (piece, ink)] for piece in wrap(text, max(width - 2, 1), limit)]


def _found_here(view: View, width: int) -> list[Line]:
    if not view.found:
        nothing = "Nothing that answers yet. Start Ollama, llama.cpp or vLLM here, or set a key such as OPENAI_API_KEY"
        return [_title("On this machine"), *_said(f"{nothing}, then press r.", width)]
    lines: list[Line] = [_title("Found on this machine")]
    for one in view.found:
        glyph, _, ink = STATE[one.health]
        spans: list[Span] = [
            INDENT,
            (f"{glyph} ", ink),
            (fit(one.name, NAME_CELLS), Ink.PLAIN),
            (f" {fit(one.address, ADDRESS_CELLS)}", Ink.DIM),
            (f" {one.models}", Ink.DIM),
        ]
        lines.append(crop(spans, width))
    return lines


def _clients(view: View, width: int) -> list[Line]:
    rows = (
        (view.base, "OpenAI SDK, LangChain, Open WebUI, curl"),
        (f"ANTHROPIC_BASE_URL={view.root}", "Anthropic SDK, Claude Code"),
        (f"OLLAMA_HOST={view.root}", "Ollama's own client"),
    )
    lines: list[Line] = [_title("Point a client at")]
    for where, who in rows:
        wide = width - 2 - WHERE_CELLS >= WHO_CELLS
        spans: list[Span] = [INDENT, (fit(where, WHERE_CELLS) if wide else where, Ink.KEY)]
        lines.append([*spans, (who, Ink.DIM)] if wide else spans)
    return lines


def _first_words(view: View, width: int) -> list[Line]:
    return [_title("Say hello"), *_said(view.command, width, Ink.KEY, 5)] if view.command else []


def _around(view: View, width: int) -> list[Line]:
    demo = (
        "D starts the demo here: simulated providers, with traffic." if view.demo else "ai-dashboard --demo shows one."
    )
    lines: list[Line] = [_title("Look around first")]
    lines += _said(demo, width)
    lines += _said(
        "`ai-dashboard config init` writes down what was found · ? shows every key · esc hides this", width, Ink.DIM
    )
    return lines


class WelcomePanel(Panel[View], can_focus=True):
    """The welcome."""

    def select(self, picture: Picture) -> View:
        if not is_first_run(picture):
            return View()
        active = self.screen.active_bindings.values()
        return select(picture, demo=any(one.binding.id == DEMO and one.enabled for one in active))

    def viewed(self, _view: View) -> None:
        self.title("Welcome to ai-dashboard")

    def draw(self, view: View, width: int, height: int, /) -> Sequence[Line]:
        return draw(view, width, height)
