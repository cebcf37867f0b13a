"""How things end otherwise: refusals with the client's own exception, broken answers, callers who leave."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.contract.callers.anthropic import Anthropic
from tests.contract.callers.base import Caller, Tally, Wish
from tests.contract.features.common import wish_for
from tests.contract.matrix import Scene

NOBODY = "nobody-has-this-model"


async def bad_request(scene: Scene) -> None:
    with scene.provider.refusing(400, "invalid_request", "That makes no sense."):
        await _raises(scene, scene.caller, wish_for(scene), 400, "That makes no sense")


async def unauthorised(scene: Scene) -> None:
    await _raises(scene, scene.stranger, wish_for(scene), 401, "this key is not known here")


async def forbidden(scene: Scene) -> None:
    headers = {"origin": "https://elsewhere.example"}
    await _raises(scene, scene.caller, wish_for(scene, headers=headers), 403, "pages of another origin")


async def not_found(scene: Scene) -> None:
    """A model that nobody has, and one that the provider no longer has."""
    await _raises(scene, scene.caller, wish_for(scene, model=NOBODY), 404, NOBODY)
    with scene.provider.refusing(404, "model_not_found", "It is gone."):
        await _raises(scene, scene.caller, wish_for(scene), 404, "It is gone")


async def too_large(scene: Scene) -> None:
    """For the gateway, and for the provider."""
    await _raises(scene, scene.guest, wish_for(scene, question="word " * 20_000), 413)
    with scene.provider.refusing(413, "request_too_large", "That is too much."):
        await _raises(scene, scene.caller, wish_for(scene), 413, "That is too much")


async def rate_limited(scene: Scene) -> None:
    with scene.provider.refusing(429, "rate_limit_exceeded", "Not so fast.", retry_after_s=7):
        await _raises(scene, scene.caller, wish_for(scene), 429, "Not so fast")
        assert scene.caller.door.headers["retry-after"] == "7"


async def provider_fails(scene: Scene) -> None:
    """Whatever a provider calls its trouble, and also when it refuses the key that is ours."""
    for status in (500, 503, 529, 401):
        with scene.provider.refusing(status, "server_error", "Something broke."):
            await _raises(scene, scene.caller, wish_for(scene), 502, "Something broke")


async def overloaded(scene: Scene) -> None:
    """The gateway has no room for one more."""
    world, guest = scene.guarded, scene.guest
    provider = world.provider(scene.provider.dialect)
    with world.pace.stops_after(2):
        asked = len(provider.heard)
        async with asyncio.TaskGroup() as inside:
            first = inside.create_task(guest.ask(wish_for(scene)))
            await world.until(lambda: len(provider.heard) > asked)
            with pytest.raises(guest.errors[503]) as raised:
                await guest.ask(wish_for(scene))
            first.cancel()
    assert guest.status_of(raised.value) == (529 if isinstance(guest, Anthropic) else 503)
    assert guest.door.headers["retry-after"] == "1"
    await world.until_idle()


async def breaks_off(scene: Scene) -> None:
    """The provider's connection breaks in the middle: what came is shown, and then the client raises."""
    tally = Tally()
    with scene.world.pace.stops_after(4, "cut"):
        with pytest.raises(scene.caller.failures):
            await _read(scene.caller, wish_for(scene, stream=True), tally)
        assert "".join(tally.texts) == "This is a simulated"
        assert not tally.finish
        await scene.world.recover()
        with pytest.raises(scene.caller.errors[502]):
            await scene.caller.ask(wish_for(scene))
    await scene.world.recover()


async def leaves(scene: Scene) -> None:
    """The caller gives up, in the middle of a stream and before any answer: the provider is hung up on as well."""
    provider, tally = scene.provider, Tally()
    left, asked = provider.left, len(provider.heard)
    with scene.world.pace.stops_after(4):
        await _gives_up(scene, wish_for(scene, stream=True), tally, lambda: any(tally.texts))
        await scene.world.until(lambda: provider.left == left + 1)
    with scene.world.pace.stops_after(1):
        await _gives_up(scene, wish_for(scene), tally, lambda: len(provider.heard) == asked + 2)
        await scene.world.until(lambda: provider.left == left + 2)
    await scene.world.until_idle()


async def _gives_up(scene: Scene, wish: Wish, tally: Tally, enough: Callable[[], bool]) -> None:
    """Ask, and cancel the asking at a moment."""
    async with asyncio.TaskGroup() as inside:
        task = inside.create_task(_read(scene.caller, wish, tally))
        await scene.world.until(enough)
        task.cancel()


async def _raises(scene: Scene, caller: Caller, wish: Wish, status: int, says: str | None = None) -> None:
    """The client's own class for a status, streamed or not, with the words of whoever refused."""
    for stream in (False, True):
        with pytest.raises(caller.errors[status], match=says) as raised:
            await _read(caller, replace(wish, stream=stream), Tally())
        assert caller.status_of(raised.value) == status
        await scene.world.recover()


async def _read(caller: Caller, wish: Wish, tally: Tally) -> None:
    if not wish.stream:
        await caller.ask(wish)
        return
    async for _ in caller.stream(wish, tally):
        pass
