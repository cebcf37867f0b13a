"""Clients that leave: how far a visit comes before it ends, and how it ends, are both left to chance."""

import asyncio
import json
import random
import socket
import struct

VISIT_S = 20.0
LESS_THAN_A_STREAM = 9_000
"""Bytes: who reads on after the end of a reply that keeps the connection would wait for ever."""

AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER for no time: the kernel resets the connection where it would have said goodbye."""

STAGES = (
    "connected",
    "in the head",
    "before the body",
    "in the body",
    "waiting",
    "pipelined",
    "waiting for a stream",
    "in a stream",
    "not reading a stream",
    "half closed",
    "answered",
)


async def leave(port: int, chance: random.Random) -> str:
    """One visit; returns the stage at which it ended, with `stuck` before it when it got no further; `refused` when it
    could not begin, `reset` when the gateway ended it: who closes one half before the answer counts as gone."""
    stage = chance.choice(STAGES)
    loop = asyncio.get_running_loop()
    with socket.socket() as connection:
        connection.setblocking(False)
        try:
            await loop.sock_connect(connection, ("127.0.0.1", port))
        except OSError:
            return "refused"
        try:
            async with asyncio.timeout(VISIT_S):
                await _go(connection, stage, chance)
        except TimeoutError:
            return f"stuck {stage}"
        except OSError:
            return "reset"
        if chance.random() < 0.5:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    return stage


async def _go(connection: socket.socket, stage: str, chance: random.Random) -> None:
    """As far as `stage`."""
    loop = asyncio.get_running_loop()
    head, body = _ask(stream="stream" in stage)
    match stage:
        case "connected":
            return
        case "in the head":
            await loop.sock_sendall(connection, head[: chance.randrange(1, len(head))])
        case "before the body":
            await loop.sock_sendall(connection, head)
        case "in the body":
            await loop.sock_sendall(connection, head + body[: chance.randrange(1, len(body))])
        case "pipelined":
            await loop.sock_sendall(connection, (head + body) * chance.randrange(2, 40))
        case _:
            await loop.sock_sendall(connection, head + body)
    match stage:
        case "in a stream":
            await _read(connection, chance.randrange(1, LESS_THAN_A_STREAM))
        case "half closed":
            connection.shutdown(socket.SHUT_WR)
            await _read(connection, 1 << 20)
        case "answered":
            await _read(connection, 200)
        case _:
            await asyncio.sleep(chance.uniform(0, 0.05))


async def _read(connection: socket.socket, size: int) -> None:
    """Read `size` bytes, or to the end."""
    loop = asyncio.get_running_loop()
    while size > 0 and (piece := await loop.sock_recv(connection, min(size, 65536))):
        size -= len(piece)


def _ask(*, stream: bool) -> tuple[bytes, bytes]:
    model = "bench-paced-0" if stream else "bench"
    ask = {"model": model, "messages": [{"role": "user", "content": "lorem ipsum " * 100}], "stream": stream}
    body = json.dumps(ask, separators=(",", ":")).encode()
    head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode(), body
