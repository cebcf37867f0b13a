"""An ask's body, written as JSON again: nothing in it may change that nobody meant to change."""

import json
import re

import orjson

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.errors import CallerError

_LONG_NUMBER = re.compile(rb"[0-9]{19}")
"""From 19 digits on a number may be too large for 64 bits, and the parser would round it to a float."""


def encode(body: JsonObject) -> bytes:
    """The JSON of a body. Raises `CallerError` when it is nested more deeply than can be written (254 levels)."""
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError as error:
        raise CallerError(f"the body cannot be passed on: {error}", hint="nest it less deeply") from None


def with_numbers_as_written(body: JsonObject, raw: bytes) -> JsonObject:
    """The body for `encode`, with each number spelled as in `raw`, the bytes that it was read from."""
    if _LONG_NUMBER.search(raw) is None:
        return body
    try:
        written: JsonObject = json.loads(raw, parse_int=_as_written, parse_float=_as_written)
    except RecursionError:
        raise CallerError("the body cannot be passed on: it is nested too deeply", hint="nest it less deeply") from None
    return written


def _as_written(number: str) -> orjson.Fragment:
    return orjson.Fragment(number)
