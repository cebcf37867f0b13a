"""What an answer costs, in US dollars, before it is asked for. A price that nobody knows is None, and never nothing."""

from collections.abc import Mapping

from ai_dashboard.config.schema import Price
from ai_dashboard.core.plan import RouteFacts

ASSUMED_ANSWER_TOKENS = 500
"""What an answer is taken to have where the caller reserves nothing: a page of text."""

FREE = Price()
"""What a server of your own takes, where its entry does not say otherwise."""

ALL_MODELS = "*"


def price_of(model: str, prices: Mapping[str, Price], *, local: bool) -> Price | None:
    """The price of a model in a provider's list (`cost_per_1k_tokens`)."""
    return prices.get(model) or prices.get(ALL_MODELS) or (FREE if local else None)


def cost_of(price: Price, facts: RouteFacts) -> float:
    """What this request would cost: its prompt, and all that it reserves for the answer."""
    answer = facts.max_tokens or ASSUMED_ANSWER_TOKENS
    return (price.input * facts.prompt_tokens + price.output * answer) / 1000
