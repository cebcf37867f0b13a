"""Events per second over the last minute, from one counter a second."""

SPAN_S = 60


class RateCounter:
    """Sixty counters, one for each of the last 60 seconds; adding and asking are both O(seconds passed)."""

    def __init__(self) -> None:
        self._counts = [0.0] * SPAN_S
        self._second = 0

    def add(self, now: float, amount: float = 1) -> None:
        """Count `amount` at the monotonic time `now`."""
        self._advance(int(now))
        self._counts[self._second % SPAN_S] += amount

    def over(self, now: float, seconds: int) -> float:
        """The sum over the last `seconds` (at most 60), the running second included."""
        self._advance(int(now))
        return sum(self._counts[(self._second - back) % SPAN_S] for back in range(min(seconds, SPAN_S)))

    def _advance(self, second: int) -> None:
        for passed in range(self._second + 1, min(second, self._second + SPAN_S) + 1):
            self._counts[passed % SPAN_S] = 0.0
        self._second = max(self._second, second)
