"""Vectors for the gateway's own use: from whom the route says, on record, and none where nobody may make them."""

import json

from ai_dashboard.cache.keys import Scope
from ai_dashboard.gateway.embedding import embed_through
from tests.integration.gateway.scene import Play, house, reply

VECTORS = json.dumps(
    {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.6, 0.8]}], "model": "m"}
).encode()
SCOPE = Scope("acme", "")


async def test_a_model_that_is_routed_makes_the_vectors_and_the_ask_is_on_record() -> None:
    play = Play(reply(200, VECTORS))
    async with house({"first": play}) as home:
        assert await embed_through(home.gateway.desk(), "first/m", ["Hi"], SCOPE) == [[0.6, 0.8]]
        assert (play.asked[0]["input"], play.asked[0]["model"]) == (["Hi"], "m")
        record = await home.record()
        assert (record.asked, record.provider, record.status) == ("first/m", "first", 200)


async def test_where_nobody_can_make_them_there_are_none() -> None:
    async with house({"first": Play(reply(500, b"{}"))}) as home:
        assert await embed_through(home.gateway.desk(), "first/m", ["Hi"], SCOPE) is None
        assert await embed_through(home.gateway.desk(), "nobody/x", ["Hi"], SCOPE) is None


async def test_a_residency_group_without_a_rule_lets_nothing_leave() -> None:
    play = Play(reply(200, VECTORS))
    async with house({"first": play}) as home:
        assert await embed_through(home.gateway.desk(), "first/m", ["Hi"], Scope("acme", "eu")) is None
        assert play.asked == []
