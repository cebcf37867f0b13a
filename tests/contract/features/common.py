"""What checks share: asking whole and streamed, and telling what could not be said from what went wrong."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.demo.prose import tokens_of
from tests.contract.callers.base import Function, Told, Wish
from tests.contract.matrix import Inexpressible, Scene

WEATHER = Function(
    "get_weather",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    "The weather in a city, now",
)
QUESTION = "What is the weather in Oslo?"
"""Sounds like the tool, so that the simulated models call it."""

STRICT = {"x-strict": "true"}


async def both_ways(scene: Scene, wish: Wish) -> AsyncIterator[Told]:
    """The reply in one piece, then streamed."""
    for stream in (False, True):
        yield await scene.caller.ask(replace(wish, stream=stream))


async def must_reach(
    scene: Scene, wish: Wish, heard: Callable[[JsonObject], object], wanted: object, word: str
) -> list[Told]:
    """The provider hears what was asked for, or else the reply warns of `word` and a strict ask is refused. Returns the
    replies, in one piece and streamed."""
    replies = []
    async for told in both_ways(scene, wish):
        replies.append(told)
        if (got := heard(scene.provider.last.body)) == wanted:
            continue
        warning = _warning_of(scene, word)
        assert warning, f"the provider heard {got!r} instead of {wanted!r}, and nobody was told"
        with pytest.raises(scene.caller.errors[400]):
            await scene.caller.ask(replace(wish, headers=STRICT))
        raise Inexpressible(warning)
    return replies


def wish_for(scene: Scene, **said: object) -> Wish:
    """An ask for the provider of a scene."""
    return replace(Wish(scene.provider.model), **said)  # type: ignore[arg-type]  # each test names fields of a wish


def count(text: str) -> int:
    """Tokens, as the simulated models count them."""
    return len(tokens_of(text))


def _warning_of(scene: Scene, word: str) -> str:
    warnings = scene.caller.door.warnings.split("; ")
    return next((warning for warning in warnings if word in warning), "")
