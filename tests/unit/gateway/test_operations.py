"""What an operator does by hand, on a runtime whose clock is turned by hand."""

import pytest

from ai_dashboard.config.load import Config
from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.core.control import ProviderAction
from ai_dashboard.core.errors import OffInConfig, ProviderNotFound, RecordNotFound
from ai_dashboard.core.records import Stage
from ai_dashboard.core.snapshot import BreakerState, Health
from ai_dashboard.gateway.generation import Generation, build_generation
from ai_dashboard.gateway.operations import find, operate, wish
from ai_dashboard.gateway.runtime import Runtime
from tests.unit.gateway.hands import Hands, breaker, configured, fail, made

ENTRIES = {
    "p": {"type": "vllm", "base_url": "http://127.0.0.1:8001", "models": ["m"]},
    "off": {"type": "vllm", "base_url": "http://127.0.0.1:8002", "status": "disabled"},
    "keyless": {"type": "openai", "base_url": "https://api.openai.com"},
}


@pytest.fixture
def runtime() -> Runtime:
    runtime = made(Hands())
    runtime.adopt(configured())
    return runtime


@pytest.fixture
def generation() -> Generation:
    providers = ProvidersFile.model_validate({"providers": ENTRIES}).providers
    return build_generation(1, Config(providers, Mappings(), GatewaySettings(), "a test"))


def test_each_action_does_what_it_says(runtime: Runtime, generation: Generation) -> None:
    state = runtime.provider("p")
    operate("p", "drain", generation, runtime)
    assert (state.draining, wish(state)) == (True, "drained")
    operate("p", "disable", generation, runtime)
    assert (state.health, wish(state)) == (Health.DISABLED, "disabled")
    operate("p", "enable", generation, runtime)
    assert (state.draining, wish(state)) == (False, None)
    for _ in range(3):
        fail(runtime)
    assert breaker(runtime) is BreakerState.OPEN
    operate("p", "reset", generation, runtime)
    assert breaker(runtime) is BreakerState.CLOSED


def test_a_wish_outlives_another_configuration(runtime: Runtime, generation: Generation) -> None:
    operate("p", "drain", generation, runtime)
    runtime.adopt(configured(drain_s=1))
    assert wish(runtime.provider("p")) == "drained"


@pytest.mark.parametrize(("name", "hint"), [("keyles", "did you mean keyless?"), ("zzz", "there are p, off, keyless")])
def test_a_wrong_name_is_told_with_the_nearest(runtime: Runtime, generation: Generation, name: str, hint: str) -> None:
    with pytest.raises(ProviderNotFound) as caught:
        operate(name, "drain", generation, runtime)
    assert caught.value.hint == hint


@pytest.mark.parametrize("action", ["enable", "disable", "drain", "reset"])
@pytest.mark.parametrize(("name", "hint"), [("off", "status: active"), ("keyless", "OPENAI_API_KEY")])
def test_what_the_configuration_keeps_off_only_it_can_put_on(
    runtime: Runtime, generation: Generation, name: str, hint: str, action: ProviderAction
) -> None:
    with pytest.raises(OffInConfig) as caught:
        operate(name, action, generation, runtime)
    assert hint in caught.value.hint


def finished(runtime: Runtime, count: int) -> None:
    for _ in range(count):
        trip = runtime.begin("openai")
        trip.stage = Stage.DONE
        runtime.finish(trip)


def test_a_request_is_found_by_the_beginning_of_its_id(runtime: Runtime) -> None:
    finished(runtime, 12)
    assert find("id-3", runtime).seq == 4
    assert find("id-1", runtime).seq == 2  # the whole id, although others begin with it
    running = runtime.begin("openai")
    assert (find(running.id, runtime).stage, find(running.id, runtime).seq) == (Stage.WAITING, 0)


def test_ids_that_begin_alike_are_named(runtime: Runtime) -> None:
    finished(runtime, 12)
    with pytest.raises(RecordNotFound) as caught:
        find("id-", runtime)
    assert caught.value.message.startswith("12 requests have an id that begins with 'id-': id-11, id-10")
    assert caught.value.message.endswith(", …")


def test_what_is_not_remembered_is_told_with_how_much_is(runtime: Runtime) -> None:
    finished(runtime, 3)
    runtime.begin("openai")
    with pytest.raises(RecordNotFound) as caught:
        find("beef", runtime)
    assert caught.value.hint == "3 of 3 finished requests are, and 1 in flight"
