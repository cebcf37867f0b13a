"""Log-bucket histograms: 16 buckets an octave from 1 µs to about 19 h, so a percentile is within 3.2 % of the truth.

Counts add up, so histograms of several providers are merged and never their percentiles averaged. The bucket of a value
is found by bit operations alone (the layout of HdrHistogram with 4 bits of mantissa).
"""

from collections.abc import Iterable, Sequence

SUB_BITS = 4
SUB = 1 << SUB_BITS
OCTAVES = 32
BUCKETS = SUB * (OCTAVES + 1)


def bucket_of(seconds: float) -> int:
    """The bucket that holds a duration; negative durations (a clock's rounding) count as 0."""
    us = int(seconds * 1e6)
    if us < SUB:
        return max(us, 0)
    shift = us.bit_length() - SUB_BITS - 1
    return min((shift << SUB_BITS) + (us >> shift), BUCKETS - 1)


def upper_bound(bucket: int) -> float:
    """The end of a bucket, exclusive, in seconds."""
    return (_floor_us(bucket) + _width_us(bucket)) / 1e6


def middle(bucket: int) -> float:
    """The value that stands for a bucket, in seconds."""
    return (_floor_us(bucket) + _width_us(bucket) / 2) / 1e6


def quantile(counts: Sequence[int], q: float) -> float | None:
    """The `q` quantile (0 to 1) in seconds, or None when nothing was counted."""
    total = sum(counts)
    if not total:
        return None
    rank = max(1, -(-total * q // 1))
    seen = 0
    for bucket, count in enumerate(counts):
        seen += count
        if seen >= rank:
            return middle(bucket)
    raise AssertionError("the counts changed while they were read")


def merged(histograms: Iterable[Sequence[int]]) -> list[int]:
    """Counts added up bucket by bucket."""
    total = [0] * BUCKETS
    for counts in histograms:
        for bucket, count in enumerate(counts):
            if count:
                total[bucket] += count
    return total


def _floor_us(bucket: int) -> int:
    if bucket < SUB:
        return bucket
    shift = (bucket >> SUB_BITS) - 1
    return (SUB + (bucket & (SUB - 1))) << shift


def _width_us(bucket: int) -> int:
    return 1 if bucket < SUB else 1 << ((bucket >> SUB_BITS) - 1)
