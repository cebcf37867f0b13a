"""Budgets that cannot matter."""

import pytest

from ai_dashboard.config.diagnose_budgets import check_budgets
from ai_dashboard.config.schema import Provider
from ai_dashboard.config.schema.budgets import Budgets
from ai_dashboard.config.validate import Source
from ai_dashboard.config.yaml_read import parse

PROVIDERS = {"openai": Provider(name="openai", type="openai")}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("budgets:\n  total: {daily: 5, monthly: 50}\n  providers: {openai: 5, '*': 1}\n", []),
        ("budgets:\n  total: {daily: 60, monthly: 50}\n", [(2, "it never matters: `monthly` is less")]),
        ("budgets:\n  keys:\n    k: {monthly: 60, total: 50}\n", [(3, "it never matters: `total` is less")]),
        ("budgets:\n  providers:\n    opnai: 5\n", [(3, "there is no provider `opnai`")]),
    ],
)
def test_each_finding_has_its_place(text: str, found: list[tuple[int, str]]) -> None:
    from ai_dashboard.config.yaml_tree import plain

    source = Source("gateway.yaml", parse(text))
    written = plain(source.root)
    assert isinstance(written, dict)
    budgets = Budgets.model_validate(written["budgets"])
    said = [(finding.line, finding.message) for finding in check_budgets(budgets, PROVIDERS, source)]
    assert said == found
