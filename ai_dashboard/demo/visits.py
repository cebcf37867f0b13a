"""Who comes to the demo, when, and what they want: drawn by chance with a seed, so that an evening can be repeated.

Arrivals are a Poisson process that now and then turns into a burst, as when somebody starts a batch job. `traffic`
does the waiting and the sending.
"""

from collections.abc import Iterator
from random import Random

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.data import dataclass

BURST_CHANCE = 1 / 60
"""How likely an arrival is to be the first of a burst."""

BURST_SIZE = (5, 12)
BURST_SPEED_UP = 12.0
"""How much faster arrivals follow each other within a burst."""

UNKNOWN_CHANCE = 1 / 60
"""How likely a visitor is to ask for a model that nobody has."""

STREAM_CHANCE = 0.75
USAGE_CHANCE = 0.5
LIMIT_CHANCE = 0.25
SURE_CHANCE = 0.35
"""How likely a visitor is to want the same answer to the same question each time: those take part in the cache."""

TOOL_CHANCE = 0.06
LEAVE_CHANCE = 0.03

WANTED = {
    "gpt-5-mini": 26,
    "qwen3-32b": 18,
    "qwen2.5-coder:7b": 16,
    "llama3.1:8b": 14,
    "gpt-5": 12,
    "claude-sonnet-5-5": 8,
    "gemini-2.5-flash": 8,
    "claude-haiku-5-5": 5,
    "gemini-2.5-pro": 4,
    "general_chat": 6,
    "code": 5,
    "low_latency": 3,
}
"""Models and capabilities by how often they are asked for, relative to each other."""

UNKNOWN = ("gtp-5", "lama3.1:8b", "qwne3-32b")
"""Names as people mistype them, so that no rule of the demo applies."""

QUESTIONS = (
    "How should I size the connection pool of a service that talks to Postgres?",
    "Summarise the difference between optimistic and pessimistic locking.",
    "Write a Python function that merges overlapping intervals.",
    "Why does my container get killed although memory looks fine?",
    "Explain backpressure to somebody who has only written batch jobs.",
    "Draft a friendly reply to a customer whose invoice was wrong.",
    "What are good names for a command that repairs an index?",
    "Compare blue-green and canary deployments for a small team.",
    "Turn these meeting notes into three decisions and their owners.",
    "Which metrics tell me that a queue is about to overflow?",
    "Review this retry policy: three tries, one second apart, no jitter.",
    "How do I read a flame graph?",
    "Give me a regular expression for ISO dates, and its limits.",
    "What should a runbook for a full disk contain?",
)

CITIES = ("Lisbon", "Nairobi", "Osaka", "Oslo", "Quito")

WEATHER_TOOL: JsonObject = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city, now",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: `pause_s` seconds after the one before it, `body` in OpenAI form. `leaves_after` is the number of
    pieces of the answer after which the visitor hangs up, None for one who stays."""

    pause_s: float
    body: JsonObject
    leaves_after: int | None = None


def visits(seed: int, per_second: float) -> Iterator[Visit]:
    """Visits without end, `per_second` of them on average outside of bursts."""
    chance = Random(seed)
    burst_left = 0
    while True:
        if burst_left:
            burst_left -= 1
        elif chance.random() < BURST_CHANCE:
            burst_left = chance.randint(*BURST_SIZE)
        rate = per_second * (BURST_SPEED_UP if burst_left else 1)
        yield _visit(chance.expovariate(rate), chance)


def _visit(pause_s: float, chance: Random) -> Visit:
    unknown = chance.random() < UNKNOWN_CHANCE
    model = chance.choice(UNKNOWN) if unknown else chance.choices(list(WANTED), list(WANTED.values()))[0]
    tool = chance.random() < TOOL_CHANCE
    question = f"What is the weather in {chance.choice(CITIES)}?" if tool else chance.choice(QUESTIONS)
    body: JsonObject = {"model": model, "messages": [{"role": "user", "content": question}]}
    if tool:
        body["tools"] = [WEATHER_TOOL]
    if chance.random() < SURE_CHANCE:
        body["temperature"] = 0
    elif chance.random() < LIMIT_CHANCE:
        body["max_tokens"] = chance.choice((16, 32, 64, 128))
    stream = chance.random() < STREAM_CHANCE
    if stream:
        body["stream"] = True
        if chance.random() < USAGE_CHANCE:
            body["stream_options"] = {"include_usage": True}
    leaves = stream and chance.random() < LEAVE_CHANCE / STREAM_CHANCE
    return Visit(pause_s, body, chance.randint(3, 20) if leaves else None)
