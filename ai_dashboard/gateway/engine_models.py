"""The models on the disk of an Ollama: what lies there, fetching one, removing one.

https://github.com/ollama/ollama/blob/main/docs/api.md describes the paths.
"""

from collections.abc import AsyncGenerator
from datetime import datetime

import orjson

from ai_dashboard.core.chat import HttpRequest, JsonObject
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.dialects.ndjson import NdjsonDecoder
from ai_dashboard.dialects.openai.passthrough import key_header
from ai_dashboard.dialects.refusals import refusal
from ai_dashboard.gateway.generation import Upstream
from ai_dashboard.gateway.warmth import Engine, read_ollama
from ai_dashboard.transport.client import Timeouts, UpstreamClient

MAX_LIST_BYTES = 16 << 20

PULLING = Timeouts(connect_s=5.0, first_byte_s=120.0, idle_s=600.0, total_s=86_400.0)
"""A model has tens of gigabytes, and while it is checked against its hash nothing is said for minutes."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A model on the disk: the bytes it takes, and when it came or was changed last (Unix time)."""

    name: str
    bytes: int | None
    modified_at: float | None


class Disk:
    """One Ollama's, asked through the gateway's own client."""

    def __init__(self, upstream: Upstream, client: UpstreamClient, wall: float) -> None:
        self._upstream = upstream
        self._client = client
        self._wall = wall

    async def stored(self) -> tuple[Stored, ...]:
        """What lies on its disk."""
        said = await self._whole("GET", "/api/tags", b"", self._upstream.health_timeouts)
        try:
            entries = orjson.loads(said)
        except orjson.JSONDecodeError:
            entries = None
        models = entries.get("models") if isinstance(entries, dict) else None
        if not isinstance(models, list):
            raise UpstreamInvalid("its list of models cannot be read: is something else listening there?")
        return tuple(_stored(it) for it in models if isinstance(it, dict) and isinstance(it.get("name"), str))

    async def loaded(self) -> Engine:
        """What is in its memory now."""
        return read_ollama(await self._whole("GET", "/api/ps", b"", self._upstream.health_timeouts))

    async def remove(self, model: str) -> None:
        """Take a model off its disk. Raises `UpstreamLacksModel` where there is none of that name."""
        await self._whole("DELETE", "/api/delete", _named(model), self._upstream.health_timeouts)

    async def pull(self, model: str) -> AsyncGenerator[JsonObject, None]:
        """Fetch a model; what it says of its progress. Closing the generator stops it: what has arrived is kept, and
        the next pull goes on from there."""
        request = self._request("POST", "/api/pull", _named(model))
        reply = await self._client.send(self._upstream.endpoint, request, PULLING)
        try:
            if reply.status >= 300:
                raise refusal(reply.status, reply.header, await reply.read(MAX_LIST_BYTES), now_unix_s=self._wall)
            lines = NdjsonDecoder()
            while chunk := await reply.chunk():
                for line in lines.feed(chunk):
                    yield line
            for line in lines.close():
                yield line
        finally:
            reply.close()

    async def _whole(self, method: str, path: str, body: bytes, timeouts: Timeouts) -> bytes:
        reply = await self._client.send(self._upstream.endpoint, self._request(method, path, body), timeouts)
        try:
            said = await reply.read(MAX_LIST_BYTES)
        finally:
            reply.close()
        if reply.status >= 300:
            raise refusal(reply.status, reply.header, said, now_unix_s=self._wall)
        return said

    def _request(self, method: str, path: str, body: bytes) -> HttpRequest:
        target = self._upstream.target("")
        headers = [("content-type", "application/json"), *target.headers]
        if target.api_key:
            headers.append(key_header(self._upstream.kind.auth, target.api_key))
        return HttpRequest(method, self._upstream.base_path + path, tuple(headers), body)


def _named(model: str) -> bytes:
    return orjson.dumps({"model": model, "stream": True})


def _stored(entry: JsonObject) -> Stored:
    size = entry.get("size")
    return Stored(str(entry["name"]), size if isinstance(size, int) else None, _moment(entry.get("modified_at")))


def _moment(text: object) -> float | None:
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None
