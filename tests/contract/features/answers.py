"""What models say: text, thinking, usage, and why it ended."""

from dataclasses import replace

from tests.contract.callers.anthropic import Anthropic
from tests.contract.callers.base import NoWord, Past
from tests.contract.callers.ollama import Ollama
from tests.contract.features.common import QUESTION, WEATHER, both_ways, count, wish_for
from tests.contract.heard import thoughts_of
from tests.contract.matrix import Inexpressible, Scene
from tests.contract.replies import Said


async def whole(scene: Scene) -> None:
    told = await scene.caller.ask(wish_for(scene))
    assert told.text.startswith("This is a simulated answer about")
    assert told.spent is not None
    assert count(told.text) == told.spent.completion
    assert told.model == scene.provider.model


async def streamed(scene: Scene) -> None:
    """Every piece that the provider sends reaches the caller as a piece of its own."""
    told = await scene.caller.ask(wish_for(scene, stream=True))
    assert told.text.startswith("This is a simulated answer about")
    assert told.pieces == count(told.text) > 10
    assert told.model == scene.provider.model


async def usage(scene: Scene) -> None:
    async for told in both_ways(scene, wish_for(scene, question="How many words are in here?")):
        assert told.spent is not None
        assert (told.spent.prompt, told.spent.completion) == (7, count(told.text))


async def finishes(scene: Scene) -> None:
    async for told in both_ways(scene, wish_for(scene)):
        assert told.finish == scene.caller.words["stop"]
    async for told in both_ways(scene, wish_for(scene, max_tokens=5)):
        assert told.finish == scene.caller.words["length"]
        assert count(told.text) == 5


async def filtered(scene: Scene) -> None:
    if scene.provider.dialect == "ollama":
        raise Inexpressible("Ollama has no filter that could end an answer")
    with scene.provider.saying(Said(("I had rather",), finish="content_filter")):
        async for told in both_ways(scene, wish_for(scene)):
            assert told.text == "I had rather"
            assert told.finish == scene.caller.words["content_filter"]


async def thinking(scene: Scene) -> None:
    async for told in both_ways(scene, wish_for(scene, think=True)):
        assert told.thinking.startswith("This is simulated thinking about")
        assert told.text.startswith("This is a simulated answer about")
        assert told.spent is not None
        assert count(told.thinking) + count(told.text) == told.spent.completion


async def thinking_sent_back(scene: Scene) -> None:
    """Thought, called a tool, got its result: the next turn shows the provider what it thought, with its proof."""
    wish = wish_for(scene, question=QUESTION, functions=(WEATHER,), think=True)
    told = await scene.caller.ask(wish)
    assert told.calls
    going_on = replace(wish, past=Past(told.calls, ("Rain, 7 degrees.",), told.native))
    async for answer in both_ways(scene, going_on):
        assert answer.text
        if not thoughts_of(scene.provider.dialect, scene.provider.last.body):
            _unproven(scene)


def _unproven(scene: Scene) -> None:
    """Signatures get lost where a client's messages have no room for them, and nowhere else."""
    dialect = scene.provider.dialect
    if isinstance(scene.caller, Ollama) and dialect in ("anthropic", "google"):
        raise NoWord("Ollama's messages have no room for the signatures that prove where thinking comes from")
    if isinstance(scene.caller, Anthropic) and dialect == "google":
        raise NoWord("Anthropic's tool calls have no room for Google's signatures")
    raise AssertionError("the provider was not shown what it thought before")


async def cached(scene: Scene) -> None:
    """The same long prompt twice: the second time the provider has most of it in memory, and the caller sees so."""
    marked = scene.provider.dialect == "anthropic"
    system = f"You answer {scene.caller.title} and nobody else. " + "Be brief and kind to everybody. " * 15 + "Be."
    wish = wish_for(scene, system=(system,), mark=marked)
    await scene.caller.ask(wish)
    async for told in both_ways(scene, wish):
        assert told.spent is not None
        if told.spent.cached:
            assert 0 < told.spent.cached <= told.spent.prompt == count(system) + count(wish.question)
        elif scene.provider.dialect == "ollama":
            raise Inexpressible("Ollama does not say what it had in memory of a prompt")
        elif isinstance(scene.caller, Ollama):
            raise NoWord("Ollama's replies do not say what was in memory of a prompt")
        else:
            raise AssertionError("the provider's figure got lost")
