"""How good a model's answers are, roughly: `low`, `medium` or `high`.

The first of these that says something decides:

1. the operator's word: a tag of the model that is `low`, `medium` or `high`, bare or as `quality:high` or `tier:high`;
2. its size: from 30 B parameters `high`, from 7 B `medium`, below `low` (experts count in full: `8x7B` is 56 B);
3. its price: from 10 USD for a million tokens of answer `high`, from 2 USD `medium`, below `low`;
4. `medium`, since nothing is known against it.

A price says more of a service's models than their names do, and a server of your own has none.
"""

from collections.abc import Iterable

from ai_dashboard.config.schema import Price
from ai_dashboard.core.plan import Tier

RANK: dict[Tier, int] = {"low": 0, "medium": 1, "high": 2}
"""For comparing."""

HIGH_PARAMETERS, MEDIUM_PARAMETERS = 30e9, 7e9

HIGH_PRICE, MEDIUM_PRICE = 0.01, 0.002
"""US dollars for 1000 tokens of answer."""

_WORDS: dict[str, Tier] = {
    f"{prefix}{tier}": tier for tier in RANK for prefix in ("", "quality:", "tier:", "quality-", "tier-")
}


def tier_of(tags: Iterable[str], parameters: float | None, price: Price | None) -> Tier:
    """The tier of a model of which this is known."""
    for tag in tags:
        if (said := _WORDS.get(tag.strip().lower())) is not None:
            return said
    if parameters is not None:
        return _step(parameters, MEDIUM_PARAMETERS, HIGH_PARAMETERS)
    if price is not None and price.output > 0:
        return _step(price.output, MEDIUM_PRICE, HIGH_PRICE)
    return "medium"


def _step(value: float, medium: float, high: float) -> Tier:
    return "high" if value >= high else "medium" if value >= medium else "low"


def by_nearness(tier: Tier, wanted: Tier) -> float:
    """How well a tier does where another is wanted: 1 for the same, then those above, nearest first, then those
    below."""
    step = RANK[tier] - RANK[wanted]
    return 1.0 - 0.2 * step if step >= 0 else 0.4 + 0.2 * (step + 1)
