"""Tools: calls, their arguments as they are made, results, and who chooses."""

import json
from functools import partial

from tests.contract.callers.base import Called, Past
from tests.contract.callers.ollama import Ollama
from tests.contract.features.common import QUESTION, WEATHER, both_ways, count, must_reach, wish_for
from tests.contract.heard import results_of, tools_of
from tests.contract.matrix import Inexpressible, Scene
from tests.contract.replies import Made, Said

OSLO = Called("call_a", "get_weather", {"city": "Oslo"})
QUITO = Called("call_b", "get_weather", {"city": "Quito"})


async def call(scene: Scene) -> None:
    wish = wish_for(scene, question=QUESTION, functions=(WEATHER,))
    async for told in both_ways(scene, wish):
        assert tools_of(scene.provider.dialect, scene.provider.last.body) == [(WEATHER.name, WEATHER.parameters)]
        assert [(made.name, made.arguments) for made in told.calls] == [("get_weather", {"city": "Oslo"})]
        assert told.finish == scene.caller.words["tool_calls"]
        assert told.spent is not None
        assert told.spent.completion == count(json.dumps({"city": "Oslo"}))


async def two_calls(scene: Scene) -> None:
    """Two calls of one answer, the arguments of each in pieces where the provider has pieces."""
    calls = (
        Made("call_a", "get_weather", ('{"city"', ': "Oslo"}')),
        Made("call_b", "get_weather", ('{"city": "Quito"}',)),
    )
    wish = wish_for(scene, question=QUESTION, functions=(WEATHER,))
    with scene.provider.saying(Said(calls=calls, finish="tool_calls")):
        async for told in both_ways(scene, wish):
            assert [(made.name, made.arguments) for made in told.calls] == [
                ("get_weather", {"city": "Oslo"}),
                ("get_weather", {"city": "Quito"}),
            ]
            ids = [made.id for made in told.calls if made.id]
            assert len(set(ids)) == (0 if isinstance(scene.caller, Ollama) else 2)


async def arguments_streamed(scene: Scene) -> None:
    """A call's arguments come as they are made, where both the provider and the client have pieces of them."""
    told = await scene.caller.ask(wish_for(scene, question=QUESTION, functions=(WEATHER,), stream=True))
    assert told.calls[0].arguments == {"city": "Oslo"}
    if told.argument_pieces > 1:
        return
    if scene.provider.dialect in ("google", "ollama"):
        raise Inexpressible(f"{scene.provider.dialect.title()}'s providers send a call in one piece")
    assert "google" in scene.caller.title or "ollama" in scene.caller.title
    raise Inexpressible("this client takes a call in one piece, so it is sent once it is whole")


async def forced(scene: Scene) -> None:
    wish = wish_for(scene, functions=(WEATHER,), choice="required")
    heard = partial(tools_of, scene.provider.dialect)
    await must_reach(scene, wish, lambda body: _is_forced(body) and heard(body) != [], True, "tool_choice")
    async for told in both_ways(scene, wish):
        assert [made.name for made in told.calls] == ["get_weather"]


async def forbidden(scene: Scene) -> None:
    """Tools that are known but may not be called: the model answers in words."""
    async for told in both_ways(scene, wish_for(scene, question=QUESTION, functions=(WEATHER,), choice="none")):
        assert told.calls == ()
        assert told.text


async def results(scene: Scene) -> None:
    """Two calls of one turn, both answered."""
    past = Past((OSLO, QUITO), ("Rain.", "Sunshine."))
    wish = wish_for(scene, question=QUESTION, functions=(WEATHER,), past=past)
    async for told in both_ways(scene, wish):
        assert results_of(scene.provider.dialect, scene.provider.last.body) == [
            ("get_weather", {"city": "Oslo"}, "Rain."),
            ("get_weather", {"city": "Quito"}, "Sunshine."),
        ]
        assert told.calls == ()
        assert told.text


def _is_forced(body: dict[str, object]) -> bool:
    """Whether an ask in any dialect says that a tool has to be called."""
    match body:
        case {"tool_choice": "required" | {"type": "any"}}:
            return True
        case {"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}:
            return True
        case _:
            return False
