"""`budgets:` as operators write it."""

import pytest
from pydantic import ValidationError

from ai_dashboard.config.schema import GatewaySettings
from ai_dashboard.config.schema.budgets import Budgets


def test_a_number_alone_is_for_a_month() -> None:
    budgets = Budgets.model_validate({"total": 50, "tenants": {"acme": "7.5", "*": {"daily": 1}}})
    assert (budgets.total.daily, budgets.total.monthly, budgets.total.total) == (None, 50, None)
    assert (budgets.tenants["acme"].monthly, budgets.tenants["*"].daily) == (7.5, 1)


def test_keys_are_a_scope_of_their_own() -> None:
    budgets = Budgets.model_validate({"keys": {"k1": 5}})
    assert budgets.by_key["k1"].monthly == 5
    assert frozenset({"keys"}) < Budgets.keys()


def test_nothing_is_limited_unless_it_is_said() -> None:
    budgets = GatewaySettings.model_validate({}).budgets
    assert budgets == Budgets()
    assert (budgets.timezone, budgets.assumed_output_tokens) == ("UTC", 8192)


@pytest.mark.parametrize(
    "written",
    [
        {"total": -1},
        {"total": True},
        {"total": float("inf")},
        {"total": {"weekly": 5}},
        {"providers": {"openai": {"daily": "much"}}},
        {"assumed_output_tokens": 0},
        *({"timezone": name} for name in ("Mars/Olympus", "", "../UTC", "/etc/localtime", "Europe")),
    ],
)
def test_nonsense_is_refused(written: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Budgets.model_validate(written)


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "Asia/Kolkata"])
def test_time_zones_are_known_by_their_names(name: str) -> None:
    assert Budgets(timezone=name).timezone == name
