"""The way to a provider, as the usual variables have it."""

import base64

import pytest

from ai_dashboard.core.chat import HttpRequest
from ai_dashboard.transport.client import Endpoint
from ai_dashboard.transport.client.proxies import Proxy, proxy_for
from ai_dashboard.transport.client.request import encode_request

PLAIN = Endpoint("http", "gpu.lan", 8000)
SECURE = Endpoint("https", "api.example.com", 443)
PROXY = "http://proxy:3128"


@pytest.mark.parametrize(
    ("endpoint", "variables", "found"),
    [
        (PLAIN, {}, None),
        (PLAIN, {"HTTP_PROXY": PROXY}, Endpoint("http", "proxy", 3128)),
        (PLAIN, {"http_proxy": PROXY, "HTTP_PROXY": "http://other"}, Endpoint("http", "proxy", 3128)),
        (PLAIN, {"http_proxy": "", "HTTP_PROXY": PROXY}, None),
        (PLAIN, {"HTTPS_PROXY": PROXY}, None),
        (SECURE, {"HTTPS_PROXY": "proxy"}, Endpoint("http", "proxy", 80)),
        (SECURE, {"ALL_PROXY": PROXY}, Endpoint("http", "proxy", 3128)),
        (SECURE, {"https_proxy": "http://p", "ALL_PROXY": PROXY}, Endpoint("http", "p", 80)),
        (Endpoint("http", "localhost", 1), {"HTTP_PROXY": PROXY}, None),
        (Endpoint("http", "a.localhost", 1), {"HTTP_PROXY": PROXY}, None),
        (Endpoint("http", "127.8.9.1", 1), {"HTTP_PROXY": PROXY}, None),
        (Endpoint("http", "::1", 1), {"HTTP_PROXY": PROXY}, None),
    ],
)
def test_which_variable_counts(endpoint: Endpoint, variables: dict[str, str], found: Endpoint | None) -> None:
    proxy = proxy_for(endpoint, variables)
    assert (proxy.endpoint if proxy else None) == found


@pytest.mark.parametrize(
    ("host", "port", "no_proxy", "direct"),
    [
        ("api.example.com", 443, "*", True),
        ("api.example.com", 443, "example.com", True),
        ("api.example.com", 443, " x.org , .EXAMPLE.com ", True),
        ("api.example.com", 443, "*.example.com", True),
        ("notexample.com", 443, "example.com", False),
        ("api.example.com", 443, "example.com:443", True),
        ("api.example.com", 443, "example.com:80", False),
        ("10.1.2.3", 80, "10.0.0.0/8", True),
        ("10.1.2.3", 80, "10.1.2.3", True),
        ("10.1.2.3", 80, "10.1.2.3:81", False),
        ("110.1.2.3", 80, "10.1.2.3", False),
        ("10.1.2.3", 80, "nonsense/8", False),
        ("fd00::1", 80, "[fd00::1]:80", True),
        ("fd00::1", 80, "fd00::/8", True),
        ("api.example.com", 443, "", False),
        ("api.example.com", 443, ",.,", False),
    ],
)
def test_exceptions(host: str, port: int, no_proxy: str, direct: bool) -> None:
    proxy = proxy_for(Endpoint("http", host, port), {"HTTP_PROXY": PROXY, "NO_PROXY": no_proxy})
    assert (proxy is None) == direct


def test_credentials_are_decoded_and_never_shown() -> None:
    proxy = proxy_for(PLAIN, {"HTTP_PROXY": "http://me:p%40ss@proxy:1"})
    assert proxy is not None
    assert proxy.authorization == "Basic " + base64.b64encode(b"me:p@ss").decode()
    assert "Basic" not in repr(proxy)


@pytest.mark.parametrize("value", ["socks5://me:hunter2@h", "https://me:hunter2@h", "http://me:hunter2@h:x", "http://"])
def test_a_proxy_that_cannot_be_used_is_named_by_its_variable(value: str) -> None:
    with pytest.raises(ValueError, match="HTTP_PROXY") as refusal:
        proxy_for(PLAIN, {"HTTP_PROXY": value})
    assert "hunter2" not in str(refusal.value)


def test_a_proxy_is_asked_for_the_whole_address() -> None:
    proxy = Proxy(Endpoint("http", "proxy", 1), "Basic x")
    assert encode_request(HttpRequest("GET", "/v1/models", (), b""), "gpu.lan:8000", proxy) == (
        b"GET http://gpu.lan:8000/v1/models HTTP/1.1\r\nhost: gpu.lan:8000\r\nproxy-authorization: Basic x\r\n\r\n"
    )
