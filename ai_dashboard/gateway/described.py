"""What a handler says of itself: `GET /api/admin/openapi.json` and `docs/admin-api.md` are made from it.

A handler is described where it is defined, with the types that it reads and answers with, and its own docstring. A
route whose handler says nothing is found by a test.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import TypeVar

from ai_dashboard.core.data import dataclass

Shape = object
"""A type, however it is written (`Snapshot`, `tuple[ConfigFile, ...]`, `RecordPage | LogPage`)."""

JSON = "application/json"
EVENTS = "text/event-stream"
LINES = "application/x-ndjson"
BYTES = "*/*"

JsonObject = dict[str, object]

_PLACE = re.compile(r"^`[A-Z]+ [^`]*`(?:, or)?[:.,]?\s*")
"""Where a docstring says which path it is about; the description has that beside it."""

H = TypeVar("H", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class About:
    """`answers` is what a reply of `status` holds (None: nothing), in one of `media`; `body` what is read, `query` the
    names in the query with what they say, of which `needs` have to be there. `below` is what follows the path of a
    route that ends in `/*`; `also` are further statuses that are no error."""

    text: str
    answers: Shape
    body: Shape = None
    query: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    below: str = "{name}"
    status: int = 200
    media: tuple[str, ...] = (JSON,)
    also: Mapping[int, str] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """The first sentence."""
        return re.split(r"(?<=[.;:])\s", self.text, maxsplit=1)[0].rstrip(".;:")


def described(
    answers: Shape,
    *,
    body: Shape = None,
    query: Mapping[str, str] = MappingProxyType({}),
    needs: tuple[str, ...] = (),
    below: str = "{name}",
    status: int = 200,
    media: tuple[str, ...] = (JSON,),
    also: Mapping[int, str] = MappingProxyType({}),
    text: str = "",
) -> Callable[[H], H]:
    """Say what a handler reads and answers. `text` is for one whose docstring cannot."""

    def describe(handler: H) -> H:
        said = text or _PLACE.sub("", " ".join((handler.__doc__ or "").split()))
        said = said[:1].upper() + said[1:]
        handler.about = About(said, answers, body, query, needs, below, status, media, also)  # type: ignore[attr-defined]  # functions have room for it
        return handler

    return describe


def about(handler: Callable[..., object]) -> About | None:
    """What it says of itself."""
    found = getattr(handler, "about", None)
    return found if isinstance(found, About) else None
