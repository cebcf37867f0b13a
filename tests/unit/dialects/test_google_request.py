"""Where asks go, and with which headers."""

import pytest

from ai_dashboard.core.chat import Ask, Form, Target
from ai_dashboard.dialects.google.request import bare, request_of
from ai_dashboard.dialects.kinds import KINDS

KIND = KINDS["google"]


def ask(*, stream: bool = False) -> Ask:
    return Ask("m", stream, {}, b"", True, form="google.generate", headers=(("x-from", "caller"),))


@pytest.mark.parametrize(
    ("form", "stream", "path"),
    [
        ("google.generate", False, "/p/v1beta/models/gemini-2.5-flash:generateContent"),
        ("google.generate", True, "/p/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"),
        ("google.embed", False, "/p/v1beta/models/gemini-2.5-flash:embedContent"),
        ("google.batch_embed", False, "/p/v1beta/models/gemini-2.5-flash:batchEmbedContents"),
    ],
)
def test_the_path_has_the_model_and_the_method(form: Form, stream: bool, path: str) -> None:
    target = Target("p", "google", "models/gemini-2.5-flash", "/p", "key")
    request = request_of(ask(stream=stream), target, KIND, form, b"body")
    assert (request.method, request.path, request.body) == ("POST", path, b"body")
    accept = "text/event-stream" if stream else "application/json"
    assert request.headers == (("content-type", "application/json"), ("accept", accept), ("x-goog-api-key", "key"))


def test_a_name_cannot_lead_elsewhere() -> None:
    request = request_of(ask(), Target("p", "google", "a?b#c d:e/f"), KIND, "google.generate", b"")
    assert request.path == "/v1beta/models/a%3Fb%23c%20d%3Ae/f:generateContent"
    assert bare("models/m") == bare("m") == "m"


def test_the_operators_headers_win() -> None:
    target = Target("p", "google", "m", api_key="key", headers=(("x-goog-api-key", "other"), ("x-more", "1")))
    assert request_of(ask(), target, KIND, "google.generate", b"").headers == (
        ("content-type", "application/json"),
        ("accept", "application/json"),
        ("x-goog-api-key", "other"),
        ("x-more", "1"),
    )
