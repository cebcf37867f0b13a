"""Our errors, as Ollama's clients read them."""

import orjson

from ai_dashboard.core.errors import ModelNotFound
from ai_dashboard.dialects.ollama.errors import error_body, error_frame

ERROR = ModelNotFound("no such model", hint="look at the list")


def test_the_message_is_a_string_and_the_rest_stands_beside_it() -> None:
    assert orjson.loads(error_body(ERROR, "r1")) == {
        "error": "no such model. look at the list",
        "code": "model_not_found",
        "request_id": "r1",
    }
    assert orjson.loads(error_body(ModelNotFound("no such model"), "r1"))["error"] == "no such model"


def test_a_frame_is_one_line() -> None:
    frame = error_frame(ModelNotFound("two\nlines"), "r1")
    assert frame.endswith(b"\n")
    assert frame.count(b"\n") == 1
    assert "done" not in orjson.loads(frame)
