"""How many records to ask for at a time, so that a slow line is not choked by what a busy gateway has to tell; what is
left out is counted as unseen. Pure.

A record takes a kilobyte or two. A line of a hundred kilobytes a second to a gateway that answers five hundred requests
in one would carry nothing else.
"""

SAMPLE = 50
"""Records that are asked for first of all, to see what the line carries."""

LEAST = 10

WANTED_S = 0.5
"""What a page may take, about."""

QUICK_S = 0.1


class Pace:
    """`limit` is how many to ask for, never more than `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.limit = most

    def sampled(self, seconds: float) -> None:
        """The sample has taken so long."""
        self._set(SAMPLE * WANTED_S / max(seconds, 1e-6))

    def took(self, count: int, seconds: float) -> None:
        """So many records have taken so long."""
        if seconds > WANTED_S:
            self._set(count * WANTED_S / seconds)
        elif seconds < QUICK_S and count >= self.limit:
            self._set(2 * self.limit)

    def gave_up(self) -> None:
        """They did not come in time."""
        self._set(self.limit / 4)

    def _set(self, limit: float) -> None:
        self.limit = round(min(max(limit, LEAST), self._most))
