import pytest

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.tui.requesting import PROMPT, Asking, Post, asking_of, base_url, post_of, root_url
from tests.tui.fakes import gateway, record

SAID = [{"role": "user", "content": PROMPT}]


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:4000"),
        ("0.0.0.0", "http://127.0.0.1:4000"),
        ("::", "http://127.0.0.1:4000"),
        ("::1", "http://[::1]:4000"),
        ("gpu-box", "http://gpu-box:4000"),
    ],
)
def test_where_clients_reach_the_gateway(host: str, url: str) -> None:
    assert root_url(gateway(host=host)) == url
    assert base_url(gateway(host=host)) == f"{url}/v1"


def test_a_request_of_the_list_is_asked_again_as_it_was() -> None:
    assert asking_of(record(1, dialect="ollama", stream=False)) == Asking("chat", "ollama")
    embeds = RouteFacts("chat", needs=frozenset({"embeddings"}))
    assert asking_of(record(1, facts=embeds)) == Asking("chat", "openai", stream=True, embeds=True)


@pytest.mark.parametrize(
    ("asking", "post"),
    [
        (Asking("m"), Post("/v1/chat/completions", {"model": "m", "messages": SAID})),
        (Asking("m", stream=True), Post("/v1/chat/completions", {"model": "m", "messages": SAID, "stream": True})),
        (Asking("m", embeds=True), Post("/v1/embeddings", {"model": "m", "input": PROMPT})),
        (
            Asking("m", "anthropic", stream=True),
            Post(
                "/v1/messages",
                {"model": "m", "messages": SAID, "max_tokens": 1024, "stream": True},
                {"anthropic-version": "2023-06-01"},
            ),
        ),
        (Asking("m", "ollama"), Post("/api/chat", {"model": "m", "messages": SAID, "stream": False})),
        (Asking("m", "ollama", embeds=True), Post("/api/embed", {"model": "m", "input": PROMPT})),
        (
            Asking("a/b:c", "google"),
            Post(
                "/v1beta/models/a%2Fb%3Ac:generateContent",
                {"contents": [{"role": "user", "parts": [{"text": PROMPT}]}]},
            ),
        ),
        (
            Asking("m", "google", stream=True),
            Post(
                "/v1beta/models/m:streamGenerateContent?alt=sse",
                {"contents": [{"role": "user", "parts": [{"text": PROMPT}]}]},
            ),
        ),
        (
            Asking("m", "google", embeds=True),
            Post("/v1beta/models/m:embedContent", {"content": {"parts": [{"text": PROMPT}]}}),
        ),
        (Asking("m", "unheard of"), Post("/v1/chat/completions", {"model": "m", "messages": SAID})),
    ],
)
def test_every_dialect_has_its_form(asking: Asking, post: Post) -> None:
    assert post_of(asking) == post
