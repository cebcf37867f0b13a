"""From a path to what answers it. Who may ask is decided on the route that matched, never on the path's text."""

import difflib
from collections.abc import Awaitable, Callable
from enum import Enum, auto

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import MethodNotAllowed, NotFound
from ai_dashboard.transport.http1 import Exchange

Handler = Callable[[Exchange], Awaitable[None]]


class Scope(Enum):
    """Who may ask: anybody who reaches us, callers with a key (when one is needed) that lets them ask models or read
    which there are, or the operator."""

    OPEN = auto()
    CALL = auto()
    READ = auto()
    ADMIN = auto()


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path."""

    method: str
    path: str
    scope: Scope
    handler: Handler


class Routes:
    """All of them. A path that ends in `/*` takes whatever follows; HEAD is answered wherever GET is.
    `further` ones are made when a path is asked for that is none of the others: no start waits for what they need."""

    def __init__(self, routes: list[Route], further: Callable[[], list[Route]] | None = None) -> None:
        self._further = further
        self._routes: list[Route] = []
        self._exact: dict[str, dict[str, Route]] = {}
        self._below: dict[str, dict[str, Route]] = {}
        self._add(routes)

    @property
    def all(self) -> tuple[Route, ...]:
        """Every route there is."""
        self._complete()
        return tuple(self._routes)

    def match(self, method: str, path: str) -> Route:
        """The route. Raises `NotFound` with the nearest paths, or `MethodNotAllowed` with those that work."""
        methods = self.methods(path)
        if not methods:
            near = difflib.get_close_matches(path, self._exact, n=3, cutoff=0.4)
            raise NotFound(f"there is no {path}", hint=f"did you mean {', '.join(near)}?" if near else "see the README")
        route = methods.get("GET" if method == "HEAD" else method)
        if route is None:
            raise MethodNotAllowed(f"{path} does not take {method}", hint=f"it takes {', '.join(methods)}")
        return route

    def methods(self, path: str) -> dict[str, Route]:
        """The methods that a path takes; none for a path that does not exist."""
        if (methods := self._exact.get(path)) is not None:
            return methods
        for prefix, methods in self._below.items():
            if path.startswith(prefix) and len(path) > len(prefix):
                return methods
        if self._further is not None:
            self._complete()
            return self.methods(path)
        return {}

    def _complete(self) -> None:
        further, self._further = self._further, None
        if further is not None:
            self._add(further())

    def _add(self, routes: list[Route]) -> None:
        self._routes += routes
        for route in routes:
            table, path = (self._below, route.path[:-1]) if route.path.endswith("/*") else (self._exact, route.path)
            table.setdefault(path, {})[route.method] = route
