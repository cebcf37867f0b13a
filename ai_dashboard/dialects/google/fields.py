"""Fields of Google's JSON, under either of the names that they may have.

Google reads camelCase and snake_case alike, and its own SDK mixes them; here everything is camelCase. What callers name
themselves (arguments of calls, properties of schemas) is left alone.
"""

import re
from types import NoneType
from typing import TypeVar

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError

T = TypeVar("T")


_TOO_LARGE = 1 << 63
_UNDERSCORE = re.compile(r"_([a-z0-9])")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
"""What a name must look like before it is repeated to anybody: it may end in a header."""


def camel(holder: JsonObject) -> JsonObject:
    """An object with its fields in camelCase."""
    if not any("_" in name for name in holder):
        return holder
    return {_UNDERSCORE.sub(lambda found: found[1].upper(), name): value for name, value in holder.items()}


def object_at(value: object, where: str) -> JsonObject:
    """An object that has to be one, its fields in camelCase."""
    if not isinstance(value, dict):
        raise CallerError(f"`{where}` is not an object")
    return camel(value)


def objects_at(value: object, where: str) -> list[JsonObject]:
    """A list of objects; one object alone is a list of it, as Google reads it too. None is an empty list."""
    if value is None:
        return []
    if isinstance(value, dict):
        return [camel(value)]
    if not isinstance(value, list):
        raise CallerError(f"`{where}` is not a list")
    return [object_at(item, f"{where}[{number}]") for number, item in enumerate(value)]


def text_at(holder: JsonObject, name: str, where: str) -> str:
    """A string that has to be there."""
    value = holder.get(name)
    if not isinstance(value, str):
        raise CallerError(f"`{where}.{name}` is missing or not a string")
    return value


def typed(holder: JsonObject, name: str, kind: type[T], where: str) -> T | None:
    """A field's value, None where it is absent or null."""
    value = holder.get(name)
    if value is None or (isinstance(value, kind) and (kind is bool or not isinstance(value, bool))):
        return value
    raise CallerError(f"`{where}.{name}` is {_WORDS.get(kind, 'of the wrong type')}")


def number_at(holder: JsonObject, name: str, where: str) -> float | None:
    """A number, also one written as a string: JSON made from protocol buffers has long ones so."""
    value = holder.get(name)
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            value = ""
    if isinstance(value, bool) or not isinstance(value, (int, float, NoneType)):
        raise CallerError(f"`{where}.{name}` is not a number")
    if value is not None and not abs(value) < _TOO_LARGE:
        raise CallerError(f"`{where}.{name}` is larger than any number of 64 bits")
    return value


def count_at(holder: JsonObject, name: str, where: str) -> int | None:
    """A whole number."""
    value = number_at(holder, name, where)
    if value is None or isinstance(value, int):
        return value
    if not value.is_integer():
        raise CallerError(f"`{where}.{name}` is not a whole number")
    return int(value)


def name_of(value: object) -> str:
    """A name that the caller gave, fit to be repeated."""
    return value if isinstance(value, str) and _PLAIN_NAME.fullmatch(value) else "(unnamed)"


_WORDS: dict[type, str] = {
    bool: "neither true nor false",
    str: "not a string",
    int: "not a whole number",
    dict: "not an object",
    list: "not a list",
}
