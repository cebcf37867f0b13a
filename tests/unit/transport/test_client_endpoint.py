"""Addresses as an operator writes them."""

import pytest

from ai_dashboard.transport.client import Endpoint


@pytest.mark.parametrize(
    ("url", "endpoint", "path", "authority"),
    [
        ("http://localhost:11434", Endpoint("http", "localhost", 11434), "", "localhost:11434"),
        ("https://api.openai.com/v1", Endpoint("https", "api.openai.com", 443), "", "api.openai.com"),
        ("https://api.openai.com/v1/", Endpoint("https", "api.openai.com", 443), "", "api.openai.com"),
        ("https://openrouter.ai/api/v1", Endpoint("https", "openrouter.ai", 443), "/api", "openrouter.ai"),
        ("http://Host.Example/x//", Endpoint("http", "host.example", 80), "/x", "host.example"),
        ("http://[::1]:8000/v1", Endpoint("http", "::1", 8000), "", "[::1]:8000"),
        (" http://10.0.0.1:443 ", Endpoint("http", "10.0.0.1", 443), "", "10.0.0.1:443"),
        ("http://h/v1beta", Endpoint("http", "h", 80), "/v1beta", "h"),
    ],
)
def test_parse(url: str, endpoint: Endpoint, path: str, authority: str) -> None:
    assert Endpoint.parse(url) == (endpoint, path)
    assert endpoint.authority == authority


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("localhost:11434", "start with http"),
        ("ftp://h", "start with http"),
        ("http://", "names no host"),
        ("http://h:port", "cannot be read"),
        ("http://h:99999", "cannot be read"),
        ("http://[::1", "cannot be read"),
        ("http://user:hunter2@h", "api_key"),
        ("http://h/v1?key=1", "ends with the path"),
        ("http://h/a b", "space"),
        ("http://h/a\x7f", "unprintable"),
    ],
)
def test_parse_refuses_in_plain_words(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as refusal:
        Endpoint.parse(url)
    assert "hunter2" not in str(refusal.value)


def test_for_people_the_port_is_always_there() -> None:
    assert str(Endpoint("https", "api.openai.com", 443)) == "api.openai.com:443"
    assert str(Endpoint("http", "::1", 80)) == "[::1]:80"
