"""The API's description in OpenAPI: of every route there is, sound in itself, and true."""

import ast
import inspect
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from ai_dashboard.gateway import admin, audit_api, config_api, costs_api, insight_api, log_api
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.gateway.described import about
from ai_dashboard.gateway.openapi import path_of
from ai_dashboard.gateway.routes import Route, Scope
from ai_dashboard.gateway.server import GatewayServer
from ai_dashboard.telemetry.audit import Audit
from ai_dashboard.tenancy.keys import Wanted
from tests.integration.gateway.home import Home, home, two
from tests.integration.gateway.scene import ADMIN, house
from tests.openapi import Document, asks, check, values

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "admin-api.md"


@asynccontextmanager
async def described(state: Path) -> AsyncIterator[tuple[tuple[Route, ...], Document]]:
    """All routes, and the document as it is served."""
    async with house({}, state=state) as it:
        routes = GatewayServer(it.gateway, it.gateway.guard).routes.all
        yield routes, (await it.http.get("/api/admin/openapi.json", headers=ADMIN)).json()


async def test_every_route_is_described_and_nothing_else(tmp_path: Path) -> None:
    async with described(tmp_path) as (routes, document):
        for route in routes:
            found = about(route.handler)
            assert found is not None, f"{route.method} {route.path}: its handler is not @described"
            assert len(found.summary) > 8, f"{route.method} {route.path}: its docstring says nothing"
        told = {(method, path) for path, methods in document["paths"].items() for method in methods}
        assert told == {(route.method.lower(), path_of(route)) for route in routes}


async def test_the_document_is_sound(tmp_path: Path) -> None:
    async with described(tmp_path) as (routes, document):
        assert document["openapi"] == "3.1.0"
        operations = [it for methods in document["paths"].values() for it in methods.values()]
        ids = [it["operationId"] for it in operations]
        assert len(set(ids)) == len(ids) == len(routes)
        schemas = document["components"]["schemas"]
        for name, schema in schemas.items():
            Draft202012Validator.check_schema(schema)
            assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
        assert {it.rpartition("/")[2] for it in _refs(document)} == set(schemas)
        for path, methods in document["paths"].items():
            for operation in methods.values():
                places = {it["name"] for it in operation["parameters"] if it["in"] == "path"}
                assert places == set(re.findall(r"\{(\w+)\}", path))
                named = [scheme for each in operation["security"] for scheme in each]
                assert set(named) <= document["components"]["securitySchemes"].keys()


async def test_only_the_operator_reads_it_and_it_says_what_needs_which_key(tmp_path: Path) -> None:
    async with house({}, state=tmp_path) as it:
        assert (await it.http.get("/api/admin/openapi.json")).status_code == 401
    async with described(tmp_path) as (routes, document):
        for route in routes:
            security = document["paths"][path_of(route)][route.method.lower()]["security"]
            if route.scope is Scope.ADMIN:
                assert security == [{"admin": []}]
            else:
                assert (security == []) == (route.scope is Scope.OPEN)


def _refs(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(ref := value.get("$ref"), str):
            yield ref
        for below in value.values():
            yield from _refs(below)
    elif isinstance(value, list):
        for below in value:
            yield from _refs(below)


# ── true ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("module", [admin, audit_api, config_api, costs_api, insight_api, log_api])
def test_what_a_handler_reads_of_a_query_is_described(module: object) -> None:
    tree = ast.parse(inspect.getsource(module))  # type: ignore[arg-type]  # it is a module
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    handlers = [(it, node) for it in classes for node in it.body if isinstance(node, ast.AsyncFunctionDef)]
    read: dict[str, set[str]] = {node.name: _read_of_query(node) for _, node in handlers}
    checked = 0
    for owner, node in handlers:
        found = about(getattr(getattr(module, owner.name), node.name))
        if found is not None:
            assert read[node.name] <= set(found.query), node.name
            checked += len(read[node.name])
    assert checked


def _read_of_query(function: ast.AsyncFunctionDef) -> set[str]:
    """The names in `query["name"]`, `query.get("name")`, `query_of(…).get("name")` and `_number(query, "name")`."""
    names = set[str]()
    for node in ast.walk(function):
        match node:
            case ast.Subscript(value=ast.Name(id="query"), slice=ast.Constant(value=str(name))):
                names.add(name)
            case ast.Call(func=ast.Attribute(attr="get", value=asked), args=[ast.Constant(value=str(name)), *_]):
                if ast.unparse(asked).startswith("query"):
                    names.add(name)
            case ast.Call(args=[asked, ast.Constant(value=str(name)), *_]):
                if ast.unparse(asked).startswith("query"):
                    names.add(name)
            case _:
                pass
    return names


async def test_a_gateway_with_files_and_changes_answers_as_it_is_described(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "audit", SystemClock().wall)
    (tmp_path / "config").mkdir()
    async with home(tmp_path / "config", two(), "a", audit=audit) as it:
        assert (await it.commit(it.providers("a", "b"))).status_code == 200
        assert (await it.chat()).status_code == 200
        new = await it.gateway.keeping.keys.create(Wanted("ci", "acme"))
        document = (await it.http.get("/api/admin/openapi.json", headers=ADMIN)).json()
        backups = (await it.admin("backups")).json()
        answered = await _walk(it, document, backups[0]["id"], new.key.id)
    assert set(answered.values()) == {200}


async def _walk(it: Home, document: Document, backup: str, key: str) -> dict[str, int]:
    """The status of every GET; all that is JSON is as it is described."""
    request = (await it.http.get("/api/admin/requests", headers=ADMIN)).json()["records"][-1]["id"]
    answered = {}
    for path, ask in asks(document, values(request=request, backup=backup, key=key, provider="a", model="m")):
        reply = await it.http.get(ask, headers=ADMIN)
        if reply.headers["content-type"] == "application/json":
            check(document, path, reply.status_code, reply.json())
        answered[path] = reply.status_code
    return answered


def test_a_reply_that_is_not_as_described_is_found() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/components/schemas/A"}}}
    document: dict[str, Any] = {
        "components": {"schemas": {"A": {"type": "integer"}}},
        "paths": {"/x": {"get": {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}}}},
    }
    document["paths"]["/x"]["get"]["responses"]["default"] = {}
    check(document, "/x", 200, {"a": 1})
    wrongs: tuple[object, ...] = ({}, {"a": "1"}, [])
    for wrong in wrongs:
        with pytest.raises(ValidationError):
            check(document, "/x", 200, wrong)


# ── the page for people ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_page_has_a_line_for_every_route_of_the_operator(tmp_path: Path) -> None:
    async with described(tmp_path) as (_routes, document):
        lines = [
            f"| `{method.upper()} {path}` | {operation['summary']} |"
            for path, methods in sorted(document["paths"].items())
            for method, operation in methods.items()
            if path.startswith("/api/admin/")
        ]
    written = [line for line in PAGE.read_text().splitlines() if re.match(r"\| `[A-Z]+ /api/admin/", line)]
    assert written == lines, "the table has to be:\n" + "\n".join(lines)
