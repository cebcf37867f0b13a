"""Embeddings in Ollama's two forms."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.chat import Ask, JsonObject, Target
from ai_dashboard.core.errors import CallerError, UpstreamInvalid
from ai_dashboard.dialects.embeddings import Vectors
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.kinds import KINDS
from ai_dashboard.dialects.ollama.embed import (
    decode_embed,
    decode_embeddings,
    encode_embed,
    encode_embeddings,
    read_embed,
    read_embeddings,
    write_embed,
    write_embeddings,
)  # fmt: skip

OLLAMA = KINDS["ollama"]
TARGET = Target("p", "ollama", "m", "/base", "secret")


def embed(**more: object) -> Ask:
    return read_embed(Call(orjson.dumps({"model": "m", "input": "a", **more})))


def foreign(**body: object) -> Ask:
    return Ask("asked", False, {"model": "asked", "input": "a", **body}, b"other bytes", False,
               form="openai.embeddings", operation="embed")  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "body", "own"),
    [
        ({}, {"input": "a"}, ()),
        ({"input": ["a", ""]}, {"input": ["a", ""]}, ()),
        ({"dimensions": 8}, {"input": "a", "dimensions": 8}, ()),
        ({"dimensions": 0, "truncate": True, "options": {}}, {"input": "a"}, ()),
        (
            {"truncate": False, "keep_alive": "5m", "options": {"num_ctx": 9}},
            {"input": "a"},
            ("truncate", "keep_alive", "options"),
        ),
        ({"capability": "search"}, {"input": "a", "capability": "search"}, ()),
    ],
)
def test_asks_to_embed(asked: JsonObject, body: JsonObject, own: tuple[str, ...]) -> None:
    ask = embed(**asked)
    assert ask.body == {"model": "m", **body}
    assert (ask.form, ask.operation, ask.stream, ask.own_fields) == ("ollama.embed", "embed", False, own)
    assert ask.capability == asked.get("capability")


def test_the_older_ask_has_one_text() -> None:
    raw = b'{"model":"m","prompt":"a","keep_alive":0}'
    ask = read_embeddings(Call(raw))
    assert (ask.body, ask.form, ask.raw) == ({"model": "m", "input": "a"}, "ollama.embeddings", raw)
    assert ask.own_fields == ()


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"input": None}, "`input`"),
        ({"input": []}, "`input`"),
        ({"input": [1, 2]}, "`input`"),
        ({"options": 5}, "`options`"),
        ({"model": ""}, "`model`"),
        ({"strict": "very"}, "`strict`"),
    ],
)
def test_what_cannot_be_embedded_is_named(asked: JsonObject, reason: str) -> None:
    with pytest.raises(CallerError, match=reason):
        embed(**asked)
    with pytest.raises(CallerError, match="`prompt`"):
        read_embeddings(Call(b'{"model":"m"}'))


def test_replies() -> None:
    reply = Vectors([[0.5, 1.0], [2.0, 3.0]], 7, "nomic")
    assert orjson.loads(encode_embed(embed(), reply)) == {
        "model": "nomic",
        "embeddings": [[0.5, 1.0], [2.0, 3.0]],
        "prompt_eval_count": 7,
    }
    assert orjson.loads(encode_embed(embed(), Vectors([[1.0]]))) == {"model": "m", "embeddings": [[1.0]]}
    assert orjson.loads(encode_embeddings(embed(), reply)) == {"embedding": [0.5, 1.0]}


def test_the_request_for_ollama() -> None:
    written = write_embed(foreign(dimensions=8, encoding_format="base64"), TARGET, OLLAMA)
    assert written.warnings == ()
    assert written.request.path == "/base/api/embed"
    assert dict(written.request.headers)["authorization"] == "Bearer secret"
    assert orjson.loads(written.request.body) == {"model": "m", "input": ["a"], "truncate": False, "dimensions": 8}


def sent(ask: Ask, **options: object) -> JsonObject:
    body: JsonObject = orjson.loads(write_embed(ask, Target("p", "ollama", "m", options=options), OLLAMA).request.body)
    return body


def test_options_and_the_window_for_the_longest_text() -> None:
    assert sent(foreign(), num_gpu=1)["options"] == {"num_gpu": 1}
    assert sent(foreign(input=["a" * 15_000, "b" * 9000]))["options"] == {"num_ctx": 8192}
    assert sent(foreign(input="a" * 15_000), num_ctx=16_384)["options"] == {"num_ctx": 16_384}
    assert sent(foreign(options={"num_ctx": 512}, truncate=True, keep_alive=0)) == {
        "model": "m", "input": ["a"], "truncate": True, "options": {"num_ctx": 512}, "keep_alive": 0,
    }  # fmt: skip


def test_what_is_lost_is_said() -> None:
    assert write_embed(foreign(user="ann", task_type=None), TARGET, OLLAMA).warnings == (
        "`user` is left out: Ollama has no such field",
    )


@pytest.mark.parametrize("tokens", [[1, 2], [[1, 2]], ["a", [1]]])
def test_tokens_cannot_be_embedded(tokens: object) -> None:
    with pytest.raises(CallerError, match="token ids"):
        write_embed(foreign(input=tokens), TARGET, OLLAMA)


def test_ollamas_own_asks_are_passed_on() -> None:
    ask = embed(truncate=True, unheard_of=1)
    written = write_embed(ask, Target("p", "ollama", "m"), OLLAMA)
    assert (written.request.body, written.warnings) == (ask.raw, ())
    assert sent(embed(options={"top_k": 1}), num_gpu=1)["options"] == {"top_k": 1, "num_gpu": 1}
    assert sent(embed(input="a" * 15_000))["options"] == {"num_ctx": 8192}
    older = read_embeddings(Call(b'{"model":"x","prompt":"a"}'))
    request = write_embeddings(older, Target("p", "ollama", "m"), OLLAMA).request
    assert (request.path, request.body) == ("/api/embeddings", b'{"model":"m","prompt":"a"}')


def test_what_ollama_answers() -> None:
    assert decode_embed(b'{"model":"m","embeddings":[[0.5,1],[2,3]],"prompt_eval_count":7}') == Vectors(
        [[0.5, 1], [2, 3]], 7, "m"
    )
    assert decode_embed(b'{"embeddings":[[1]],"prompt_eval_count":"x","model":5}') == Vectors([[1]])
    assert decode_embeddings(b'{"embedding":[1.5]}') == Vectors([[1.5]])


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"{}", b'{"error":"full"}', b'{"embeddings":5,"embedding":5}',
     b'{"embeddings":[["a"]],"embedding":["a"]}', b'{"embeddings":[[NaN]]}', b'{"embeddings":[[]],"embedding":[]}'],
)  # fmt: skip
def test_what_is_no_answer(body: bytes) -> None:
    for decode in (decode_embed, decode_embeddings):
        with pytest.raises(UpstreamInvalid):
            decode(body)


@given(st.lists(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1), min_size=1), st.integers(0, 99))
def test_a_reply_reads_back_as_it_was_written(vectors: list[list[float]], tokens: int) -> None:
    reply = Vectors(vectors, tokens, "m")
    assert decode_embed(encode_embed(embed(), reply)) == reply
