"""How fast and how reliable one model at one provider has been of late, in a handful of numbers.

Answers are added in batches, off the path of any request. What is old fades: averages by weight, the distribution by
being halved, so that the memory is the same after an hour and after a year. Averages go together with those that others
have found, each as much as its answers weigh.
"""

from collections.abc import Sequence

from ai_dashboard.core.histogram import BUCKETS, bucket_of, middle

WEIGHT = 0.1
"""Of the latest answer in an average: the last twenty or so are what it is made of."""

FADES_AT = 512
"""Answers after which the distribution is halved."""

COARSE_BITS = 2
"""Four buckets of a histogram make one here: percentiles are within 13 %, and there are few buckets to go through."""

SAMPLED = 8
"""Of a batch of answers about so many go into the distribution: many of one moment tell no more than a few."""

LOADS_COUNT_FROM_S = 0.5
"""A start that is slower than usual by less than this may be anything; by more, the model was being loaded."""


class Average:
    """An exponentially weighted average; None before the first value. `own` is of the `count` values that were added
    here, `value` of those that others have found, too."""

    __slots__ = ("_elsewhere", "_share", "count", "own", "value")

    def __init__(self) -> None:
        self.own: float | None = None
        self.value: float | None = None
        self.count = 0
        self._elsewhere: float | None = None
        self._share = 1.0

    def add(self, mean: float, count: int = 1) -> None:
        """Add `count` values whose mean is `mean`, as if each had been added by itself."""
        own = self.own
        self.own = own = mean if own is None else own + (1 - (1 - WEIGHT) ** count) * (mean - own)
        self.count += count
        elsewhere = self._elsewhere
        self.value = own if elsewhere is None else elsewhere + self._share * (own - elsewhere)

    def beside(self, elsewhere: float | None, share: float) -> None:
        """What others have found, None for nothing, and the share that `own` has in the whole."""
        self._elsewhere, self._share = elsewhere, share
        own = self.own
        if own is None or elsewhere is None:
            self.value = elsewhere if own is None else own
        else:
            self.value = elsewhere + share * (own - elsewhere)


class Distribution:
    """Durations in coarse logarithmic buckets."""

    __slots__ = ("_counts", "_known", "_p95_s", "_total")

    def __init__(self) -> None:
        self._counts = [0.0] * (BUCKETS >> COARSE_BITS)
        self._total = 0.0
        self._p95_s: float | None = None
        self._known = True

    @property
    def p95_s(self) -> float | None:
        """What 95 of 100 stay under, worked out when somebody asks: mostly nobody does between two batches."""
        if not self._known:
            self._p95_s, self._known = self.quantile(0.95), True
        return self._p95_s

    def add(self, seconds: float) -> None:
        self._known = False
        self._counts[bucket_of(seconds) >> COARSE_BITS] += 1
        self._total += 1
        if self._total >= FADES_AT:
            self._counts = [count / 2 for count in self._counts]
            self._total /= 2

    def quantile(self, q: float) -> float | None:
        """The duration in seconds that a share `q` of all stay under; None when there were none."""
        if not self._total:
            return None
        seen, wanted = 0.0, self._total * q
        for bucket, count in enumerate(self._counts):
            seen += count
            if count and seen >= wanted:
                return middle((bucket << COARSE_BITS) + (1 << COARSE_BITS) // 2)
        return None


class Averages:
    """All of it for one model at one provider. `all` are the averages: to the first token, of whole answers, of
    success, of loading."""

    __slots__ = ("_load", "_success", "_total", "_totals", "_ttft", "_ttfts", "all")

    def __init__(self) -> None:
        self.all = self._ttft, self._total, self._success, self._load = Average(), Average(), Average(), Average()
        self._totals, self._ttfts = Distribution(), Distribution()

    @property
    def ttft_s(self) -> float | None:
        return self._ttft.value

    @property
    def total_s(self) -> float | None:
        return self._total.value

    @property
    def p95_s(self) -> float | None:
        """What 95 of 100 whole answers stay under."""
        return self._totals.p95_s

    @property
    def ttft_p95_s(self) -> float | None:
        """What the time to the first token of 95 of 100 stays under."""
        return self._ttfts.p95_s

    @property
    def load_s(self) -> float | None:
        """How much longer than usual the first token takes when the model has to be loaded first."""
        return self._load.value

    @property
    def success_ratio(self) -> float:
        """Of the latest attempts, failures that the provider is not to blame for left out; 1 before the first."""
        return 1.0 if self._success.value is None else self._success.value

    def answered(self, answers: Sequence[tuple[float, float | None, int]]) -> None:
        """Add whole answers: seconds in all, to the first token where there was one, and how many tokens."""
        if not answers:
            return
        count = len(answers)
        firsts = [first for _, first, _ in answers if first is not None]
        self._success.add(1.0, count)
        self._total.add(sum([total for total, _, _ in answers]) / count, count)
        for total, _, _ in answers[:: -(-count // SAMPLED)]:
            self._totals.add(total)
        if firsts:
            self._ttft.add(sum(firsts) / len(firsts), len(firsts))
            for first in firsts[:: -(-len(firsts) // SAMPLED)]:
                self._ttfts.add(first)

    def failed(self) -> None:
        """Add a failure. Its time is not counted: a quick refusal is no quick answer."""
        self._success.add(0.0)

    def loaded(self, ttft_s: float) -> None:
        """The first token of a model that was not loaded came after `ttft_s`. It is kept out of the usual times."""
        usual = self._ttft.value or 0.0
        if ttft_s - usual >= LOADS_COUNT_FROM_S:
            self._load.add(ttft_s - usual)
