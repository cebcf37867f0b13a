"""A runtime whose clock is turned by hand, and things that happen to it."""

import random
from collections.abc import Sequence
from types import MappingProxyType

from ai_dashboard.config.load import Config
from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.core.errors import UpstreamError, UpstreamTimeout, UpstreamUnreachable
from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import Candidate
from ai_dashboard.core.records import Stage
from ai_dashboard.core.snapshot import BreakerState
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.targets import ProviderState
from ai_dashboard.gateway.trip import Attempt


class Hands:
    """A clock whose hands are moved by the test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return 1e9 + self.now


def made(clock: Hands) -> Runtime:
    numbers = iter(range(100_000))
    return Runtime(clock=clock, new_id=lambda: f"id-{next(numbers)}", chance=random.Random(1))


def begin(runtime: Runtime, model: str = "m") -> Attempt:
    attempt = Attempt(Candidate("p", model, "listing", 1.0), runtime.clock.monotonic())
    runtime.attempt_begins(attempt)
    return attempt


def fail(runtime: Runtime, error: UpstreamError | None = None, model: str = "m") -> ProviderState:
    runtime.attempt_failed(begin(runtime, model), error or UpstreamError("boom"))
    return runtime.provider("p")


def gone(runtime: Runtime) -> ProviderState:
    return fail(runtime, UpstreamUnreachable("connection refused"))


def succeed(runtime: Runtime, model: str = "m", headers: Sequence[tuple[bytes, bytes]] = ()) -> ProviderState:
    trip = runtime.begin("openai")
    attempt = begin(runtime, model)
    trip.attempts.append(attempt)
    attempt.first_token, attempt.ended, attempt.tokens = attempt.started + 0.5, attempt.started + 2.0, 30
    attempt.headers = headers
    runtime.attempt_answers(attempt)
    runtime.attempt_succeeded(attempt)
    trip.stage, trip.usage = Stage.DONE, Usage(70, 30)
    runtime.finish(trip)
    runtime.tally()
    return runtime.provider("p")


def breaker(runtime: Runtime, model: str = "m") -> BreakerState:
    runtime.look()
    return runtime.provider("p").target(model).breaker


def configured(**gateway: object) -> Config:
    limits = {"requests_per_minute": 10, "tokens_per_minute": 1000, "max_concurrent": 4}
    entry = {"type": "vllm", "base_url": "http://127.0.0.1:8001", "models": ["m"], "rate_limits": limits}
    providers = ProvidersFile.model_validate({"providers": {"p": entry}}).providers
    return Config(MappingProxyType(providers), Mappings(), GatewaySettings.model_validate(gateway), "a test")


def check_fails(runtime: Runtime) -> None:
    runtime.check_failed("p", UpstreamTimeout("no answer"))
