import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.config.hosts import is_http, is_local_host, is_loopback, split_url, without_v1


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1", 8000),
        ("https://API.openai.com", "api.openai.com", 443),
        ("http://[::1]:8080/base", "::1", 8080),
        ("http://<your-host>:PORT", "", None),
        ("http://[broken", "", None),
        ("nonsense", "", None),
    ],
)
def test_split(url: str, host: str, port: int | None) -> None:
    assert split_url(url)[1:] == (host, port)


@pytest.mark.parametrize("url", ["http://gpu", "https://a.b:1/c", "http://[::1]:8080"])
def test_is_http(url: str) -> None:
    assert is_http(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "gpu:8000",
        "ftp://gpu",
        "http://",
        "http://a b",
        "http://<host>",
        "http://gpu:99999",
        "http://{x}",
        "http://me@gpu",
        "http://me:secret@gpu:1",
        "http://gpu/v1?key=secret",
        "http://gpu/#x",
    ],
)
def test_is_not_http(url: str) -> None:
    assert not is_http(url)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "::1", "localhost", "gpu", "gpu.local", "nas.lan", "192.168.1.5", "10.0.0.1", "fd00::1"]
)
def test_local(host: str) -> None:
    assert is_local_host(host)


@pytest.mark.parametrize("host", ["", "ollama.com", "8.8.8.8", "2606:4700::1111"])
def test_not_local(host: str) -> None:
    assert not is_local_host(host)


@pytest.mark.parametrize(
    ("host", "is_it"), [("127.8.8.8", True), ("localhost", True), ("0.0.0.0", False), ("", False), ("gpu", False)]
)
def test_loopback(host: str, is_it: bool) -> None:
    assert is_loopback(host) is is_it


@given(st.text(max_size=30))
def test_any_text_is_no_crash(text: str) -> None:
    split_url(text)
    is_http(text)
    is_local_host(text)


@pytest.mark.parametrize("url", ["http://a", " http://a/ ", "http://a/v1", "http://a/v1/", "http://a//v1//"])
def test_v1_means_nothing(url: str) -> None:
    assert without_v1(url) == "http://a"
