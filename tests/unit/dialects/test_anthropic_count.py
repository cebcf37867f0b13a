"""Counting tokens without asking anybody."""

from typing import Any

import orjson
import pytest

from ai_dashboard.core.chat import Ask, Target
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.anthropic.count import estimate, read, reply, write
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.kinds import KINDS

IMAGE = {"type": "image", "source": {"type": "url", "url": "https://a"}}
PDF = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "A" * 3200}}
BY_URL = {"type": "document", "source": {"type": "url", "url": "https://a"}}
USE = {"type": "tool_use", "id": "a", "name": "f", "input": {"x": "y" * 100}}
THINKING = {"type": "thinking", "thinking": "x" * 350, "signature": "s"}


def ask(content: object = "hello", **fields: object) -> Ask:
    return read(Call(orjson.dumps({"model": "m", "messages": [{"role": "user", "content": content}]} | fields)))


def test_the_reply() -> None:
    assert orjson.loads(reply(7)) == {"input_tokens": 7}


def test_text_counts_by_its_length() -> None:
    assert estimate(ask("x" * 350)) == 104
    assert estimate(ask([{"type": "text", "text": "x" * 350}], system="y" * 35)) == 104 + 14


@pytest.mark.parametrize(("block", "least"), [(IMAGE, 1600), (PDF, 1700), (BY_URL, 1600)])
def test_pictures_and_files_count(block: dict[str, Any], least: int) -> None:
    assert estimate(ask([block])) >= least


def test_everything_that_is_sent_counts() -> None:
    plain = estimate(ask())
    turns = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": [THINKING, USE]}]
    assert estimate(ask(messages=turns)) > plain + 130
    assert estimate(ask(tools=[{"name": "f", "input_schema": {"description": "x" * 350}}])) > plain + 100


def test_what_is_no_conversation_is_refused() -> None:
    with pytest.raises(CallerError, match="`messages`"):
        ask(messages=[])


def test_a_provider_that_knows_is_asked_with_the_callers_own_bytes() -> None:
    asked = ask()
    request = write(asked, Target("p", "anthropic", "m", "/base", "k"), KINDS["anthropic"])
    assert (request.method, request.path, request.body) == ("POST", "/base/v1/messages/count_tokens", asked.raw)
    assert dict(request.headers)["x-api-key"] == "k"
