"""Who is on which arm: steady for a key, fair over many, and undisturbed by changes that are not its own."""

from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.config.schema import Experiment
from ai_dashboard.core.plan import Plan, RouteFacts
from ai_dashboard.routing.experiments import Arm, Splits, assign, chosen, compile_experiments, drawn

TWO = {"models": ["m", "alias"], "arms": {"large": {"model": "m", "weight": 9}, "small": {"model": "s", "weight": 1}}}


def splits(**experiments: Mapping[str, object]) -> Splits:
    return compile_experiments({name: Experiment.model_validate(it) for name, it in experiments.items()})


def never() -> float:
    raise AssertionError("nothing is drawn for who has a key")


def arm_of(split: Splits, facts: RouteFacts) -> str | None:
    found = assign(split, facts, never)
    return found.arm if found else None


def test_only_the_models_of_an_experiment_take_part() -> None:
    compiled = splits(e=TWO)
    assert sorted(compiled) == ["alias", "m"]
    assert assign(compiled, RouteFacts("other", user="ann"), never) is None
    assert assign({}, RouteFacts("m", user="ann"), never) is None


@pytest.mark.parametrize("change", [{"enabled": False}, {"arms": {"x": 0}}])
def test_what_does_not_run(change: Mapping[str, object]) -> None:
    assert splits(e={**TWO, **change}) == {}


def test_an_arm_is_what_is_asked_for_instead_and_is_noted() -> None:
    found = assign(splits(e={**TWO, "arms": {"small": {"model": "p/s"}}}), RouteFacts("m", user="ann"), never)
    assert found is not None
    assert found.facts(RouteFacts("m", user="ann", max_tokens=7)) == RouteFacts("p/s", user="ann", max_tokens=7)
    plan = found.noted(Plan("p/s", "providers.p", (), (), notes=("panic",)), "m")
    assert (plan.asked, plan.rule, plan.notes) == ("m", "providers.p", ("panic", "experiment e: arm small (p/s)"))
    assert found.figure("ttft_s") == "experiments.e.small.ttft_s"


@pytest.mark.parametrize(
    ("sticky", "same", "other"),
    [
        ("user", RouteFacts("m", user="ann", prefix="1"), RouteFacts("m", user="ann", prefix="2")),
        ("user", RouteFacts("m", prefix="1"), RouteFacts("alias", prefix="1", stream=True)),
        ("conversation", RouteFacts("m", user="ann", prefix="1"), RouteFacts("m", user="bob", prefix="1")),
        ("conversation", RouteFacts("m", user="ann"), RouteFacts("alias", user="ann")),
    ],
)
def test_what_stays_together(sticky: str, same: RouteFacts, other: RouteFacts) -> None:
    even = {"models": ["m", "alias"], "arms": {"a": 1, "b": 1}, "sticky": sticky}
    for number in range(20):
        compiled = splits(**{f"e{number}": even})
        assert arm_of(compiled, same) == arm_of(compiled, other)


def test_tenants_and_experiments_are_told_apart() -> None:
    even = {"models": ["m"], "arms": {"a": 1, "b": 1}}
    one, two = splits(e=even), splits(f=even)
    users = [f"user {number}" for number in range(100)]
    assert [arm_of(one, RouteFacts("m", user=it)) for it in users] != [
        arm_of(two, RouteFacts("m", user=it)) for it in users
    ]
    assert [arm_of(one, RouteFacts("m", user=it)) for it in users] != [
        arm_of(one, RouteFacts("m", user=it, tenant="t")) for it in users
    ]


@pytest.mark.parametrize(
    ("facts", "sticky"), [(RouteFacts("m"), "user"), (RouteFacts("m", user="ann", prefix="1"), "request")]
)
def test_who_has_no_key_is_drawn(facts: RouteFacts, sticky: str) -> None:
    compiled = splits(e={**TWO, "sticky": sticky})
    arms = [assign(compiled, facts, lambda draw=draw: draw) for draw in (0.0, 0.89, 0.9, 0.999)]  # type: ignore[misc]
    assert [it.arm for it in arms if it] == ["large", "large", "small", "small"]


def test_who_has_a_key_stays_through_every_restart_and_upgrade() -> None:
    arms = (Arm("a", "m", 1), Arm("b", "n", 2))
    found = "".join(chosen(arms, f"user {number}").name for number in range(64))
    assert found == "abbbbbabbbabbbabbaabbbbabbbbbbbbabbabaabaaabbaabbaaaaabbbaabbabb"


@pytest.mark.parametrize("weights", [(1, 1), (9, 1), (0.7, 0.3), (5, 3, 2)])
def test_shares_are_the_weights(weights: tuple[float, ...]) -> None:
    arms = [Arm(str(place), "m", weight) for place, weight in enumerate(weights)]
    count = 20_000
    found = Counter(chosen(arms, f"user {number}").name for number in range(count))
    for arm in arms:
        share = arm.weight / sum(weights)
        assert abs(found[arm.name] - count * share) < 4 * (count * share * (1 - share)) ** 0.5


arms = st.lists(st.floats(0.01, 100), min_size=2, max_size=5).map(
    lambda weights: tuple(Arm(f"arm {place}", "m", weight) for place, weight in enumerate(weights))
)


@given(arms, st.text(), st.floats(1.0, 10.0), st.integers(0, 4))
def test_more_weight_for_an_arm_moves_people_to_it_and_nowhere_else(
    before: tuple[Arm, ...], key: str, factor: float, which: int
) -> None:
    grown = before[which % len(before)]
    after = tuple(Arm(it.name, it.model, it.weight * factor) if it is grown else it for it in before)
    was, now = chosen(before, key), chosen(after, key)
    assert now.name in (was.name, grown.name)


@given(arms, st.text(), st.integers(0, 4))
def test_an_arm_that_goes_takes_only_its_own_people_along(before: tuple[Arm, ...], key: str, which: int) -> None:
    gone = before[which % len(before)]
    was = chosen(before, key)
    now = chosen([it for it in before if it is not gone], key)
    assert was is gone or now is was


@given(arms, st.floats(0, 1, exclude_max=True))
def test_a_draw_always_falls_on_an_arm(arms: tuple[Arm, ...], draw: float) -> None:
    assert drawn(arms, draw) in arms
