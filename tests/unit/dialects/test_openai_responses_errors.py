"""The error event: read by the reference's fields and by the official client, which raises."""

import httpx2
import openai
import orjson
import pytest
from openai.types.responses import ResponseErrorEvent

from ai_dashboard.core.errors import UpstreamTruncated
from ai_dashboard.dialects.openai.responses_errors import LAST_NUMBER, error_frame

FRAME = error_frame(UpstreamTruncated("the answer was cut", hint="ask again"), "req-1")


def test_an_error_has_the_fields_of_the_reference() -> None:
    name, data = FRAME.decode().removesuffix("\n\n").split("\n")
    assert name == "event: error"
    event = orjson.loads(data.removeprefix("data: "))
    assert ResponseErrorEvent.model_validate(event).message == "the answer was cut. ask again"
    assert (event["code"], event["sequence_number"]) == ("upstream_truncated", LAST_NUMBER)
    assert event["error"]["request_id"] == "req-1"


def test_an_error_makes_the_official_client_raise() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=FRAME)

    transport = httpx2.Client(transport=httpx2.MockTransport(answer))
    client = openai.OpenAI(base_url="http://gateway/v1", api_key="k", http_client=transport)
    with client, pytest.raises(openai.APIError, match="the answer was cut"):
        list(client.responses.create(model="m", input="Hello", stream=True))
