"""What a caller is told when its plan has no attempts: why it has none, and what each candidate's reason is."""

from ai_dashboard.core.errors import (
    AllCoolingDown,
    ContextExceeded,
    FeatureMissing,
    GatewayError,
    NoCandidate,
    RequirementsUnmet,
)  # fmt: skip
from ai_dashboard.core.plan import Plan
from ai_dashboard.routing.regions import left_nobody, refusal


def nobody(plan: Plan) -> GatewayError:
    """The error for a plan without attempts. Somebody who may answer soon is better news than a rule that is kept."""
    each = "; ".join(f"{it.provider}/{it.model}: {it.reason}" for it in plan.excluded)
    if plan.retry_after_s is not None:
        return AllCoolingDown(
            f"everybody who could answer for {plan.asked!r} has to be left alone for a while ({each})",
            hint="try again later",
            retry_after_s=plan.retry_after_s,
        )
    if plan.unable:
        return FeatureMissing(
            f"no model that {plan.asked!r} may lead to can do this ({each})", hint="ask for another model"
        )
    if plan.too_long is not None:
        tokens, window = plan.too_long
        return ContextExceeded(
            f"no window that {plan.asked!r} may lead to is large enough ({each})",
            tokens=tokens,
            window=window,
            hint="send less, or ask for a shorter answer or another model",
        )
    if plan.unmet:
        return RequirementsUnmet(
            f"no candidate for {plan.asked!r} meets the requirements ({each})",
            hint="ask for less, or for another model",
        )
    if left_nobody(plan):
        return refusal(plan)
    return NoCandidate(
        f"no provider can answer for {plan.asked!r} now ({each or 'its rule names no provider that is known'})",
        hint=f"`ai-dashboard route {plan.asked}` explains",
    )
