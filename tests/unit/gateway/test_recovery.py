"""A provider that is gone for a minute, in simulated time: how many notice, how soon it is back, and how gently."""

from collections import Counter
from types import MappingProxyType

import pytest

from ai_dashboard.config.load import Config
from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.core.errors import UpstreamError, UpstreamUnreachable
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.core.records import Stage
from ai_dashboard.gateway.generation import Generation, build_generation
from ai_dashboard.gateway.runtime import Runtime
from tests.unit.gateway.hands import Hands, made

RATE = 40
"""Requests a second."""

COOLDOWN_S = 20
GONE_FROM, GONE_UNTIL = 30, 90


class World:
    """Two providers of one model, of which the first is gone for a minute; and requests that prefer the first."""

    def __init__(self, error: UpstreamError, *, checked: bool) -> None:
        self.clock = Hands()
        self.runtime: Runtime = made(self.clock)
        self.generation: Generation = build_generation(1, configured())
        self.runtime.adopt(self.generation.config)
        self.error = error
        self.checked = checked
        self.answered: dict[int, Counter[str]] = {}
        self.failed = 0

    def run(self, seconds: int) -> None:
        for second in range(seconds):
            self.answered[second] = Counter()
            gone = GONE_FROM <= second < GONE_UNTIL
            if self.checked and second % 3 == 0:
                self.check(gone=gone)
            for _ in range(RATE):
                self.clock.now += 1 / RATE
                self.request(second, gone=gone)

    def check(self, *, gone: bool) -> None:
        if gone:
            self.runtime.check_failed("first", self.error)
        else:
            self.runtime.check_passed("first", ("m",))

    def request(self, second: int, *, gone: bool) -> None:
        runtime = self.runtime
        trip = runtime.begin("openai")
        now = runtime.look()
        planner = self.generation.planner
        plan = planner.plan(RouteFacts("m"), runtime.providers, runtime.routing_version, now)
        for candidate in plan.attempts:
            attempt = trip.attempt(candidate, now)
            runtime.attempt_begins(attempt)
            if gone and candidate.provider == "first":
                attempt.ended = now
                runtime.attempt_failed(attempt, self.error)
                self.failed += 1
                continue
            attempt.first_token, attempt.ended, attempt.tokens = now, now, 1
            runtime.attempt_answers(attempt)
            runtime.attempt_succeeded(attempt)
            self.answered[second][candidate.provider] += 1
            break
        trip.stage = Stage.DONE
        runtime.finish(trip)

    def share(self, second: int) -> float:
        return self.answered[second]["first"] / RATE


def configured() -> Config:
    entry = {"type": "openai_compatible", "models": ["m"]}
    providers = {
        name: entry | {"base_url": f"http://127.0.0.1:{port}"} for name, port in (("first", 8001), ("second", 8002))
    }
    file = ProvidersFile.model_validate({"providers": providers})
    settings = GatewaySettings.model_validate({"breaker": {"cooldown_s": COOLDOWN_S}})
    return Config(MappingProxyType(file.providers), Mappings(), settings, "a test")


@pytest.mark.parametrize(
    ("error", "checked"),
    [(UpstreamError("boom"), False), (UpstreamError("boom"), True), (UpstreamUnreachable("connection refused"), True)],
)
def test_nobody_waits_in_vain_and_it_is_back_soon_but_gently(error: UpstreamError, checked: bool) -> None:
    world = World(error, checked=checked)
    world.run(250)
    assert all(sum(answers.values()) == RATE for answers in world.answered.values()), "the second steps in for all"
    assert world.failed <= 8, "three before it is noticed, then one whenever it has cooled down"
    back = next(second for second in range(GONE_UNTIL, 250) if world.share(second) > 0)
    full = next(second for second in range(back, 250) if world.share(second) == 1)
    assert full - back <= 5
    # One request to see and a tenth of the usual ones at first, then a quarter, then half: counted with some luck.
    for second, most in ((back, 0.4), (back + 1, 0.55), (back + 2, 0.8)):
        assert world.share(second) <= most
    assert all(world.share(second) == 1 for second in range(full, 250))
