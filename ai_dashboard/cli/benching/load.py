"""The load: so many askers, each with one request at a time, for so many seconds.

They ask as any client does, as a stream, and past the gateway's cache; each prompt begins with another number, so that
no engine answers from what it has read before.
"""

import asyncio
from collections.abc import Callable
from dataclasses import field
from typing import TypeAlias

import orjson

from ai_dashboard.core.chat import Ask, HttpRequest, JsonObject
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import UpstreamError
from ai_dashboard.core.events import Failed, Finished, Text, Thinking, ToolCall, Usage
from ai_dashboard.dialects.openai.decode import decoder
from ai_dashboard.transport.client import Endpoint, PoolLimits, Timeouts, UpstreamClient, UpstreamReply

PATH = "/v1/chat/completions"
PATH_OF_ONE = "/api/ai/chat"
"""Where it can be said who is to answer, and nobody else."""

PROMPT = "Write a paragraph about the sea, as long as you may."
PROMPT_TOKENS = 20
"""About."""

PATIENCE = Timeouts(connect_s=5.0, first_byte_s=120.0, idle_s=60.0, total_s=600.0)
PAUSE_S = 0.1
"""After a failure: who refuses is not asked as fast as it refuses."""

GRACE_S = 15.0
"""What is in flight when the time is over is given this long to end."""

OK = "ok"
CUT = "cut off"
BROKEN = "broken by the provider"
UNFINISHED = "unfinished"
ANOTHER = "answered by another"
MAX_REFUSAL = 1 << 16

_READING = Ask("bench", True, {}, b"", True)


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of whom. `url` is the gateway's, `token` opens it; `provider` is None where any may answer."""

    url: str
    token: str | None
    model: str
    provider: str | None
    concurrency: int
    duration_s: float
    max_tokens: int


@dataclass(slots=True)
class Answer:
    """What became of one request; times in seconds, `began` and `ended` since the load began. `outcome` is `ok`, an
    HTTP status, or what broke."""

    began: float
    ended: float = 0.0
    first: float | None = None
    tokens: int = 0
    provider: str = ""
    overhead: float | None = None
    outcome: str = UNFINISHED

    @property
    def took(self) -> float:
        return self.ended - self.began


Told: TypeAlias = Callable[[float, int], object]
"""Called now and then with the seconds that have passed and how many have been answered."""


@dataclass(slots=True)
class Askers:
    """All of them, and what they were answered."""

    load: Load
    told: Told
    now: Callable[[], float]
    """Seconds, finer than a loop's own clock, which may count milliseconds."""
    answers: list[Answer] = field(default_factory=list)
    asked: int = 0

    async def run(self) -> list[Answer]:
        """From the first request to the last answer."""
        endpoint, base = Endpoint.parse(self.load.url)
        path = base + (PATH if self.load.provider is None else PATH_OF_ONE)
        client = UpstreamClient(PoolLimits(max_connections=self.load.concurrency, max_idle=self.load.concurrency))
        began = self.now()
        try:
            async with asyncio.timeout(self.load.duration_s + GRACE_S), asyncio.TaskGroup() as group:
                for _ in range(self.load.concurrency):
                    group.create_task(self._ask_on(client, endpoint, path, began))
        except TimeoutError:
            pass  # those that did not end in time are among the answers, unfinished
        finally:
            await client.aclose()
        return self.answers

    async def _ask_on(self, client: UpstreamClient, endpoint: Endpoint, path: str, began: float) -> None:
        while (at := self.now() - began) < self.load.duration_s:
            self.asked += 1
            answer = Answer(at)
            self.answers.append(answer)
            try:
                await self._ask(client, endpoint, path, answer, began)
            except UpstreamError as error:
                answer.outcome = error.code
            finally:
                answer.ended = self.now() - began
            self.told(answer.ended, len(self.answers))
            if answer.outcome != OK:
                await asyncio.sleep(PAUSE_S)

    async def _ask(self, client: UpstreamClient, endpoint: Endpoint, path: str, answer: Answer, began: float) -> None:
        reply = await client.send(endpoint, self._request(path), PATIENCE)
        try:
            answer.provider = reply.header("x-provider") or ""
            answer.overhead = _milliseconds(reply.header("x-overhead-ms"))
            if reply.status != 200:
                answer.outcome = str(reply.status)
                await reply.read(MAX_REFUSAL)
                return
            answer.outcome = CUT
            await self._listen(reply, answer, began)
            if answer.outcome == OK and self.load.provider not in (None, answer.provider):
                answer.outcome = ANOTHER
        finally:
            reply.close()

    def _request(self, path: str) -> HttpRequest:
        headers = [("content-type", "application/json"), ("cache-control", "no-store")]
        if self.load.token is not None:
            headers.append(("authorization", f"Bearer {self.load.token}"))
        body: JsonObject = {
            "model": self.load.model,
            "messages": [{"role": "user", "content": f"({self.asked}) {PROMPT}"}],
            "max_tokens": self.load.max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if self.load.provider is not None:
            body |= {"provider": self.load.provider, "fallback": False}
        return HttpRequest("POST", path, tuple(headers), orjson.dumps(body))

    async def _listen(self, reply: UpstreamReply, answer: Answer, began: float) -> None:
        """Read the stream to its end."""
        reading = decoder(_READING, "call")
        while data := await reply.chunk():
            for event in reading.feed(data):
                match event:
                    case Text() | Thinking() | ToolCall() if answer.first is None:
                        answer.first = self.now() - began - answer.began
                    case Usage(completion_tokens=tokens):
                        answer.tokens = tokens
                    case Finished():
                        answer.outcome = OK
                    case Failed():
                        answer.outcome = BROKEN
                    case _:
                        pass


def _milliseconds(text: str | None) -> float | None:
    """In seconds."""
    try:
        return float(text) / 1000 if text is not None else None
    except ValueError:
        return None
