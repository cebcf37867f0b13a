"""What a caller says of the cache: `Cache-Control`, `x-cache-ttl`, and `cache` in the body. The stricter word wins.

"cache": "always" | "off" | true | false
"cache": {"no-cache": true, "no-store": true, "ttl": 600, "always": true, "semantic": false}
"""

from collections.abc import Mapping
from dataclasses import replace

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import CallerError

HINT = 'write "always", "off", true, false, or an object with no-cache, no-store, ttl, always, semantic'
_FLAGS = ("no-cache", "no-store", "always", "semantic")


@dataclass(frozen=True, slots=True)
class Wish:
    """`read`: an answer that is there may be given; `store`: the new one may be kept, for `ttl_s` where that is said.
    `always`: also where chance has a say in the answer. `semantic`: also one that was given to other words."""

    read: bool = True
    store: bool = True
    always: bool = False
    semantic: bool = True
    ttl_s: float | None = None


PLAIN = Wish()
"""Most callers say nothing."""


def wish_of(body: JsonObject, headers: Mapping[str, str]) -> Wish:
    """What is said. Raises `CallerError` for what cannot be read."""
    wish = _in_body(body["cache"]) if body.get("cache") is not None else PLAIN
    if not headers:
        return wish
    if control := headers.get("cache-control"):
        words = {word.strip().lower() for word in control.split(",")}
        refuses = "no-store" in words
        wish = replace(
            wish, read=wish.read and not refuses and "no-cache" not in words, store=wish.store and not refuses
        )
    if (ttl := headers.get("x-cache-ttl")) is not None:
        said = _seconds(ttl, "`x-cache-ttl`")
        wish = replace(wish, ttl_s=said if wish.ttl_s is None else min(said, wish.ttl_s))
    return wish


def _in_body(said: object) -> Wish:
    match said:
        case True:
            return PLAIN
        case "always":
            return Wish(always=True)
        case False | "off":
            return Wish(read=False, store=False)
        case dict():
            return _object({str(name).replace("_", "-"): value for name, value in said.items()})
        case _:
            raise CallerError("`cache` cannot be read", hint=HINT)


def _object(said: dict[str, object]) -> Wish:
    if unknown := sorted(said.keys() - {*_FLAGS, "ttl"}):
        raise CallerError(f"`cache.{unknown[0][:64]}` is not known", hint=HINT)
    for name in _FLAGS:
        if not isinstance(said.get(name), bool | None):
            raise CallerError(f"`cache.{name}` is neither true nor false")
    no_store = said.get("no-store") is True
    return Wish(
        read=said.get("no-cache") is not True and not no_store,
        store=not no_store,
        always=said.get("always") is True,
        semantic=said.get("semantic") is not False,
        ttl_s=_seconds(said["ttl"], "`cache.ttl`") if said.get("ttl") is not None else None,
    )


def _seconds(said: object, where: str) -> float:
    try:
        seconds = float(said) if isinstance(said, int | float | str) and not isinstance(said, bool) else -1.0
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise CallerError(f"{where} is not a number of seconds")
    return seconds
