"""The `budgets` of `gateway.yaml` held against each other and against who is there to be paid."""

from collections.abc import Iterator, Mapping

from ai_dashboard.config.schema import Provider
from ai_dashboard.config.schema.budgets import OTHERS, Budgets, Spending
from ai_dashboard.config.validate import Source
from ai_dashboard.core.diagnostics import Diagnostic, Severity

Path = tuple[str, ...]


def check_budgets(budgets: Budgets, providers: Mapping[str, Provider], source: Source) -> Iterator[Diagnostic]:
    """Limits that can never matter, and limits for somebody who is not there."""
    yield from _limits(budgets.total, ("budgets", "total"), source)
    for scope, named in (("tenants", budgets.tenants), ("keys", budgets.by_key), ("providers", budgets.providers)):
        for name, spending in named.items():
            yield from _limits(spending, ("budgets", scope, name), source)
    for name in budgets.providers:
        if name != OTHERS and name not in providers:
            message, fix = f"there is no provider `{name}`", "name one of providers.yaml"
            yield source.say(Severity.WARNING, ("budgets", "providers", name), message, fix, at_key=True)


def _limits(spending: Spending, path: Path, source: Source) -> Iterator[Diagnostic]:
    """A shorter time with a higher limit than a longer one."""
    limits = {name: value for name, value in spending if value is not None}
    for shorter, longer in (("daily", "monthly"), ("daily", "total"), ("monthly", "total")):
        if shorter in limits and longer in limits and limits[shorter] > limits[longer]:
            message, fix = f"it never matters: `{longer}` is less", f"lower `{shorter}`, or raise `{longer}`"
            yield source.say(Severity.WARNING, (*path, shorter), message, fix)
            return
