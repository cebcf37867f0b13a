"""What a filter can look at: the fields of a request, what each means, and how it is compared. Pure.

A text may be there several times (`tried`), and any of them will do. A number that is not known meets no bounds.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from ai_dashboard.core.costs import dollars
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.core.records import RequestRecord
from ai_dashboard.tui.gist import is_running
from ai_dashboard.tui.query_values import duration_bounds, like, number_bounds

Test = Callable[[RequestRecord], bool]


@dataclass(frozen=True, slots=True)
class TextField:
    """`read` has the texts; `means` and `example` are for people."""

    name: str
    means: str
    example: str
    read: Callable[[RequestRecord], Sequence[str]]

    def test(self, value: str) -> Test | str:
        """Whether one of the texts is like `value`, whatever its case."""
        holds, read = like(value), self.read
        return lambda record: any(holds(text.casefold()) for text in read(record))


@dataclass(frozen=True, slots=True)
class NumberField:
    """`seconds` are compared with times that have a unit."""

    name: str
    means: str
    example: str
    read: Callable[[RequestRecord], float | None]
    seconds: bool = False

    def test(self, value: str) -> Test | str:
        """Whether the number is within what `value` says; what is wrong with it, if it says nothing."""
        bounds = duration_bounds(value) if self.seconds else number_bounds(value)
        if isinstance(bounds, str):
            return bounds
        holds, read = bounds.holds, self.read
        return lambda record: holds(read(record))


Field = TextField | NumberField


def _of_facts(read: Callable[[RouteFacts], str | None]) -> Callable[[RequestRecord], Sequence[str]]:
    """A fact that routing may know, or not."""

    def texts(record: RequestRecord) -> Sequence[str]:
        value = read(record.facts) if record.facts is not None else None
        return (value,) if value else ()

    return texts


_TEXTS = (
    TextField("provider", "who answered, or was asked last", "ollama", lambda it: (it.provider,)),
    TextField("model", "the model that the provider was asked for", "qwen*", lambda it: (it.model,)),
    TextField("asked", "the model or capability that the caller named", "chat", lambda it: (it.asked,)),
    TextField("tenant", "who asked", "acme", lambda it: (it.tenant,)),
    TextField("key", "the id of the key that was shown", "key-*", lambda it: (it.key_id,)),
    TextField("cached", "exact or semantic, where the answer was known before", "*", lambda it: (it.cached or "",)),
    TextField("user", "the caller's user or conversation", "42*", _of_facts(lambda facts: facts.user)),
    TextField("capability", "what was asked for besides a model", "code", _of_facts(lambda facts: facts.capability)),
    TextField("stage", "waiting, streaming, done, failed, cut or gone", "failed,cut", lambda it: (it.stage,)),
    TextField("error", "the code of what went wrong; * is any", "upstream_*", lambda it: (it.error or "",)),
    TextField("tried", "every provider that was asked", "openai", lambda it: [one.provider for one in it.attempts]),
    TextField("failed", "every provider that was asked and failed", "openai",
              lambda it: [one.provider for one in it.attempts if one.error]),
    TextField("kind", "how it came to a try: fallback, retry, hedge …", "fallback",
              lambda it: [one.kind for one in it.attempts]),
    TextField("rule", "the rule that chose", "capabilities.*", lambda it: (it.plan.rule if it.plan else "",)),
    TextField("strategy", "what ordered the candidates", "latency_*",
              lambda it: (it.plan.strategy if it.plan else "",)),
    TextField("dialect", "how the caller speaks", "anthropic", lambda it: (it.dialect,)),
    TextField("stream", "yes or no", "yes", lambda it: ("yes" if it.stream else "no",)),
    TextField("id", "the request's id", "*3c", lambda it: (it.id,)),
)  # fmt: skip

_NUMBERS = (
    NumberField("status", "what the caller was sent", ">=400", lambda it: it.status or None),
    NumberField("ttft", "time to the first token", ">2s", lambda it: it.ttft_s, seconds=True),
    NumberField("total", "time to the end", ">10s", lambda it: it.total_s, seconds=True),
    NumberField("own", "the gateway's own share of the time to the first token", ">5ms",
                lambda it: None if is_running(it) else it.overhead_s, seconds=True),
    NumberField("queued", "time spent waiting for a place", ">1s", lambda it: it.queued_s, seconds=True),
    NumberField("in", "tokens of the prompt", ">8000", lambda it: it.usage.prompt_tokens if it.usage else None),
    NumberField("out", "tokens of the answer", "0", lambda it: it.usage.completion_tokens if it.usage else None),
    NumberField("cost", "US dollars of all attempts", ">0.01",
                lambda it: dollars(it.cost) if it.cost is not None else None),
    NumberField("tries", "how many attempts there were", ">1", lambda it: len(it.attempts)),
)  # fmt: skip

FIELDS: Mapping[str, Field] = MappingProxyType({
    one.name: one
    for one in (
        *_TEXTS[:4], *_NUMBERS[:3], *_TEXTS[4:], *_NUMBERS[3:],
    )
})  # fmt: skip
"""By name, the usual ones first."""
