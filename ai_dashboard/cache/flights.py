"""Single flight: of many who miss the same answer at one time, one asks for it and the others wait.

Who leads has to end it in one of three ways: `land` gives the others the answer, `hand_over` makes the next of them the
leader (this one left, or was failed), `release` sends all of them their own way (the answer is not for keeping).
"""

import asyncio
from collections import deque
from enum import Enum, auto

from ai_dashboard.cache.keys import ExactKey
from ai_dashboard.cache.replay import Kept


class Turn(Enum):
    """What becomes of one who misses: ask, and tell the others; or ask for oneself alone."""

    LEAD = auto()
    ALONE = auto()


Waiting = asyncio.Future[Kept | Turn]


class Flights:
    """All that is being asked for."""

    def __init__(self, max_joined: int) -> None:
        self.joined = 0
        self.max_joined = max_joined
        self._waiting = 0
        self._flights: dict[ExactKey, deque[Waiting]] = {}

    def __len__(self) -> int:
        return len(self._flights)

    def has(self, key: ExactKey) -> bool:
        """Whether somebody here asks for it now."""
        return key in self._flights

    async def join(self, key: ExactKey, wait_s: float) -> Kept | Turn:
        """The answer, once somebody has it; or whose turn it is."""
        queue = self._flights.get(key)
        if queue is None:
            self._flights[key] = deque()
            return Turn.LEAD
        if self._waiting >= self.max_joined:
            return Turn.ALONE
        mine: Waiting = asyncio.get_running_loop().create_future()
        queue.append(mine)
        self._waiting += 1
        self.joined += 1
        try:
            async with asyncio.timeout(wait_s):
                return await mine
        except TimeoutError:
            # It may have come in the very moment in which the time was over.
            return mine.result() if mine.done() and not mine.cancelled() else Turn.ALONE
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled() and mine.result() is Turn.LEAD:
                self.hand_over(key)
            raise
        finally:
            self._waiting -= 1
            mine.cancel()

    def land(self, key: ExactKey, kept: Kept) -> None:
        """The answer is here."""
        self._tell_all(key, kept)

    def release(self, key: ExactKey) -> None:
        """There is an answer, and it is nobody else's."""
        self._tell_all(key, Turn.ALONE)

    def hand_over(self, key: ExactKey) -> None:
        """There is no answer: the next one asks."""
        queue = self._flights.get(key)
        while queue:
            if not (mine := queue.popleft()).done():
                mine.set_result(Turn.LEAD)
                return
        self._flights.pop(key, None)

    def _tell_all(self, key: ExactKey, outcome: Kept | Turn) -> None:
        for mine in self._flights.pop(key, ()):
            if not mine.done():
                mine.set_result(outcome)
