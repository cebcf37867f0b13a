import pytest
from pydantic import ValidationError

from ai_dashboard.config.schema import Arm, Experiment


def test_arms_in_short() -> None:
    experiment = Experiment.model_validate(
        {"models": "gpt-4o", "arms": {"gpt-4o": 0.9, "small": "gpt-5-mini", "x": {"weight": 2}, "y": {"model": "z"}}}
    )
    assert experiment.models == ("gpt-4o",)
    assert experiment.arms == {
        "gpt-4o": Arm(model="gpt-4o", weight=0.9),
        "small": Arm(model="gpt-5-mini"),
        "x": Arm(model="x", weight=2),
        "y": Arm(model="z"),
    }
    assert (experiment.sticky, experiment.enabled) == ("user", True)


@pytest.mark.parametrize(
    "written",
    [
        {"arms": {"a": 1}},
        {"models": ["m"]},
        {"models": ["m"], "arms": {"a": -1}},
        {"models": ["m"], "arms": {"a": True}},
        {"models": ["m"], "arms": ["a"]},
        {"models": ["m"], "arms": {"a": 1}, "sticky": "forever"},
    ],
)
def test_what_is_no_experiment(written: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Experiment.model_validate(written)
