"""What callers say beside the question: prompts, images, forms of answers, and how to choose words."""

from functools import partial

import pytest

from ai_dashboard.core.chat import JsonObject
from tests.contract.features.common import STRICT, must_reach, wish_for
from tests.contract.heard import images_of, schema_of, setting_of, system_of
from tests.contract.matrix import Inexpressible, Scene
from tests.contract.replies import Said

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
PNG_BASE64 = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg=="
PICTURE = "https://example.com/a.png"
NO_ADDRESSES = "Ollama takes images as base64 data only"

CITY: JsonObject = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


async def several_system_prompts(scene: Scene) -> None:
    prompts = ("Be brief.", "Be kind.")
    heard = partial(system_of, scene.provider.dialect)
    await must_reach(scene, wish_for(scene, system=prompts), heard, list(prompts), "system")


async def image(scene: Scene) -> None:
    heard = partial(images_of, scene.provider.dialect)
    await must_reach(scene, wish_for(scene, image=PNG), heard, [PNG_BASE64], "image")


async def image_by_address(scene: Scene) -> None:
    wish = wish_for(scene, image_url=PICTURE)
    if scene.provider.dialect == "ollama":
        with pytest.raises(scene.caller.errors[400], match=NO_ADDRESSES):
            await scene.caller.ask(wish)
        raise Inexpressible(NO_ADDRESSES)
    await must_reach(scene, wish, partial(images_of, scene.provider.dialect), [PICTURE], "image")


async def schema(scene: Scene) -> None:
    heard = partial(schema_of, scene.provider.dialect)
    await must_reach(scene, wish_for(scene, schema=CITY), heard, CITY, "format")


async def any_json(scene: Scene) -> None:
    heard = partial(schema_of, scene.provider.dialect)
    await must_reach(scene, wish_for(scene, any_json=True), heard, True, "format")


async def stops(scene: Scene) -> None:
    wish = wish_for(scene, stop=("Enough.", "The end."))
    await must_reach(scene, wish, partial(_setting, scene, "stop"), ["Enough.", "The end."], "stop")


async def temperature(scene: Scene) -> None:
    wish = wish_for(scene, temperature=0.5)
    await must_reach(scene, wish, partial(_setting, scene, "temperature"), 0.5, "temperature")


async def seed(scene: Scene) -> None:
    await must_reach(scene, wish_for(scene, seed=7), partial(_setting, scene, "seed"), 7, "seed")


async def several_answers(scene: Scene) -> None:
    with scene.provider.saying(Said(("One.",)), Said(("An", "other."))):
        heard = partial(_setting, scene, "answers")
        for told in await must_reach(scene, wish_for(scene, answers=2), heard, 2, "`n`"):
            assert (told.text, told.others) == ("One.", ("Another.",))


async def logprobs(scene: Scene) -> None:
    with scene.provider.saying(Said(("Good ", "evening."), logprobs=True)):
        heard = partial(_setting, scene, "logprobs")
        for told in await must_reach(scene, wish_for(scene, logprobs=True), heard, True, "logprobs"):
            assert (told.text, told.scored) == ("Good evening.", 2)


async def own_field(scene: Scene) -> None:
    """A field that the gateway does not know goes to providers of the caller's own dialect as it came."""
    names = ("x_own_field", "xOwnField", "num_gpu")

    def heard(body: JsonObject) -> object:
        spoken = {**body, **body.get("options", {})}
        return next((spoken[name] for name in names if name in spoken), None)

    try:
        await must_reach(scene, wish_for(scene, own=True), heard, 1, "is left out")
    except Inexpressible:
        raise Inexpressible("a field that only the caller's own dialect knows") from None


async def strict(scene: Scene) -> None:
    """What a strict ask says that everybody can be told is no reason to refuse it."""
    told = await scene.caller.ask(wish_for(scene, system=("Be brief.",), headers=STRICT))
    assert told.text


def _setting(scene: Scene, name: str, body: JsonObject) -> object:
    return setting_of(scene.provider.dialect, body, name)
