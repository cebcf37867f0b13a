"""The API's own description, held against what a gateway answers."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from jsonschema import Draft202012Validator

Document = dict[str, Any]


def asks(document: Document, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Every GET of it: the path as it is described, and the one to ask for. `values` are those of what a path or a
    query needs, by `path name`."""
    for path, methods in document["paths"].items():
        operation = methods.get("get")
        if operation is None:
            continue
        needed = [it["name"] for it in operation["parameters"] if it["in"] == "query" and it["required"]]
        query = "&".join(f"{name}={quote(values[f'{path} {name}'])}" for name in needed)
        filled = re.sub(r"\{(\w+)\}", lambda found: quote(values[f"{path} {found[1]}"], safe=""), path)  # noqa: B023
        yield path, f"{filled}?{query}" if query else filled


def values(*, request: str, backup: str, key: str, provider: str, model: str) -> dict[str, str]:
    """What `asks` needs, for a gateway that knows these."""
    below = ("audio", "images", "files", "batches", "fine_tuning")
    return {
        **{f"/v1/{name}/{{rest}} rest": "x" for name in below},
        **{f"{prefix}/models/{{name}} name": model for prefix in ("/v1", "", "/v1beta")},
        "/api/admin/requests/{id} id": request,
        "/api/admin/log/{id} id": request,
        "/api/admin/route model": model,
        "/api/admin/config/text file": "providers.yaml",
        "/api/admin/config/schema file": "providers.yaml",
        "/api/admin/config/backup id": backup,
        "/api/admin/providers/{name} name": provider,
        "/api/admin/services/{provider} provider": provider,
        "/api/admin/keys/{id} id": key,
        "/api/admin/tenants/{name} name": "acme",
    }


def check(document: Document, path: str, status: int, value: object) -> None:
    """Raises `ValidationError` for a reply that is not as it is described."""
    responses = document["paths"][path]["get"]["responses"]
    described = responses.get(str(status), responses["default"])
    schema = described.get("content", {}).get("application/json", {}).get("schema", {})
    whole = {**schema, "components": document["components"]}
    Draft202012Validator(whole).validate(value)
