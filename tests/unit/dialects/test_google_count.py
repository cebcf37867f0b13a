"""Counting tokens without asking anybody."""

import orjson
import pytest

from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.google.count import read, reply

CONTENTS = [{"parts": [{"text": "hello world"}], "role": "user"}]


@pytest.mark.parametrize(
    "body", [{"contents": CONTENTS}, {"generateContentRequest": {"model": "models/m", "contents": CONTENTS}},
             {"generate_content_request": {"contents": CONTENTS}}]
)  # fmt: skip
def test_contents_alone_or_the_whole_ask(body: object) -> None:
    ask = read(Call(orjson.dumps(body), "m", "countTokens"))
    assert (ask.model, ask.stream) == ("m", False)
    assert orjson.loads(reply(ask)) == {
        "totalTokens": 3,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 3}],
    }


@pytest.mark.parametrize("raw", [b"{}", b'{"generateContentRequest":5}', b'{"generateContentRequest":{}}', b"["])
def test_what_is_no_ask_is_refused(raw: bytes) -> None:
    with pytest.raises(CallerError):
        read(Call(raw, "m"))
