"""Charges to accounts that nobody limits, added up before they go into the ledger: nothing waits for them, so they need
not be written one by one."""

from ai_dashboard.core.costs import Receipt
from ai_dashboard.costs.journal import Counts, Line, line_of
from ai_dashboard.costs.ledger import Hold, Ledger, Share
from ai_dashboard.costs.windows import Moment

FLUSH_AT = 256
"""Lines that are added up at one time."""


class Tally:
    """On its way into one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._sums: dict[Line, tuple[list[int], tuple[Share, ...], Moment]] = {}

    def add(self, receipt: Receipt, shares: tuple[Share, ...], moment: Moment) -> None:
        """One call."""
        line, usage, amount = line_of(receipt, moment), receipt.usage, receipt.amount
        known = self._sums.get(line)
        if known is None:
            if len(self._sums) >= FLUSH_AT:
                self.flush()
            self._sums[line] = [*Counts.of(receipt)], shares, moment
            return
        sums = known[0]
        if amount is None:
            sums[2] += 1
        else:
            sums[0] += amount
        sums[1] += 1
        sums[3] += usage.estimated
        sums[4] += usage.prompt_tokens
        sums[5] += usage.completion_tokens
        sums[6] += usage.cached_tokens
        sums[7] += usage.reasoning_tokens

    def flush(self) -> None:
        """Into the ledger with all of it."""
        sums, self._sums = self._sums, {}
        for line, (counts, shares, moment) in sums.items():
            self._ledger.settle(Hold("", shares, 0, moment), (line, Counts(*counts)))
