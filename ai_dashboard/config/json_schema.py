"""The JSON Schema of a configuration file. The docstring under a field is its description, for editors to show."""

from collections.abc import Iterator
from typing import Any

from ai_dashboard.config.schema.base import Section

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(section: type[Section]) -> dict[str, Any]:
    """The schema. Pydantic leaves the description out where a field is a section of its own; it is put back."""
    schema = section.model_json_schema() | {"$schema": DIALECT}
    shapes = {shape.__name__: shape for shape in _all(Section)}
    described = [(section, schema), *((shapes[name], part) for name, part in schema.get("$defs", {}).items())]
    for shape, part in described:
        for name, field in shape.model_fields.items():
            if field.description and name in part.get("properties", {}):
                part["properties"][name].setdefault("description", field.description)
    return schema


def _all(shape: type[Section]) -> Iterator[type[Section]]:
    for heir in shape.__subclasses__():
        yield heir
        yield from _all(heir)
