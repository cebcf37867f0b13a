"""`./dev bench --caching`: what a cache costs a request, and how long a look for a meaning takes.

Nothing but the work itself, in one process: no network and no Redis. The semantic part needs numpy.
"""

import asyncio
import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import orjson

from ai_dashboard.cache.keys import Scope, exact_key
from ai_dashboard.cache.semantic.guards import disagreement
from ai_dashboard.config.schema.cache import CacheSettings
from ai_dashboard.core.chat import Ask
from ai_dashboard.core.plan import Candidate, Plan
from ai_dashboard.core.tenancy import Caller
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.openai.read import facts_of, read
from ai_dashboard.gateway.caching import Caching, Hit, Ticket
from ai_dashboard.gateway.clock import SystemClock

TURNS = 20_000
ENTRIES, DIMENSIONS = 100_000, 384
LOOKUPS = 50
KEY_US, LOOK_MS = 10.0, 5.0
"""What is wanted: microseconds for the key of an ask of a kilobyte, milliseconds for a look among all entries."""

SCOPE = Scope("acme", "")
PLAN = Plan("a-model", "listing", (Candidate("p", "a-model", "listing", 1.0),), ())
NOTHING: Mapping[str, str] = {}


def measure(rounds: int, turns: int = TURNS, entries: int = ENTRIES) -> str:
    """A Markdown table: medians of the rounds."""
    asked = ask_of_a_kilobyte()
    facts = facts_of(asked)
    one = "How do I install Docker on Ubuntu?"
    other = "What are the steps for installing Docker on Ubuntu?"
    rows = [
        (
            f"key of an ask of {len(asked.raw)} bytes",
            _us(lambda: exact_key(SCOPE, asked, facts), rounds, turns),
            KEY_US,
        ),
        ("exact hit: key, memory, reply under a new id", hit_us(rounds, turns), None),
        ("guards for one pair of prompts", _us(lambda: disagreement(one, other), rounds, turns // 20), None),
    ]
    lines = ["| µs of processor time | wanted | reached |", "| --- | ---: | ---: |"]
    lines += [f"| {name} | {f'≤ {wanted:.0f}' if wanted else '–'} | {found:.1f} |" for name, found, wanted in rows]
    name = f"a look among {entries:,} vectors of {DIMENSIONS} (ms)"
    return "\n".join([*lines, f"| {name} | ≤ {LOOK_MS:.0f} | {look_ms(rounds, entries):.2f} |"])


def ask_of_a_kilobyte() -> Ask:
    """An ask as most are, its sampling turned off."""
    messages = [
        {"role": "system", "content": "You are a helpful assistant. " * 8},
        {"role": "user", "content": "Explain the window of tolerance. " * 20},
    ]
    body = {"model": "a-model", "temperature": 0, "max_tokens": 200, "messages": messages, "user": "somebody"}
    return read(Call(orjson.dumps(body)))


def hit_us(rounds: int, turns: int) -> float:
    """Everything that the cache does for an exact hit."""
    caching = Caching(CacheSettings(enabled=True), SystemClock(), embed_via=_nobody, env=NOTHING)
    asked = ask_of_a_kilobyte()
    facts = facts_of(asked)

    async def fill() -> None:
        found = await caching.look(asked, facts, NOTHING, PLAN, SCOPE, "0" * 16)
        if not isinstance(found, Ticket):
            raise TypeError("an empty cache has answered")
        async with found as ticket:
            ticket.add(_reply())
            await ticket.keep("p", "a-model", None, 1.0)

    async def hits() -> None:
        for _ in range(turns):
            if not isinstance(await caching.look(asked, facts, NOTHING, PLAN, SCOPE, "f" * 16), Hit):
                raise TypeError("the answer was not kept")

    asyncio.run(fill())
    return statistics.median(_seconds(lambda: asyncio.run(hits())) for _ in range(rounds)) / turns * 1e6


def look_ms(rounds: int, entries: int) -> float:
    """Wall time of one search, on as many threads as the library for linear algebra takes."""
    import numpy as np

    from ai_dashboard.cache.semantic.vectors import Vectors, unit

    chance = np.random.default_rng(1)
    vectors = Vectors(DIMENSIONS)
    last = None
    for _ in range(entries):
        last = unit(chance.standard_normal(DIMENSIONS).tolist())
        if last is not None:
            vectors.add(last)
    if last is None:
        return 0.0
    found = []
    for _ in range(rounds * LOOKUPS):
        began = time.perf_counter()
        vectors.search(last, 0.8, 8)
        found.append(time.perf_counter() - began)
    return statistics.median(found) * 1e3


async def _nobody(
    _model: str, _texts: Sequence[str], _scope: Scope, _caller: Caller | None
) -> list[list[float]] | None:
    return None


def _reply() -> bytes:
    message = {"role": "assistant", "content": "It stays open. " * 60}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return orjson.dumps({"id": "chatcmpl-0123456789abcdef", "object": "chat.completion", "choices": [choice]})


def _us(work: Callable[[], object], rounds: int, turns: int) -> float:
    def many() -> None:
        for _ in range(turns):
            work()

    return statistics.median(_seconds(many) for _ in range(rounds)) / turns * 1e6


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
