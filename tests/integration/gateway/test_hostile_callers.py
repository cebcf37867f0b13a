"""Whatever a caller sends is answered, or refused in the caller's own words: no crash, no 500, no silence."""

import itertools
import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ai_dashboard.core.chat import Form
from ai_dashboard.core.events import Usage
from ai_dashboard.transport.http1 import Exchange
from tests.contract.replies import Answer, Said, content_type
from tests.contract.replies import written as said
from tests.integration.gateway.hostile import (
    DOORS,
    ODD,
    Door,
    Stage,
    check_error,
    paths,
    replaced,
    stage,
    value_at,
    without,
    written,
)
from tests.integration.gateway.scene import JSON_TYPE

ODD_AT_EACH_PLACE = 3
EACH_WORD = 2
ANSWER = Answer((Said(("Hel", "lo")),), Usage(3, 2))

ASKED: tuple[tuple[str, Form], ...] = (
    ("/v1/chat/completions", "openai.chat"),
    ("/v1/completions", "openai.completions"),
    ("/v1/responses", "openai.responses"),
    ("/v1/messages", "anthropic.messages"),
    (":generateContent", "google.generate"),
    (":streamGenerateContent", "google.generate"),
    ("/api/chat", "ollama.chat"),
    ("/api/generate", "ollama.generate"),
)


async def answers(exchange: Exchange) -> None:
    """A provider that is well, in whichever form it is asked."""
    asked = json.loads(await exchange.body())
    form = next((form for end, form in ASKED if exchange.path.endswith(end)), None)
    if form is None:
        exchange.reply(200, [JSON_TYPE], _counts_or_vectors(exchange.path, asked))
        return
    stream = "stream" in exchange.path or asked.get("stream", form.startswith("ollama")) is True
    exchange.reply(200, [(b"content-type", content_type(form, stream=stream))], said(form, ANSWER, stream=stream))


def _counts_or_vectors(path: str, asked: dict[str, Any]) -> bytes:
    if path.endswith("/count_tokens"):
        return b'{"input_tokens": 3}'
    if path.endswith(":batchEmbedContents"):
        return json.dumps({"embeddings": [{"values": [0.5]} for _ in asked["requests"]]}).encode()
    if path.endswith(":embedContent"):
        return b'{"embedding": {"values": [0.5]}}'
    if path.endswith("/api/embeddings"):
        return b'{"embedding": [0.5]}'
    given = asked.get("input")
    several = isinstance(given, list) and not (given and isinstance(given[0], int))
    count = len(given) if several and isinstance(given, list) else 1
    if path.endswith("/api/embed"):
        return json.dumps({"embeddings": [[0.5]] * count}).encode()
    return json.dumps({"data": [{"index": number, "embedding": [0.5]} for number in range(count)]}).encode()


@pytest.fixture(scope="module")
def scene() -> Iterator[Stage]:
    with stage(answers) as it:
        yield it


@pytest.fixture(autouse=True)
def no_crash_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.WARNING)
    yield
    assert not [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


def check(door: Door, body: bytes, reply: httpx.Response) -> None:
    """Answered, or refused in the caller's own words."""
    shown = f"{door.path} {reply.status_code} {reply.text[:300]} to {body[:300]!r}"
    assert reply.status_code < 500, shown
    if reply.status_code >= 400:
        check_error(door.dialect, reply.json(), reply.status_code)
    else:
        assert reply.status_code == 200, shown
        assert reply.content, shown
        if reply.headers["content-type"] == "application/json":
            reply.json()


def ask_all(scene: Stage, asks: list[tuple[Door, str, bytes]]) -> None:
    replies = scene.post_all((door.at(f"{kind}-m"), body) for door, kind, body in asks)
    assert len(replies) == len(asks)
    for (door, _, body), reply in zip(asks, replies, strict=True):
        check(door, body, reply)


def _names(door: Door) -> str:
    return door.path


@pytest.mark.parametrize("door", DOORS, ids=_names)
def test_the_asks_themselves_are_answered(scene: Stage, door: Door) -> None:
    for kind in door.kinds:
        reply = scene.post(door.at(f"{kind}-m"), written(door.asking(f"{kind}-m")))
        assert reply.status_code == 200, reply.text


@pytest.mark.parametrize("door", DOORS, ids=_names)
def test_any_type_at_any_place(scene: Stage, door: Door) -> None:
    """Each place is given some of the odd values, in turn, and each time another kind of provider is asked for."""
    odd = itertools.cycle(ODD)
    asks = []
    for kind, at in zip(itertools.cycle(door.kinds), paths(door.asking("m")), strict=False):
        ask = door.asking(f"{kind}-m")
        asks += [(door, kind, written(replaced(ask, at, next(odd)))) for _ in range(ODD_AT_EACH_PLACE)]
        if at:
            asks.append((door, kind, written(without(ask, at))))
    ask_all(scene, asks)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("door", DOORS, ids=_names)
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_several_things_wrong_at_once(scene: Stage, door: Door, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(door.kinds))
    ask = door.asking(f"{kind}-m")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.sampled_from([*paths(ask)]))
        if not at:
            continue
        other = data.draw(st.sampled_from([*paths(ask)]))
        ask = replaced(ask, at, data.draw(JSON | st.just(value_at(ask, other)) | st.sampled_from(ODD)))
    ask_all(scene, [(door, kind, written(ask))])


BODIES = (
    b"", b" ", b"{", b"}", b"[]", b"null", b"1", b'"x"', b"NaN", b"Infinity", b"\xff\xfe{}", b"\xef\xbb\xbf{}", b"{}{}",
    b'{"model": NaN}', b'{"model": "\xff"}', b'{"model": "\\ud800"}', b"'x'", b"{}\x00",
    b"[" * 10_000, b"[" * 10_000 + b"]" * 10_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000, b"{" + b" " * 1_000_000,
    b'{"' + b"a" * 1_000_000 + b'": 1}', b"-" + b"9" * 100_000,
)  # fmt: skip


@pytest.mark.parametrize("door", DOORS, ids=_names)
def test_what_is_no_ask_at_all(scene: Stage, door: Door) -> None:
    replies = scene.post_all((door.at("openai-m"), body) for body in BODIES)
    for body, reply in zip(BODIES, replies, strict=True):
        assert 400 <= reply.status_code < 500, (body[:80], reply.text)
        check(door, body, reply)


@pytest.mark.parametrize("door", DOORS, ids=_names)
def test_what_json_allows_and_nobody_expects(scene: Stage, door: Door) -> None:
    asks = []
    for kind in door.kinds:
        good = written(door.asking(f"{kind}-m"))
        bodies = [
            good[:-1] + b"," + good[1:],
            good[:-1] + b', "x": ' + b"1" * 400 + b"}",
            good[:-1] + b', "x": 1e999}',
            good[:-1] + b', "x": "\\ud83d"}',
            good[:-1] + b', "x": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
            good[:-1] + b', "x": ' + b"[" * 300 + b"]" * 300 + b"}",
            good[:-1] + b', "\\r\\nx-evil: 1": 1, "\xc3\xa9": 1, "": 1}',
            good[:-1] + b"," + b",".join(b'"u%d": 1' % number for number in range(5000)) + b"}",
        ]
        asks += [(door, kind, body) for body in bodies]
    ask_all(scene, asks)


@pytest.mark.parametrize("door", DOORS, ids=_names)
def test_a_megabyte_where_a_word_belongs(scene: Stage, door: Door) -> None:
    words = (at for at in paths(door.ask) if isinstance(value_at(door.ask, at), str))
    long = "x" * 1_000_000
    asks = [
        (door, kind, written(replaced(door.asking(f"{kind}-m"), at, long)))
        for kind, at in zip(itertools.cycle(door.kinds), itertools.islice(words, None, None, EACH_WORD), strict=False)
    ]
    ask_all(scene, asks)
