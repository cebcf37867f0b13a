"""A provider whose answers can be told apart, the same ask in four dialects, and a gateway that keeps answers."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from ai_dashboard.transport.http1 import Exchange
from tests.integration.gateway.scene import ADMIN, DONE, JSON_TYPE, SSE_TYPE, House, Play, frame, house

USAGE = {"prompt_tokens": 3, "completion_tokens": 7, "total_tokens": 10}
PRICE = {"cost_per_1k_tokens": {"input": 1.0, "output": 2.0}}
COST = 0.003 + 0.014
"""US dollars of one answer by that price."""


class Numbered:
    """Says `answer 1`, `answer 2`, …, whole or as a stream, but for the first ones that it `fails`. While it is closed,
    nobody gets any; `given` counts who has asked."""

    def __init__(self, usage: Mapping[str, int] = USAGE, *, fails: int = 0) -> None:
        self.given = 0
        self.fails = fails
        self._usage = usage
        self._open = asyncio.Event()
        self._open.set()

    def close(self) -> None:
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    async def __call__(self, exchange: Exchange) -> None:
        assert isinstance(exchange.incoming, bytes)
        asked = json.loads(exchange.incoming)
        self.given += 1
        text, fails = f"answer {self.given}", self.given <= self.fails
        if fails:
            await self._open.wait()
            exchange.reply(500, [JSON_TYPE], b'{"error": {"message": "out of order"}}')
            return
        if asked.get("stream"):
            exchange.start(200, [SSE_TYPE])
            exchange.write(frame({"role": "assistant", "content": text[:3]}))
            await self._open.wait()
            usage = b'data: {"id": "up-1", "choices": [], "usage": %b}\n\n' % json.dumps(self._usage).encode()
            exchange.write(frame({"content": text[3:]}) + frame({}, "stop") + usage + DONE)
            exchange.finish()
            return
        await self._open.wait()
        if "input" in asked:
            vectors = [
                {"object": "embedding", "index": place, "embedding": [1.0, float(self.given)]}
                for place, _ in enumerate(asked["input"])
            ]
            said: dict[str, Any] = {"object": "list", "data": vectors, "model": "m", "usage": self._usage}
        else:
            choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            said = {"id": "up-1", "object": "chat.completion", "choices": [choice], "usage": self._usage}
        exchange.reply(200, [JSON_TYPE], json.dumps(said).encode())


@asynccontextmanager
async def keeping(
    script: Numbered | None = None,
    *,
    cache: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> AsyncIterator[tuple[House, Numbered]]:
    """A gateway that keeps answers, in front of one provider."""
    script = script or Numbered()
    written = {"cache": {"enabled": True, **(cache or {})}} | dict(settings or {})
    async with house({"p": Play(script)}, settings=written, entries={"p": PRICE}) as home:
        yield home, script


Asks = tuple[str, dict[str, Any]]
"""Path and body."""


def ask(dialect: str, prompt: str = "Hi", *, stream: bool = False) -> Asks:
    """The same ask in each dialect."""
    messages = [{"role": "user", "content": prompt}]
    match dialect:
        case "openai":
            chat = {"model": "m", "messages": messages, "max_tokens": 50, "temperature": 0}
            return "/v1/chat/completions", chat | ({"stream": True} if stream else {})
        case "anthropic":
            return "/v1/messages", ask("openai", prompt, stream=stream)[1]
        case "google":
            method = "streamGenerateContent?alt=sse" if stream else "generateContent"
            body = {
                "contents": [{"role": "user", "parts": [{"text": prompt}]}],
                "generationConfig": {"maxOutputTokens": 50, "temperature": 0},
            }
            return f"/v1beta/models/m:{method}", body
        case _:
            options = {"num_predict": 50, "temperature": 0}
            return "/api/chat", {"model": "m", "messages": messages, "options": options, "stream": stream}


async def post(
    home: House, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> httpx.Response:
    return await home.http.post(path, json=body, headers=headers or {})


async def chat(
    home: House,
    prompt: str = "Hi",
    *,
    key: str = "",
    headers: Mapping[str, str] | None = None,
    fields: Mapping[str, Any] | None = None,
) -> httpx.Response:
    """One ask of OpenAI's, its sampling turned off."""
    said = dict(headers or {}) | ({"authorization": f"Bearer {key}"} if key else {})
    path, body = ask("openai", prompt)
    response = await post(home, path, body | dict(fields or {}), said)
    assert response.status_code == 200, response.text
    return response


def cache_of(response: httpx.Response) -> str:
    return response.headers["x-cache"]


def text_of(response: httpx.Response) -> str:
    """What an OpenAI reply in one piece says."""
    said = response.json()["choices"][0]["message"]["content"]
    assert isinstance(said, str)
    return said


async def stats(home: House) -> dict[str, Any]:
    """`GET /api/admin/cache/stats`."""
    response = await home.http.get("/api/admin/cache/stats", headers=ADMIN)
    assert response.status_code == 200
    told: dict[str, Any] = response.json()
    return told


async def forget(home: House, **said: str | bool) -> dict[str, Any]:
    """`POST /api/admin/cache/invalidate`."""
    response = await home.http.post("/api/admin/cache/invalidate", json=said, headers=ADMIN)
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.json()
    return told
