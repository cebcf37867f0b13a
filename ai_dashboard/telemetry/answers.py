"""Whole answers that are counted together. Their buckets are found once, however many histograms they go into."""

from collections import Counter
from collections.abc import Sequence

from ai_dashboard.core.histogram import buckets_of

Answered = tuple[float, float | None, int]
"""A whole answer: seconds in all, seconds to its first token (None when it had none), tokens."""

FASTEST_TOKEN_S = 1e-4
"""No engine says ten thousand tokens a second: an answer that came faster came in one piece, and says nothing of it."""


class Answers:
    """`count` of them with so many `tokens`; how many fall into which bucket of their times in all (`totals`), to the
    first token (`ttfts`), and from token to token (`paces`). `generation_s` is the time spent after the first token of
    the `timed_tokens`: those of answers that had one."""

    __slots__ = ("count", "generation_s", "paces", "timed_tokens", "tokens", "totals", "ttfts")

    def __init__(self, each: Sequence[Answered]) -> None:
        self.count = len(each)
        self.tokens = sum([tokens for _, _, tokens in each])
        self.totals = Counter(buckets_of([total_s for total_s, _, _ in each]))
        timed = [(total_s - ttft_s, ttft_s, tokens) for total_s, ttft_s, tokens in each if ttft_s is not None]
        self.ttfts = Counter(buckets_of([ttft_s for _, ttft_s, _ in timed]))
        self.timed_tokens = sum([tokens for _, _, tokens in timed])
        self.generation_s = sum([generation_s for generation_s, _, _ in timed])
        paces = [generation_s / (tokens - 1) for generation_s, _, tokens in timed if tokens > 1]
        self.paces = Counter(buckets_of([pace for pace in paces if pace >= FASTEST_TOKEN_S]))
