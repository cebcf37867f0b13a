"""From a path to its route: exact before below, HEAD wherever GET is, and errors that help."""

import pytest

from ai_dashboard.core.errors import MethodNotAllowed, NotFound
from ai_dashboard.gateway.routes import Route, Routes, Scope
from ai_dashboard.transport.http1 import Exchange


async def _handler(exchange: Exchange) -> None:
    exchange.reply(204, [], b"")


LIST = Route("GET", "/v1/models", Scope.CALL, _handler)
ONE = Route("GET", "/v1/models/*", Scope.CALL, _handler)
CHAT = Route("POST", "/v1/chat/completions", Scope.CALL, _handler)
SEE = Route("GET", "/both", Scope.OPEN, _handler)
DO = Route("POST", "/both", Scope.ADMIN, _handler)
ROUTES = Routes([LIST, ONE, CHAT, SEE, DO])


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", "/v1/models", LIST),
        ("HEAD", "/v1/models", LIST),
        ("GET", "/v1/models/a", ONE),
        ("GET", "/v1/models/org/a:8b", ONE),
        ("POST", "/v1/chat/completions", CHAT),
        ("GET", "/both", SEE),
        ("POST", "/both", DO),
    ],
)
def test_match(method: str, path: str, route: Route) -> None:
    assert ROUTES.match(method, path) is route


@pytest.mark.parametrize("path", ["/", "", "/v1/models/", "/V1/models", "/v1/chat/completions/", "//both", "*"])
def test_other_paths_do_not_exist(path: str) -> None:
    with pytest.raises(NotFound):
        ROUTES.match("GET", path)


def test_further_routes_are_made_once_and_when_they_are_asked_for() -> None:
    made: list[int] = []

    def further() -> list[Route]:
        made.append(1)
        return [SEE, DO]

    routes = Routes([LIST, ONE], further)
    assert (routes.match("GET", "/v1/models"), routes.match("GET", "/v1/models/a"), made) == (LIST, ONE, [])
    assert (routes.match("POST", "/both"), routes.match("GET", "/both")) == (DO, SEE)
    with pytest.raises(NotFound):
        routes.match("GET", "/neither")
    assert (routes.all, made) == ((LIST, ONE, SEE, DO), [1])


def test_the_nearest_paths_are_named() -> None:
    with pytest.raises(NotFound) as refused:
        ROUTES.match("POST", "/v1/chat/completion")
    assert "/v1/chat/completions" in refused.value.hint
    with pytest.raises(NotFound) as refused:
        ROUTES.match("GET", "/zzzzzzzzzzzzzzzzzzzzzz")
    assert "did you mean" not in refused.value.hint


@pytest.mark.parametrize(("method", "path"), [("HEAD", "/v1/chat/completions"), ("DELETE", "/both")])
def test_other_methods_are_not_allowed(method: str, path: str) -> None:
    with pytest.raises(MethodNotAllowed) as refused:
        ROUTES.match(method, path)
    assert "POST" in refused.value.hint
