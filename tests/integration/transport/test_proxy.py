"""Through a proxy: forwarded when plain, tunnelled when TLS."""

import asyncio
import ssl
from pathlib import Path

import pytest

from ai_dashboard.core.errors import UpstreamError, UpstreamUnreachable
from ai_dashboard.transport.client import Endpoint, UpstreamClient
from tests.integration.transport.provider import ASK, OK, Peer, Provider, Script, everything, until

CREDENTIALS = "me:secret@"


def variables(proxy: Provider) -> dict[str, str]:
    url = f"http://{CREDENTIALS}127.0.0.1:{proxy.endpoint.port}"
    return {"HTTP_PROXY": url, "HTTPS_PROXY": url}


async def test_plain_requests_are_forwarded_on_one_connection() -> None:
    seen: list[bytes] = []

    async def script(peer: Peer) -> None:
        while True:
            seen.append(await peer.request())
            peer.send(OK)

    proxy = Provider(script)
    async with proxy.running():
        client = UpstreamClient(variables=variables(proxy))
        for _ in range(2):
            reply = await client.send(Endpoint("http", "far.example", 8000), ASK)
            assert await everything(reply) == b"ok"
        await client.aclose()
    assert proxy.connections == 1
    assert seen[0].startswith(b"POST http://far.example:8000/v1/x HTTP/1.1\r\n")
    assert b"host: far.example:8000\r\nproxy-authorization: Basic bWU6c2VjcmV0\r\n" in seen[0]


def agrees(tls: ssl.SSLContext, seen: list[bytes]) -> Script:
    """A proxy that is the provider as well: it answers CONNECT and goes on in TLS."""

    async def script(peer: Peer) -> None:
        seen.append(await peer.request())
        peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await peer.start_tls(tls)
        while True:
            seen.append(await peer.request())
            peer.send(OK)

    return script


async def test_tls_goes_through_a_tunnel(
    certificate: Path, server_context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    seen: list[bytes] = []
    proxy = Provider(agrees(server_context, seen))
    async with proxy.running():
        client = UpstreamClient(variables=variables(proxy))
        for _ in range(2):
            assert await everything(await client.send(Endpoint("https", "far.example", 443), ASK)) == b"ok"
        await client.aclose()
    assert proxy.connections == 1
    assert seen[0] == (
        b"CONNECT far.example:443 HTTP/1.1\r\nhost: far.example:443\r\nproxy-authorization: Basic bWU6c2VjcmV0\r\n\r\n"
    )
    assert seen[1].startswith(b"POST /v1/x HTTP/1.1\r\n")
    assert b"proxy-authorization" not in seen[1]


async def test_the_certificate_in_the_tunnel_is_the_providers(server_context: ssl.SSLContext) -> None:
    proxy = Provider(agrees(server_context, []))
    async with proxy.running():
        client = UpstreamClient(variables=variables(proxy))
        with pytest.raises(UpstreamUnreachable, match=r"far.example:443: its TLS certificate is not trusted"):
            await client.send(Endpoint("https", "far.example", 443), ASK)
        await client.aclose()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "answered 407 Proxy Authentication Required"),
        (b"", "closed the connection"),
        (b"SSH-2.0-x\r\n\r\n", "did not answer in HTTP"),
        (b"HTTP/1.1 200 OK\r\n\r\nearly", "did not answer in HTTP"),
        (b"x" * 20_000, "did not answer in HTTP"),
    ],
)
async def test_a_proxy_that_refuses(answer: bytes, says: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(answer)

    proxy = Provider(script)
    async with proxy.running():
        client = UpstreamClient(variables=variables(proxy))
        with pytest.raises(UpstreamUnreachable, match=says) as failure:
            await client.send(Endpoint("https", "far.example", 443), ASK)
        await client.aclose()
    assert "secret" not in failure.value.message


async def test_leaving_while_the_proxy_thinks_closes_the_socket() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.until_closed()

    proxy = Provider(script)
    async with proxy.running():
        client = UpstreamClient(variables=variables(proxy))
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(client.send(Endpoint("https", "far.example", 443), ASK))
            await until(lambda: proxy.connections == 1)
            for _ in range(20):
                await asyncio.sleep(0)
            task.cancel()
        await until(lambda: proxy.closed == 1)
        await client.aclose()


async def test_a_proxy_that_is_not_understood_is_said_before_anything_is_sent() -> None:
    client = UpstreamClient(variables={"HTTPS_PROXY": "socks5://me:secret@h"})
    with pytest.raises(UpstreamError, match="HTTPS_PROXY") as failure:
        await client.send(Endpoint("https", "far.example", 443), ASK)
    assert "secret" not in failure.value.message
