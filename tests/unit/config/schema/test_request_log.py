import pytest
from pydantic import ValidationError

from ai_dashboard.config.schema.gateway import GatewaySettings
from ai_dashboard.config.validate import Source, validate
from ai_dashboard.config.yaml_read import parse


@pytest.mark.parametrize(
    ("text", "bodies"),
    [("bodies: off", "off"), ("bodies: redacted", "redacted"), ("log_bodies: full", "full"), ("{}", "off")],
)
def test_off_is_a_word_here(text: str, bodies: str) -> None:
    settings, found = validate(GatewaySettings, Source("gateway.yaml", parse(f"request_log: {{{text.strip('{}')}}}")))
    assert settings is not None
    assert (settings.request_log.bodies, found) == (bodies, [])


@pytest.mark.parametrize("written", [{"bodies": True}, {"bodies": "some"}, {"keep_days": 0}, {"max_mb": -1}])
def test_bounds(written: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        GatewaySettings.model_validate({"request_log": written})
