"""The hostile side of a siege, run as processes of their own: `python -m benchmarks.siege_attacks KIND PORT JSON`.

Each prints `ready` when it is under way and, at its end, what it saw as one line of JSON. Chance is seeded: the same
siege is laid every time.
"""

import asyncio
import json
import random
import resource
import socket
import sys
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from benchmarks.siege_leavers import leave

Seen = dict[str, Any]

POST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
PIECE = 64 * 1024
LORIS_COME_WITHIN_S = 8.0
A_BYTE_EVERY_S = (2.0, 4.0)
REPLY_WITHIN_S = 60.0
STUCK_AFTER_S = 3.0
ASK_ALIVE = b"GET /health/liveliness HTTP/1.1\r\nHost: localhost\r\n\r\n"
STATUS_LINE = b"HTTP/1.1 200"


def ready() -> None:
    """Whoever started us may go on."""
    print("ready", flush=True)


# ── heads that never end ─────────────────────────────────────────────────────────────────────────────────────────────


async def loris(port: int, *, count: int, seconds: float) -> Seen:
    """`count` connections that send a byte of their head now and then; one that is closed comes back at once. They come
    one after the other, so that their patience does not run out at one moment; the attack lasts `seconds` after that.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + LORIS_COME_WITHIN_S + seconds
    seen: Counter[str] = Counter()
    chance = random.Random(1)
    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(_one_loris(port, end, random.Random(chance.random()), seen))
            await asyncio.sleep(LORIS_COME_WITHIN_S / count)
        ready()
    return dict(seen)


async def _one_loris(port: int, end: float, chance: random.Random, seen: Counter[str]) -> None:
    loop = asyncio.get_running_loop()
    while loop.time() < end:
        with socket.socket() as connection:
            connection.setblocking(False)
            try:
                await loop.sock_connect(connection, ("127.0.0.1", port))
                seen["opened"] += 1
                seen[await _drip(connection, end, chance)] += 1
            except OSError:
                seen["reset"] += 1
                await asyncio.sleep(1)


async def _drip(connection: socket.socket, end: float, chance: random.Random) -> str:
    """How it ended: with a status, `closed` without one, or `left` by us."""
    loop = asyncio.get_running_loop()
    head = iter(POST + b"X-Slow: " + b"a" * 10_000)
    while loop.time() < end:
        connection.send(bytes([next(head)]))
        try:
            async with asyncio.timeout(chance.uniform(*A_BYTE_EVERY_S)):
                reply = await loop.sock_recv(connection, 4096)
        except TimeoutError:
            continue
        return reply[9:12].decode() if reply else "closed"
    return "left"


# ── bodies ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def flood(port: int, *, size: int, seconds: float) -> Seen:
    """One body after the other of `size` bytes in chunks, far over the limit, sent on whatever is replied."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    seen: Counter[str] = Counter()
    ready()
    while loop.time() < end:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answer: list[bytes] = []
        async with asyncio.TaskGroup() as group:
            group.create_task(_listen(reader, answer))
            seen[await _pour(writer, size)] += 1
            writer.transport.abort()
        seen[b"".join(answer)[9:12].decode() or "unanswered"] += 1
        await asyncio.sleep(0.1)
    return dict(seen)


async def _pour(writer: asyncio.StreamWriter, size: int) -> str:
    """Whether all of it was taken."""
    chunk = b"%x\r\n%b\r\n" % (PIECE, b" " * PIECE)
    writer.write(POST + b"Transfer-Encoding: chunked\r\n\r\n")
    try:
        for _ in range(size // PIECE):
            writer.write(chunk)
            await writer.drain()
    except OSError:
        return "cut off"
    return "poured out"


async def _listen(reader: asyncio.StreamReader, answer: list[bytes]) -> None:
    try:
        while piece := await reader.read(4096):
            answer.append(piece)
    except OSError:
        return  # cut off: what came before counts


async def trickle(port: int, *, size: int, seconds: float) -> Seen:
    """One sound body of `size` bytes, sent evenly over `seconds`, for a model that nobody has."""
    ask = b'{"model":"nobody-has-this","messages":[{"role":"user","content":"%b"}]}'
    body = ask % (b"a" * (size - len(ask) + 2))
    pieces = max(1, round(seconds * 10))
    step = -(-len(body) // pieces)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(POST + b"Content-Length: %d\r\n\r\n" % len(body))
    ready()
    for start in range(0, len(body), step):
        writer.write(body[start : start + step])
        await writer.drain()
        await asyncio.sleep(seconds / pieces)
    loop = asyncio.get_running_loop()
    sent = loop.time()
    async with asyncio.timeout(REPLY_WITHIN_S):
        reply = await reader.read(4096)
    answered_s = loop.time() - sent
    writer.transport.abort()
    return {reply[9:12].decode() or "unanswered": 1, "answered_s": answered_s}


# ── requests without end ─────────────────────────────────────────────────────────────────────────────────────────────


async def pipeline(port: int, *, count: int, hold_s: float) -> Seen:
    """`count` requests on one connection: sent without reading until nothing more is taken, held for `hold_s`, then the
    rest while all replies are read."""
    loop = asyncio.get_running_loop()
    with socket.socket() as connection:
        connection.setblocking(False)
        await loop.sock_connect(connection, ("127.0.0.1", port))
        ready()
        batch = ASK_ALIVE * 1000
        unsent = memoryview(batch * (count // 1000))
        taken = await _stuff(connection, unsent)
        await asyncio.sleep(hold_s)
        began = loop.time()
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(_send(connection, unsent[taken:]))
            replies = await _count_replies(connection, count)
            sending.cancel()
        took_s = loop.time() - began
    return {"taken_unread": taken // len(ASK_ALIVE), "replies": replies, "took_s": took_s}


async def _stuff(connection: socket.socket, unsent: memoryview) -> int:
    """Send until nothing has been taken for a while; how many bytes were."""
    loop = asyncio.get_running_loop()
    taken, last = 0, loop.time()
    while loop.time() - last < STUCK_AFTER_S and taken < len(unsent):
        try:
            taken += connection.send(unsent[taken : taken + (1 << 20)])
            last = loop.time()
        except BlockingIOError:
            await asyncio.sleep(0.01)
    return taken


async def _send(connection: socket.socket, unsent: memoryview) -> None:
    try:
        await asyncio.get_running_loop().sock_sendall(connection, unsent)
    except OSError:
        return  # closed: the replies tell how far it came


async def _count_replies(connection: socket.socket, count: int) -> int:
    loop = asyncio.get_running_loop()
    replies, tail = 0, b""
    try:
        while replies < count:
            async with asyncio.timeout(REPLY_WITHIN_S):
                piece = await loop.sock_recv(connection, 1 << 18)
            if not piece:
                break
            data = tail + piece
            replies += data.count(STATUS_LINE)
            # As much as can be the beginning of a status line, and never a whole one.
            tail = data[1 - len(STATUS_LINE) :]
    except (TimeoutError, OSError):
        return replies
    return replies


# ── those who leave ──────────────────────────────────────────────────────────────────────────────────────────────────


async def leavers(port: int, *, count: int, at_once: int, seed: int) -> Seen:
    """`count` visits, each left at a random stage in a random manner."""
    chance = random.Random(seed)
    seen: Counter[str] = Counter()
    seeds = iter([chance.random() for _ in range(count)])
    ready()

    async def visitor() -> None:
        for own in seeds:
            seen[await leave(port, random.Random(own))] += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(visitor())
    return dict(seen)


ATTACKS: dict[str, Callable[..., Coroutine[Any, Any, Seen]]] = {
    attack.__name__: attack for attack in (loris, flood, trickle, pipeline, leavers)
}


def main(arguments: list[str]) -> int:
    kind, port, details = arguments
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(json.dumps(asyncio.run(ATTACKS[kind](int(port), **json.loads(details)))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
