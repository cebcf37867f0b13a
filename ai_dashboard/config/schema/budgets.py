"""`budgets:` in `gateway.yaml`: what may be spent, by whom, and in which time."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from ai_dashboard.config.schema.base import Count, NotNegative, Section

OTHERS = "*"
"""Stands for everybody who is not named."""


def _spending(value: object) -> object:
    """A number alone is for a month."""
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        return {"monthly": value}
    return value


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, not a name at all, or the name of a folder
        raise PydanticCustomError("timezone", "should be a time zone such as `UTC` or `Europe/Berlin`") from None
    return name


class Spending(Section):
    """US dollars that may be spent. A number alone is for a month."""

    daily: NotNegative | None = None
    """From midnight to midnight."""
    monthly: NotNegative | None = None
    """From the first of a month to the next."""
    total: NotNegative | None = None
    """Once and for all."""


Allowed = Annotated[Spending, BeforeValidator(_spending, json_schema_input_type=float | Spending)]


class Budgets(Section):
    """What may be spent. Calls that would cost more are answered 402; servers of your own that take nothing go on."""

    timezone: Annotated[str, AfterValidator(_timezone)] = "UTC"
    """Where midnight is."""
    total: Allowed = Spending()
    """By all together."""
    tenants: dict[str, Allowed] = Field(default_factory=dict)
    """By each tenant; `*` is for each of the others."""
    by_key: dict[str, Allowed] = Field(default_factory=dict, validation_alias=AliasChoices("keys"))
    """By the id of each key; `*` is for each of the others."""
    providers: dict[str, Allowed] = Field(default_factory=dict)
    """At each provider; `*` is for each of the others."""
    assumed_output_tokens: Count = 8192
    """What an answer is reserved for whose caller sets no `max_tokens`, where the model's `max_output_tokens` is not
    known either."""
