"""OpenAI's embeddings, both sides; a reply is what the official client reads."""

from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types import CreateEmbeddingResponse

from ai_dashboard.core.chat import Ask, Target
from ai_dashboard.core.errors import CallerError, UpstreamInvalid
from ai_dashboard.dialects.embeddings import Vectors, from_base64, to_base64
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.kinds import KINDS
from ai_dashboard.dialects.openai.embeddings import decode, encode, read, write

RAW = b'{"input": ["a", "b"], "model": "m", "encoding_format": "base64", "x": 1.50}'


def reply(*data: object, **more: object) -> bytes:
    return orjson.dumps({"object": "list", "data": data, "model": "e", "usage": {"prompt_tokens": 3}} | more)


def item(embedding: object, index: object = None) -> dict[str, object]:
    return {"embedding": embedding} | ({} if index is None else {"index": index})


def test_an_ask_is_canonical_as_it_comes() -> None:
    ask = read(Call(RAW, headers={"x-capability": "c", "openai-beta": "b"}))
    assert (ask.model, ask.form, ask.operation, ask.stream) == ("m", "openai.embeddings", "embed", False)
    assert (ask.capability, ask.strict, ask.headers) == ("c", False, (("openai-beta", "b"),))
    assert ask.body == orjson.loads(RAW)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"input": "a"}, "`model`"),
        ({"model": "m"}, "`input`"),
        ({"model": "m", "input": []}, "`input`"),
        ({"model": "m", "input": [1, "a"]}, "`input`"),
        ({"model": "m", "input": "a", "strict": 1}, "`strict`"),
    ],
)
def test_wrong_fields_are_named(body: dict[str, Any], message: str) -> None:
    with pytest.raises(CallerError, match=message):
        read(Call(orjson.dumps(body)))


def test_an_ask_of_this_form_goes_out_as_it_came() -> None:
    written = write(read(Call(RAW)), Target("p", "vllm", "m"), KINDS["vllm"])
    assert (written.request.path, written.request.body, written.warnings) == ("/v1/embeddings", RAW, ())


def test_an_ask_of_another_form_is_written() -> None:
    body = {"model": "m", "input": ["a"], "dimensions": 3, "encoding_format": "base64", "truncate": True, "user": None}
    ask = Ask("m", False, body, b"", False, form="ollama.embed", operation="embed")
    written = write(ask, Target("p", "openai", "e"), KINDS["openai"])
    assert orjson.loads(written.request.body) == {"model": "e", "input": ["a"], "dimensions": 3}
    assert written.warnings == ("`truncate` is left out: OpenAI's embeddings have no such field",)


@pytest.mark.parametrize(
    ("data", "vectors"),
    [
        ([item([1, 2.5]), item([3, 4])], [[1, 2.5], [3, 4]]),
        ([item([3, 4], 1), item([1, 2.5], 0)], [[1, 2.5], [3, 4]]),
        ([item([3], 1), item([1], "0")], [[3], [1]]),
        ([item(to_base64([1, 2.5]), 0)], [[1, 2.5]]),
    ],
)
def test_a_reply_is_read(data: list[object], vectors: list[list[float]]) -> None:
    assert decode(reply(*data)) == Vectors(vectors, 3, "e")


def test_what_a_reply_need_not_say() -> None:
    assert decode(reply(item([1]), usage=None, model=5)) == Vectors([[1]], None, "")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"[]", b"{}", b'{"error":{"message":"boom"}}', reply(), reply(5), reply({}), reply(item([])),
        reply(item(["a"])), reply(item("???")), reply(item([1], 0), 5), b'{"data":{}}',
    ],
)  # fmt: skip
def test_what_is_no_reply(body: bytes) -> None:
    with pytest.raises(UpstreamInvalid):
        decode(body)


@pytest.mark.parametrize("form", [None, "float", "base64"])
def test_a_reply_is_written_as_it_is_wanted(form: str | None) -> None:
    asked = {"input": ["a", "b"], "encoding_format": form}
    ask = Ask("m", False, asked, b"", False, form="openai.embeddings", operation="embed")
    body = orjson.loads(encode(ask, Vectors([[0.5, -1], [2, 3]], 4, "e")))
    for entry in body["data"]:
        if form == "base64":
            entry["embedding"] = from_base64(entry["embedding"])
    CreateEmbeddingResponse.model_validate(body)
    assert body == {
        "object": "list",
        "model": "e",
        "data": [
            {"object": "embedding", "index": 0, "embedding": [0.5, -1]},
            {"object": "embedding", "index": 1, "embedding": [2, 3]},
        ],
        "usage": {"prompt_tokens": 4, "total_tokens": 4},
    }


def test_tokens_are_estimated_where_nobody_counted_them() -> None:
    ask = Ask("m", False, {"input": "hello"}, b"", False, operation="embed")
    body = orjson.loads(encode(ask, Vectors([[1]])))
    assert (body["model"], body["usage"]["prompt_tokens"]) == ("m", 2)


names = st.sampled_from(("data", "embedding", "index", "usage", "model", "error", "prompt_tokens", "AACAPw=="))
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 2**64 - 1) | st.floats(allow_nan=False) | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=10,
)


@given(anything)
def test_whatever_comes_is_read_or_refused(value: object) -> None:
    with suppress(UpstreamInvalid):
        assert decode(orjson.dumps(value)).vectors


@given(st.dictionaries(st.sampled_from(("data", "error")), st.lists(anything, max_size=2)))
def test_whatever_comes_near_is_read_or_refused(value: object) -> None:
    with suppress(UpstreamInvalid):
        assert decode(orjson.dumps(value)).vectors
