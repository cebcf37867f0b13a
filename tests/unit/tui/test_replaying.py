import pytest

from ai_dashboard.tui.replaying import refused, replayed
from tests.tui.fakes import busy_port, record


@pytest.mark.parametrize(("model", "asked"), [("gpt-5", "gpt-5"), (" gpt-5 ", "gpt-5"), ("chat", "")])
async def test_another_model_is_named_and_the_same_is_not(model: str, asked: str) -> None:
    port = busy_port()
    port.keeps_bodies = True
    said = await replayed(port, record(1), model)
    assert port.replayed == [("req-000001", asked)]
    assert said.startswith("asked again as req-00003d: status 200")


async def test_what_stands_in_the_way_is_told() -> None:
    port = busy_port()
    assert (await replayed(port, record(1), "m")).startswith(
        "not asked again: what was asked is not kept · `request_log.bodies: full`"
    )
    port.closed = "the gateway is gone"
    assert await replayed(port, record(1), "m") == "not asked again: the gateway is gone"


def test_a_model_has_a_name() -> None:
    assert refused(" ") == "write the name of a model, as a caller would"
    assert refused("m") == ""
