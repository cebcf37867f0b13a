"""What a caller is told when nobody is left."""

import pytest

from ai_dashboard.core.errors import (
    AllCoolingDown,
    ContextExceeded,
    FeatureMissing,
    GatewayError,
    NoCandidate,
    RequirementsUnmet,
    ResidencyRefused,
)  # fmt: skip
from ai_dashboard.core.plan import Excluded, Plan
from ai_dashboard.routing.nobody import nobody

DEAR = Excluded("cloud", "m", "max_cost: $0.02 > $0.01")
ABROAD = Excluded("cloud", "m", "residency:eu_users (answers in us-east, allowed: eu-west)")
TIRED = Excluded("cloud", "m", "cooldown: it asked to be left alone for another 9 s")
OFF = Excluded("off", "m", "disabled")
LONG = Excluded("small", "m", "context 900 > 800")
DUMB = Excluded("claude", "m", "no_embeddings: anthropic has none")


@pytest.mark.parametrize(
    ("plan", "kind", "status"),
    [
        (Plan("m", "listing", (), (OFF,)), NoCandidate, 503),
        (Plan("m", "listing", (), (OFF, DEAR), unmet=True), RequirementsUnmet, 422),
        (Plan("m", "listing", (), (OFF, ABROAD)), ResidencyRefused, 451),
        (Plan("m", "listing", (), (DUMB,), unable=True), FeatureMissing, 400),
        (Plan("m", "listing", (), (LONG, OFF), too_long=(900, 800)), ContextExceeded, 400),
        (Plan("m", "listing", (), (TIRED, OFF), retry_after_s=9.0), AllCoolingDown, 429),
        (Plan("m", "listing", (), (TIRED, ABROAD), retry_after_s=9.0), AllCoolingDown, 429),
    ],
)
def test_the_reason_of_all_reasons(plan: Plan, kind: type[GatewayError], status: int) -> None:
    error = nobody(plan)
    assert type(error) is kind
    assert (error.status, error.retry_after_s) == (status, plan.retry_after_s)


def test_each_candidate_is_listed_with_the_limit_that_it_breaks() -> None:
    error = nobody(Plan("m", "listing", (), (OFF, DEAR), unmet=True))
    assert error.message == (
        "no candidate for 'm' meets the requirements (off/m: disabled; cloud/m: max_cost: $0.02 > $0.01)"
    )


def test_a_rule_that_names_nobody() -> None:
    assert "its rule names no provider that is known" in nobody(Plan("m", "listing", (), ())).message
