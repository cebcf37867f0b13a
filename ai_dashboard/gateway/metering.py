"""What has been counted since the start, for whoever reads it from outside: by provider and model, and of all requests.

Requests are counted in batches, when they are over, together with everything else (`Runtime.tally`). Names of models
may come from callers, so a model that neither the configuration nor its provider names is `other`, and so is every one
beyond `max_models`: there is an end to the number of figures.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from ai_dashboard.core.costs import dollars
from ai_dashboard.core.errors import UpstreamError
from ai_dashboard.core.records import Stage
from ai_dashboard.gateway.trip import Attempt, Trip
from ai_dashboard.telemetry.answers import Answered
from ai_dashboard.telemetry.metrics import Distribution, pairs, sample

# By names of their own: to look a member up in its enumeration takes twenty times as long.
GONE = Stage.GONE

OTHER = "other"

MAX_NAMES = 64
"""Names of one kind that are counted apart (strategies, errors, who stepped in for whom): there are fewer, unless
something is amiss."""

MAX_MODELS = 1000

TOTAL_S = (0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0)
TTFT_S = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0)
REQUEST_S = (0.005, 0.025, *TOTAL_S)
OVERHEAD_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)


def _codes(error: type[UpstreamError]) -> Iterator[str]:
    yield error.code
    for narrower in error.__subclasses__():
        yield from _codes(narrower)


FAILURES = frozenset(_codes(UpstreamError))
"""How attempts end that a provider did not answer. Others were called off, or never sent."""


class Served:
    """One model at one provider. Times are those of whole answers; `cost` is in nano-dollars, without the `unpriced`
    attempts, whose price nobody knows."""

    __slots__ = (
        "cached", "called_off", "completion", "cost", "failed", "labels", "prompt", "reasoning", "succeeded", "total",
        "ttft", "unpriced",
    )  # fmt: skip

    def __init__(self, provider: str, model: str) -> None:
        self.labels = pairs(provider=provider, model=model)
        self.succeeded = self.failed = self.called_off = 0
        self.prompt = self.completion = self.cached = self.reasoning = 0
        self.cost = self.unpriced = 0
        self.total = Distribution(TOTAL_S)
        self.ttft = Distribution(TTFT_S)

    def requests(self) -> Iterator[str]:
        """Attempts, by how they ended. A success is there from the first one on, so that a share can be told."""
        yield sample(self.succeeded, f'{self.labels},status="success"')
        if self.failed:
            yield sample(self.failed, f'{self.labels},status="error"')
        if self.called_off:
            yield sample(self.called_off, f'{self.labels},status="cancelled"')

    def tokens(self) -> Iterator[str]:
        """Tokens by kind. Cached ones are among those of the prompt, reasoning among those of the answer."""
        yield sample(self.prompt, f'{self.labels},kind="prompt"')
        yield sample(self.completion, f'{self.labels},kind="completion"')
        if self.cached:
            yield sample(self.cached, f'{self.labels},kind="cached"')
        if self.reasoning:
            yield sample(self.reasoning, f'{self.labels},kind="reasoning"')


class Names:
    """Counts under names of which there are few; beyond `most` of them, under `other`."""

    def __init__(self, *labels: str, most: int = MAX_NAMES) -> None:
        self._labels = labels
        self._most = most
        self._counts: dict[tuple[str, ...], int] = {}

    def add(self, *names: str, count: int = 1) -> None:
        """Count once, or so many times."""
        counts = self._counts
        if names not in counts and len(counts) >= self._most:
            names = (OTHER,) * len(names)
        counts[names] = counts.get(names, 0) + count

    def samples(self) -> Iterator[str]:
        """Every count with its labels."""
        for names, count in tuple(self._counts.items()):
            yield sample(count, pairs(**dict(zip(self._labels, names, strict=True))))


class Meter:
    """All of it. `known` says which models a provider itself names."""

    def __init__(self, known: Callable[[str], Collection[str]] = lambda _provider: ()) -> None:
        self.max_models = MAX_MODELS
        self.succeeded = self.failed = self.left = 0
        self.hits = self.alike = self.missed = self.bypassed = 0
        self.requests = Distribution(REQUEST_S)
        self.overhead = Distribution(OVERHEAD_S)
        self.strategies = Names("strategy")
        self.fallbacks = Names("original_provider", "to", most=MAX_NAMES * MAX_NAMES)
        self.failures = Names("provider", "kind", most=MAX_NAMES * MAX_NAMES)
        self.refusals = Names("kind", most=2 * MAX_NAMES)
        self._known = known
        self._listed: Mapping[str, Collection[str]] = {}
        self._served: dict[tuple[str, str], Served] = {}

    def adopt(self, listed: Mapping[str, Collection[str]], max_models: int = MAX_MODELS) -> None:
        """Go by another configuration: its providers, and the models that it lists for each. What was counted of one
        that is gone is forgotten."""
        self._listed, self.max_models = listed, max_models
        self._served = {key: it for key, it in self._served.items() if key[0] in listed or key[0] == OTHER}

    @property
    def served(self) -> Sequence[Served]:
        """Every model that was asked."""
        return tuple(self._served.values())

    @property
    def cost(self) -> float:
        """Dollars of everything."""
        return dollars(sum(it.cost for it in self._served.values()))

    def add(self, trips: Sequence[Trip]) -> None:
        """Count requests that are over."""
        answered: dict[Served, list[Answered]] = {}
        for trip in trips:
            for attempt in trip.attempts:
                served = self._tried(trip, attempt)
                if attempt.tokens is not None:
                    answered.setdefault(served, []).append(attempt.answered())
            if trip.hit is not None:
                if trip.hit.similarity is None:
                    self.hits += 1
                else:
                    self.alike += 1
            elif trip.ticket is not None:
                if trip.ticket.key is None:
                    self.bypassed += 1
                else:
                    self.missed += 1
        for served, answers in answered.items():
            served.succeeded += len(answers)
            served.total.add([total_s for total_s, _, _ in answers])
            served.ttft.add([ttft_s or 0.0 for _, ttft_s, _ in answers])
        for strategy, count in Counter([trip.plan.strategy for trip in trips if trip.plan is not None]).items():
            self.strategies.add(strategy, count=count)
        self._ended(trips)

    def _ended(self, trips: Sequence[Trip]) -> None:
        well: list[Trip] = []
        for trip in trips:
            if trip.stage is GONE:
                self.left += 1
            elif trip.error is not None:
                self.failed += 1
                self.refusals.add(trip.error)
            else:
                well.append(trip)
                if len(trip.attempts) > 1 and trip.fell_back():
                    answered = (trip.winner or trip.attempts[-1]).candidate.provider
                    self.fallbacks.add(trip.attempts[0].candidate.provider, answered)
        self.succeeded += len(well)
        self.requests.add([trip.ended - trip.arrived for trip in well])
        self.overhead.add([trip.overhead_s for trip in well])

    def _tried(self, trip: Trip, attempt: Attempt) -> Served:
        """Count a try, but for the time it took; under what it is counted."""
        candidate = attempt.candidate
        served = self._served.get((candidate.provider, candidate.model))
        if served is None:
            served = self._serving(candidate.provider, candidate.model)
        if attempt.tokens is None:
            if attempt.error in FAILURES:
                served.failed += 1
                self.failures.add(candidate.provider, attempt.error)
            else:
                served.called_off += 1
        usage = attempt.usage
        if usage is None and attempt is (trip.winner or trip.attempts[-1]):
            usage = trip.usage
        if usage is not None:
            served.prompt += usage.prompt_tokens
            served.completion += usage.completion_tokens
            served.cached += usage.cached_tokens
            served.reasoning += usage.reasoning_tokens
        if attempt.cost is None:
            served.unpriced += 1
        else:
            served.cost += attempt.cost
        return served

    def _serving(self, provider: str, model: str) -> Served:
        """Where a model is counted that was not asked before."""
        if provider not in self._listed:
            provider = model = OTHER
        elif model not in self._listed[provider] and model not in self._known(provider):
            model = OTHER
        if (provider, model) not in self._served and len(self._served) >= self.max_models and model != OTHER:
            model = OTHER
        served = self._served.get((provider, model))
        if served is None:
            served = self._served[provider, model] = Served(provider, model)
        return served
