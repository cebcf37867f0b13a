"""Beside chats: vectors, lists, counts, prompts without messages, and conversations that are kept here."""

import json

import pytest

from ai_dashboard.demo.catalogue import PROVIDERS
from ai_dashboard.demo.vectors import vector
from tests.contract.callers.base import Past, Wish
from tests.contract.features.common import QUESTION, WEATHER, both_ways, count, wish_for
from tests.contract.heard import results_of
from tests.contract.matrix import DIALECTS, Inexpressible, Scene

DIMENSIONS = {model.name: model.dimensions for provider in PROVIDERS for model in provider.embedding_models}


async def embeddings(scene: Scene) -> None:
    model, texts = scene.provider.vectors, ["A first text.", "And another."]
    if scene.provider.dialect == "anthropic":
        with pytest.raises(scene.caller.failures, match=r"no[ _]embeddings"):
            await scene.caller.embed(model, texts)
        raise Inexpressible("Anthropic offers no embeddings")
    vectors = await scene.caller.embed(model, texts)
    assert vectors == [pytest.approx(vector(text, model, DIMENSIONS[model]), abs=1e-6) for text in texts]


async def models(scene: Scene) -> None:
    """All models of all providers, whoever asks; and one by its name."""
    listed = await scene.caller.models()
    assert {model.name for provider in PROVIDERS for model in provider.models} <= set(listed)
    assert await scene.caller.model(scene.provider.model) == scene.provider.model
    with pytest.raises(scene.caller.errors[404]):
        await scene.caller.model("nobody-has-this-model")


async def counts(scene: Scene) -> None:
    """By the provider where it can, else an estimate that says that it is one."""
    wish = wish_for(scene, question="How many words are in here?")
    counted = await scene.caller.count(wish)
    if scene.caller.door.headers.get("x-estimated") == "true":
        assert 0 < counted < 4 * count(wish.question)
    else:
        assert counted == count(wish.question)


async def prompts(scene: Scene) -> None:
    for stream in (False, True):
        told = await scene.caller.complete(scene.provider.model, "Once upon a time", stream=stream)
        assert count(told.text) == 20
        assert told.finish == "length"
        assert told.spent is not None
        assert (told.spent.prompt, told.spent.completion) == (4, 20)


async def going_on(scene: Scene) -> None:
    """An ask that names the reply before it brings the conversation along, whoever answers now and did before."""
    with pytest.raises(scene.caller.errors[400]):
        await scene.caller.ask(wish_for(scene, previous="resp_unknown"))
    before = scene.world.provider(DIALECTS[DIALECTS.index(scene.provider.dialect) - 1])
    async for first in both_ways(scene, Wish(before.model, question="Tell me about harbours.")):
        second = wish_for(scene, question="And lighthouses?", previous=first.id)
        async for told in both_ways(scene, second):
            heard = json.dumps(scene.provider.last.body, ensure_ascii=False)
            assert heard.index("Tell me about harbours.") < heard.index(first.text) < heard.index("And lighthouses?")
            assert told.text
    called = await scene.caller.ask(Wish(before.model, question=QUESTION, functions=(WEATHER,)))
    result = Past(called.calls, ("Rain.",), native=[])
    going = wish_for(scene, question="", functions=(WEATHER,), previous=called.id, past=result)
    async for told in both_ways(scene, going):
        assert results_of(scene.provider.dialect, scene.provider.last.body) == [
            ("get_weather", {"city": "Oslo"}, "Rain.")
        ]
        assert told.text
