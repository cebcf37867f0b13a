"""Who is asked, and who would be paid."""

from dataclasses import replace

import pytest

from ai_dashboard.cli.benching.target import Payee, chosen, costs, payees
from ai_dashboard.core.errors import ModelNotFound, ProviderNotFound
from ai_dashboard.core.models import ModelList, ModelView
from ai_dashboard.core.plan import Candidate, Excluded, Plan
from ai_dashboard.core.snapshot import ConfigView, GatewayView, Health, Percentiles, ProviderView, Snapshot


def model(provider: str, name: str, prices: tuple[float, float] | None = None, *, local: bool = False) -> ModelView:
    given, said = prices or (None, None)
    return ModelView(provider, "openai", name, local, None, None, given, said)


def provider(name: str, health: Health = Health.ACTIVE) -> ProviderView:
    none = Percentiles()
    return ProviderView(name, "vllm", "h", True, health, "", (), 0, 0, 0.0, 0.0, none, none, None, "", None, ())


def snapshot(*providers: ProviderView, simulated: bool = False) -> Snapshot:
    view = replace(GatewayView("127.0.0.1", 4000, 1, "0", 1.0, 0.0, 0, 0, 0, 0, 0.0, none), simulated=simulated)
    return Snapshot(1, 0.0, view, ConfigView(1, None, "a test", usable=True), providers, ttft=none, alerts=())


none = Percentiles()
HOME, CLOUD, ODD = model("home", "llama", local=True), model("cloud", "gpt", (1.0, 10.0)), model("odd", "x")
MODELS = ModelList((CLOUD, ODD, HOME), (), ())
UP = snapshot(provider("home"), provider("cloud"), provider("odd"))


def plan(*attempts: ModelView, excluded: tuple[ModelView, ...] = ()) -> Plan:
    return Plan(
        "m", "r", tuple(Candidate(it.provider, it.name, "", 1.0) for it in attempts),
        tuple(Excluded(it.provider, it.name, "in cooldown") for it in excluded),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("view", "expected"),
    [(HOME, False), (CLOUD, True), (ODD, True), (model("a", "free", (0.0, 0.0)), False),
     (model("home", "hired", (0.0, 1.0), local=True), True)],
)  # fmt: skip
def test_what_costs_money(view: ModelView, expected: bool) -> None:
    assert costs(view) is expected


def test_without_a_model_it_is_one_that_costs_nothing_at_a_provider_that_is_up() -> None:
    assert chosen(None, None, MODELS, UP) == "llama"
    down = snapshot(provider("home", Health.UNAVAILABLE), provider("cloud"))
    assert chosen(None, None, MODELS, down) == "gpt"
    assert chosen(None, "odd", MODELS, UP) == "x"
    assert chosen("anything", "home", MODELS, UP) == "anything"


def test_what_is_not_there_is_told() -> None:
    with pytest.raises(ProviderNotFound) as unknown:
        chosen(None, "nix", MODELS, UP)
    assert unknown.value.hint == "there are home, cloud, odd"
    with pytest.raises(ModelNotFound, match="no model is known at any provider"):
        chosen(None, None, ModelList((), (), ()), UP)


def test_everybody_who_may_be_paid_is_named_with_the_price() -> None:
    assert payees(plan(HOME), MODELS, UP, (20, 32)) == ()
    (cloud,) = payees(plan(HOME, CLOUD, CLOUD), MODELS, UP, (20, 32))
    assert (cloud.provider, cloud.model) == ("cloud", "gpt")
    assert cloud.usd == pytest.approx(0.34)
    assert payees(plan(ODD), MODELS, UP, (20, 32)) == (Payee("odd", "x", None),)
    assert payees(plan(model("cloud", "unlisted")), MODELS, UP, (1, 1)) == (Payee("cloud", "unlisted", None),)


def test_one_that_is_left_out_now_may_be_there_in_a_moment() -> None:
    assert [it.provider for it in payees(plan(HOME, excluded=(CLOUD,)), MODELS, UP, (1, 1))] == ["cloud"]
    off = snapshot(provider("home"), provider("cloud", Health.DISABLED))
    assert payees(plan(HOME, excluded=(CLOUD,)), MODELS, off, (1, 1)) == ()


def test_simulated_providers_are_paid_nothing() -> None:
    assert payees(plan(CLOUD), MODELS, snapshot(provider("cloud"), simulated=True), (1, 1)) == ()


def test_a_payee_in_words() -> None:
    assert str(Payee("a", "m", 0.34)) == "a/m (about $0.34 for a thousand requests)"
    assert str(Payee("a", "m", None)) == "a/m (its price is not known)"
