import pytest
from pydantic import ValidationError

from ai_dashboard.config.schema import Ensemble


def test_models_by_name_or_by_number() -> None:
    assert Ensemble.model_validate({"models": ["a", "b"], "merge": "vote"}).models == ("a", "b")
    assert Ensemble.model_validate({"models": 3}).models == 3
    assert (Ensemble().models, Ensemble().merge) == (8, "first")
    assert Ensemble.model_validate({"merge": "judge", "judge": "wise"}).judge == "wise"


@pytest.mark.parametrize(
    "written",
    [{"models": 1}, {"models": 9}, {"models": ["a"]}, {"merge": "most"}, {"merge": "judge"}, {"judge": "wise"}],
)
def test_what_makes_no_sense_is_refused(written: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Ensemble.model_validate(written)
