"""Limits of providers that are never exceeded: taken before a try begins, by all gateways together where they share.

A provider that nothing is left of is set aside for whoever may go elsewhere; who may not is told when to come back.
"""

from collections.abc import Iterator

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import RateLimited, UpstreamRateLimited
from ai_dashboard.core.history import LimitView
from ai_dashboard.core.tenancy import Limit
from ai_dashboard.gateway.generation import Generation
from ai_dashboard.gateway.keeping import Keeping
from ai_dashboard.gateway.shared_standing import identities
from ai_dashboard.gateway.standing import Standing
from ai_dashboard.tenancy.limits import LimitHome, Taken, counted
from ai_dashboard.tenancy.memory_limits import MemoryLimits
from ai_dashboard.tenancy.tenants import provider_limits


@dataclass(frozen=True, slots=True)
class ExactLimits:
    """Those of one provider. `scope` is what all gateways call it by; `memory` knows how they stand."""

    scope: str
    limits: tuple[Limit, ...]
    home: LimitHome
    memory: MemoryLimits

    async def take(self, tokens: int) -> Taken:
        """Let one try begin, of about so many tokens. Raises `UpstreamRateLimited`."""
        try:
            return await self.home.take(self.scope, self.limits, tokens)
        except RateLimited as refused:
            raise UpstreamRateLimited(
                refused.message,
                retry_after_s=refused.retry_after_s,
                may_be_repeated=refused.retry_after_s is not None,
            ) from None

    def left(self) -> float:
        """The share that is left of the scarcest, as far as it is known here."""
        return min(left.remaining / left.limit for left in map(self.memory.left, self.limits))

    def views(self) -> Iterator[LimitView]:
        """Each, for people."""
        for limit in self.limits:
            left = self.memory.left(limit)
            yield LimitView(
                f"{left.limit:,} {counted(limit)}, as configured", left.remaining / left.limit, left.reset_s
            )


def adopt_limits(generation: Generation, standing: Standing, keeping: Keeping) -> None:
    """Go by the limits of another configuration. Those that say the same go on."""
    for name, identity in identities(generation).items():
        limits = provider_limits(name, generation.config.providers[name].rate_limits.limits)
        standing.provider(name).exact = (
            ExactLimits(f"provider:{identity}", limits, keeping.limits, keeping.memory_limits) if limits else None
        )
