"""Embeddings in Google's forms, from both sides."""

import orjson
import pytest

from ai_dashboard.core.chat import Ask, JsonObject, Target
from ai_dashboard.core.errors import CallerError, UpstreamInvalid
from ai_dashboard.dialects.embeddings import Vectors
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.google.embed import decode, encode, read_batch, read_one, write
from ai_dashboard.dialects.kinds import KINDS

OF_THE_SDK = (
    b'{"requests": [{"content": {"parts": [{"text": "a"}], "role": "user"}, "taskType": "X", "outputDimensionality": 2,'
    b' "model": "models/e"}, {"content": {"parts": [{"text": "b"}]}, "output_dimensionality": 2, "model": "models/e"}]}'
)
ONE = b'{"content":{"parts":[{"text":"a"},{"text":"b"}]},"title":"T"}'
TARGET = Target("p", "google", "gemini-embedding-001", api_key="key")


def test_many_texts_as_the_official_client_asks() -> None:
    ask = read_batch(Call(OF_THE_SDK, "models/e"))
    assert (ask.form, ask.operation, ask.model, ask.stream, ask.own_fields) == (
        "google.batch_embed", "embed", "e", False, ("taskType",),
    )  # fmt: skip
    assert ask.body == {"model": "e", "input": ["a", "b"], "dimensions": 2}


def test_one_text() -> None:
    ask = read_one(Call(ONE, "e", headers={"x-strict": "1"}))
    assert (ask.form, ask.body, ask.own_fields, ask.strict) == (
        "google.embed", {"model": "e", "input": ["a\nb"]}, ("title",), True,
    )  # fmt: skip


def test_what_only_google_can_embed_is_named() -> None:
    raw = orjson.dumps(
        {
            "requests": [
                {"content": {"parts": [{"inline_data": {"data": "AA=="}}]}, "outputDimensionality": 1},
                {"content": {"parts": [{"text": "a"}]}},
            ]
        }
    )
    ask = read_batch(Call(raw, "e"))
    assert (ask.own_fields, ask.body["input"]) == (("outputDimensionality", "parts.inlineData"), ["", "a"])


@pytest.mark.parametrize("raw", [b"{}", b'{"requests":[]}', b'{"requests":[5]}', b'{"requests":[{}]}', b"[]", b"",
                                 b'{"requests":[{"content":{"parts":[{"text":5}]}}]}'])  # fmt: skip
def test_what_is_no_ask_is_refused(raw: bytes) -> None:
    with pytest.raises(CallerError):
        read_batch(Call(raw, "e"))


def test_an_ask_of_another_form_becomes_many_requests() -> None:
    body = {"model": "asked", "input": ["a", "b"], "dimensions": 2, "encoding_format": "base64", "user": "ann"}
    ask = Ask("asked", False, body, b"", False, form="openai.embeddings", operation="embed")
    written = write(ask, TARGET, KINDS["google"])
    assert written.request.path == "/v1beta/models/gemini-embedding-001:batchEmbedContents"
    assert ("x-goog-api-key", "key") in written.request.headers
    assert orjson.loads(written.request.body) == {
        "requests": [
            {"model": "models/gemini-embedding-001", "content": {"parts": [{"text": text}]}, "outputDimensionality": 2}
            for text in ("a", "b")
        ]
    }
    assert written.warnings == ("`user` is left out: Google's embeddings have no such field",)


def test_token_ids_cannot_be_sent() -> None:
    ask = Ask("m", False, {"model": "m", "input": [1, 2]}, b"", False, form="openai.embeddings", operation="embed")
    with pytest.raises(CallerError, match="token ids"):
        write(ask, TARGET, KINDS["google"])


def test_an_ask_of_the_same_form_goes_out_as_it_came_but_for_the_models_name() -> None:
    same = OF_THE_SDK.replace(b"models/e", b"models/gemini-embedding-001")
    assert write(read_batch(Call(same, "asked")), TARGET, KINDS["google"]).request.body == same
    other = write(read_batch(Call(OF_THE_SDK, "e")), TARGET, KINDS["google"])
    assert (orjson.loads(other.request.body), other.warnings) == (orjson.loads(same), ())
    one = write(read_one(Call(ONE, "e")), TARGET, KINDS["google"])
    assert (one.request.body, one.request.path) == (ONE, "/v1beta/models/gemini-embedding-001:embedContent")
    told = ONE.replace(b'"T"', b'"T","strict":true')
    assert write(read_one(Call(told, "e")), TARGET, KINDS["google"]).request.body == ONE


@pytest.mark.parametrize(
    ("reply", "vectors"),
    [
        ({"embedding": {"values": [1, 2.5]}}, Vectors([[1, 2.5]])),
        ({"embeddings": [{"values": [1.0]}, {"values": [2.0]}], "usageMetadata": {"promptTokenCount": 7}},
         Vectors([[1.0], [2.0]], 7)),
    ],
)  # fmt: skip
def test_replies_are_read(reply: JsonObject, vectors: Vectors) -> None:
    assert decode(orjson.dumps(reply)) == vectors


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"[]", b"{}", b'{"error":{"message":"full"}}', b'{"embeddings":[]}', b'{"embeddings":[5]}',
        b'{"embedding":null}', b'{"embedding":{}}', b'{"embedding":{"values":[]}}', b'{"embedding":{"values":["1"]}}',
    ],
)  # fmt: skip
def test_replies_that_are_none(body: bytes) -> None:
    with pytest.raises(UpstreamInvalid):
        decode(body)


def test_replies_come_back_as_they_were() -> None:
    vectors = Vectors([[0.5], [1.5]], 3)
    many = read_batch(Call(OF_THE_SDK, "e"))
    assert decode(encode(many, vectors)) == vectors
    one = Vectors([[0.5]])
    assert orjson.loads(encode(read_one(Call(ONE, "e")), one)) == {"embedding": {"values": [0.5]}}
