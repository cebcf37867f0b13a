"""The selected provider in short: why it stands as it does, its models, its latest failure."""

from collections.abc import Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.snapshot import Health
from ai_dashboard.tui.format import clock_time
from ai_dashboard.tui.ink import Ink, Line, crop, wrap
from ai_dashboard.tui.panels import provider_models
from ai_dashboard.tui.panels.base import Panel
from ai_dashboard.tui.panels.provider_models import NO_MODELS, Models
from ai_dashboard.tui.panels.providers import STATE, notes
from ai_dashboard.tui.picture import Picture


@dataclass(frozen=True, slots=True)
class View:
    """One provider; no name where none is selected."""

    name: str = ""
    health: Health = Health.CHECKING
    where: str = ""
    notes: tuple[str, ...] = ()
    models: Models = NO_MODELS
    failure: str = ""


def select(picture: Picture, name: str | None) -> View:
    """The card of a provider, if it is there."""
    providers = picture.snapshot.providers if picture.snapshot is not None else ()
    provider = next((it for it in providers if it.name == name), None)
    if provider is None:
        return View()
    failure = "" if provider.last_error_at is None else f"{clock_time(provider.last_error_at)} {provider.last_error}"
    return View(
        provider.name,
        provider.health,
        f"{provider.kind} · {provider.address} · {'here' if provider.local else 'elsewhere'}",
        tuple(notes(provider)),
        provider_models.select(provider),
        failure,
    )


def draw(view: View, width: int) -> list[Line]:
    """State and place, why, the models, and the latest failure."""
    if not view.name:
        return []
    glyph, word, ink = STATE[view.health]
    lines: list[Line] = [crop([(f"{glyph} {word}  ", ink), (view.where, Ink.DIM)], width)]
    for note in view.notes[:2]:
        lines.extend([("  ", Ink.PLAIN), (piece, Ink.PLAIN)] for piece in wrap(note, max(width - 2, 1), 2))
    if view.failure:
        lines.append(crop([("last failure ", Ink.LABEL), (view.failure, Ink.DIM)], width))
    return [*lines, *provider_models.draw(view.models, width)]


class ProviderCard(Panel[View], can_focus=True):
    """The card of the provider with the name `provider`."""

    provider: str | None = None

    def select(self, picture: Picture) -> View:
        return select(picture, self.provider)

    def viewed(self, view: View) -> None:
        self.title(view.name, "", *([("list.open", "details")] if view.name else ()))

    def draw(self, view: View, width: int, _height: int, /) -> Sequence[Line]:
        return draw(view, width)
