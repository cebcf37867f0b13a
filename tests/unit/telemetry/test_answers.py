"""What is counted of answers together is what each of them is."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.histogram import bucket_of
from ai_dashboard.telemetry.answers import FASTEST_TOKEN_S, Answered, Answers

answers = st.lists(
    st.tuples(st.floats(1e-6, 600), st.none() | st.floats(0, 1), st.integers(0, 999)).map(
        lambda it: (it[0], None if it[1] is None else it[0] * it[1], it[2])
    ),
    max_size=20,
)


@given(answers)
def test_each_counts_once_wherever_it_belongs(each: list[Answered]) -> None:
    together = Answers(each)
    timed = [(total_s, ttft_s, tokens) for total_s, ttft_s, tokens in each if ttft_s is not None]
    assert (together.count, together.tokens) == (len(each), sum(tokens for _, _, tokens in each))
    assert together.timed_tokens == sum(tokens for _, _, tokens in timed)
    assert together.generation_s == sum(total_s - ttft_s for total_s, ttft_s, _ in timed)
    assert together.totals == Counter(bucket_of(total_s) for total_s, _, _ in each)
    assert together.ttfts == Counter(bucket_of(ttft_s) for _, ttft_s, _ in timed)
    paces = [(total_s - ttft_s) / (tokens - 1) for total_s, ttft_s, tokens in timed if tokens > 1]
    assert together.paces == Counter(bucket_of(pace) for pace in paces if pace >= FASTEST_TOKEN_S)
