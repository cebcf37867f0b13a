"""Names as Ollama spells them, and when a model was asked last."""

import pytest

from ai_dashboard.core.models import ModelList, ModelView
from ai_dashboard.gateway.model_list import tagged, with_use


@pytest.mark.parametrize(
    ("written", "full"),
    [("a", "a:latest"), ("a:8b", "a:8b"), ("hub.example:80/b/a", "hub.example:80/b/a:latest"), ("b/a:q4", "b/a:q4")],
)
def test_a_model_without_a_tag_is_the_latest(written: str, full: str) -> None:
    assert tagged(written) == full


def test_a_model_is_found_in_the_log_however_it_is_spelled() -> None:
    def view(name: str) -> ModelView:
        return ModelView("gpu", "ollama", name, True, None, None, 0.0, 0.0)

    models = ModelList((view("a:latest"), view("b")), ("a", "b"), ("gpu",))
    dated = with_use(models, {("gpu", "a"): (7.0, 3), ("cpu", "b"): (9.0, 1)}, 1.0)
    assert [(it.last_used, it.requests) for it in dated.models] == [(7.0, 3), (None, 0)]
    assert dated.log_since == 1.0
