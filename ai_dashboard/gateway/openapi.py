"""The API described in OpenAPI 3.1, made from the table of routes and from the types that their handlers name.

Nothing is written down twice: paths and methods are the table's, shapes the vocabulary's, words the docstrings'. What
is asked for in a provider's own dialect is that dialect's business; of those routes only the frame is told.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Literal, assert_never, cast

import orjson
from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from ai_dashboard import __version__
from ai_dashboard.gateway.described import JSON, About, JsonObject, Shape, about, described
from ai_dashboard.gateway.routes import Route, Scope
from ai_dashboard.transport.http1 import Exchange

VERSION = "3.1.0"
IN_SCHEMAS = "#/components/schemas/{model}"

ADMIN_PATHS = "/api/admin/"

ERROR: JsonObject = {
    "type": "object",
    "description": "What happened, under a code that stays the same, and what to do about it.",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "code": {"type": "string"},
                "param": {"type": "null"},
                "request_id": {"type": "string"},
            },
            "required": ["message", "type", "code"],
        },
        "diagnostics": {
            "type": "array",
            "description": "Where a configuration was refused: all that was found.",
            "items": {"type": "object"},
        },
    },
    "required": ["error"],
}

SCHEMES: JsonObject = {
    "admin": {
        "type": "http",
        "scheme": "bearer",
        "description": "The admin token, a key with the scope `admin`, or a signed token with `role: admin`.",
    },
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key, as OpenAI's clients send it."},
    "x-api-key": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "As Anthropic's do."},
    "x-goog-api-key": {"type": "apiKey", "in": "header", "name": "x-goog-api-key", "description": "As Google's do."},
    "key": {"type": "apiKey", "in": "query", "name": "key", "description": "As Google's examples do."},
}

CALLERS: list[dict[str, list[str]]] = [{}, {"bearer": []}, {"x-api-key": []}, {"x-goog-api-key": []}, {"key": []}]
"""Any of these, or none where no key is needed."""

_PLACES = re.compile(r"\{(\w+)\}")

_Field = core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField
_Mode = Literal["validation", "serialization"]
_Key = tuple[str, Literal["body", "answer"]]


class OpenApi:
    """The handler. The document is made when it is first asked for: that takes a moment, and most never ask."""

    def __init__(self, routes: Callable[[], Iterable[Route]]) -> None:
        self._routes = routes
        self._made: bytes | None = None

    @described(JsonObject)
    async def document(self, exchange: Exchange) -> None:
        """`GET …/openapi.json`: this API in OpenAPI 3.1, and every other path that this gateway answers."""
        if self._made is None:
            self._made = orjson.dumps(document(self._routes()))
        exchange.reply(200, [(b"content-type", b"application/json")], self._made)


def document(routes: Iterable[Route]) -> JsonObject:
    """All of it, for these routes."""
    told = [(route, found) for route in routes if (found := about(route.handler)) is not None]
    shapes, schemas = _schemas(told)
    paths: dict[str, JsonObject] = {}
    for route, found in told:
        paths.setdefault(path_of(route), {})[route.method.lower()] = _operation(route, found, shapes)
    return {
        "openapi": VERSION,
        "info": {
            "title": "ai-dashboard",
            "version": __version__,
            "description": "A gateway for language models: what callers ask, and what its operator does.",
        },
        "paths": paths,
        "components": {"schemas": {**schemas, "Error": ERROR}, "securitySchemes": SCHEMES},
    }


def path_of(route: Route) -> str:
    """The route's path as OpenAPI writes it."""
    found = about(route.handler)
    return f"{route.path[:-1]}{found.below}" if found is not None and route.path.endswith("/*") else route.path


def _operation(route: Route, found: About, shapes: dict[_Key, JsonObject]) -> JsonObject:
    operation: JsonObject = {
        "operationId": _id(route),
        "summary": found.summary,
        "description": found.text,
        "tags": [_tag(route)],
        "security": _security(route.scope),
        "parameters": [*_parameters(route, found)],
        "responses": _responses(route, found, shapes[_key(route), "answer"]),
    }
    if found.body is not None:
        content = {JSON: {"schema": shapes[_key(route), "body"]}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameters(route: Route, found: About) -> Iterator[JsonObject]:
    for name in _PLACES.findall(path_of(route)):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    for name, said in found.query.items():
        required = name in found.needs
        yield {"name": name, "in": "query", "required": required, "description": said, "schema": {"type": "string"}}


def _responses(route: Route, found: About, shape: JsonObject) -> JsonObject:
    well: JsonObject = {"description": found.summary}
    if found.answers is not None:
        well["content"] = {media: {"schema": shape} if media == JSON else {} for media in found.media}
    error: JsonObject = {"description": "An error, in the form of the dialect that the caller speaks."}
    if route.path.startswith(ADMIN_PATHS):
        error = {"description": "An error.", "content": {JSON: {"schema": {"$ref": IN_SCHEMAS.format(model="Error")}}}}
    also = {str(status): {"description": said} for status, said in found.also.items()}
    return {str(found.status): well, **also, "default": error}


def _security(scope: Scope) -> list[dict[str, list[str]]]:
    match scope:
        case Scope.OPEN:
            return []
        case Scope.CALL | Scope.READ:
            return CALLERS
        case Scope.ADMIN:
            return [{"admin": []}]
        case _ as never:
            assert_never(never)


def _tag(route: Route) -> str:
    if route.scope is Scope.OPEN:
        return "health"
    return route.path.removeprefix(ADMIN_PATHS).partition("/")[0] if route.scope is Scope.ADMIN else "calls"


def _id(route: Route) -> str:
    return re.sub(r"\W+", "_", f"{route.method.lower()}_{path_of(route)}").strip("_")


def _key(route: Route) -> str:
    return f"{route.method} {route.path}"


# ── shapes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Whole(GenerateJsonSchema):
    """A reply has every field of its type, also those that have a default."""

    def field_is_required(self, field: _Field, total: bool) -> bool:
        return self.mode == "serialization" or super().field_is_required(field, total)


def _schemas(told: Iterable[tuple[Route, About]]) -> tuple[dict[_Key, JsonObject], JsonObject]:
    """The schema of each body and answer, and those that they refer to."""
    inputs: list[tuple[_Key, _Mode, TypeAdapter[object]]] = []
    for route, found in told:
        inputs.append(((_key(route), "answer"), "serialization", _adapter(found.answers)))
        if found.body is not None:
            inputs.append(((_key(route), "body"), "validation", _adapter(found.body)))
    made, common = TypeAdapter.json_schemas(inputs, ref_template=IN_SCHEMAS, schema_generator=_Whole)
    return {key: schema for (key, _mode), schema in made.items()}, common.get("$defs", {})


def _adapter(shape: Shape) -> TypeAdapter[object]:
    return TypeAdapter(cast("type[object]", shape))  # unions and `tuple[…]` are types to pydantic, and not to `type`
