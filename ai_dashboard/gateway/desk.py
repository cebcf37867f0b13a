"""What one request works with, and the first thing that happens to it: who asks, and what they may."""

from collections.abc import Iterable
from dataclasses import replace

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import CallerError, ModelNotFound, NoCandidate, Overloaded
from ai_dashboard.core.plan import Candidate, Excluded, Plan, RouteFacts
from ai_dashboard.core.tenancy import Caller
from ai_dashboard.costs.book import Payer
from ai_dashboard.gateway.conversations import Conversations
from ai_dashboard.gateway.generation import Generation
from ai_dashboard.gateway.keeping import Keeping
from ai_dashboard.gateway.runtime import Runtime
from ai_dashboard.gateway.trip import Trip
from ai_dashboard.routing.nobody import nobody
from ai_dashboard.routing.preferred import preferring
from ai_dashboard.tenancy.access import require_model
from ai_dashboard.transport.client import UpstreamClient
from ai_dashboard.transport.http1 import Exchange


@dataclass(slots=True)
class Desk:
    """Everything one request needs: what is in force as it begins, what has happened, what is kept, and the way out.
    `trip` is the request itself, once it is known who asks."""

    generation: Generation
    runtime: Runtime
    client: UpstreamClient
    conversations: Conversations
    keeping: Keeping
    trip: Trip | None = None

    def admit(self, trip: Trip, exchange: Exchange) -> None:
        """Put down who has come, and where to; shed load before any work is done for it."""
        trip.method, trip.path, trip.caller = exchange.method, exchange.path, exchange.caller
        trip.traceparent = exchange.header(b"traceparent")
        limit = self.generation.settings.limits.max_in_flight
        running = len(self.runtime.running)
        if running > limit and running - len(self.runtime.waiting) > limit:
            raise Overloaded(f"{limit} requests are in flight already", hint="try again in a moment", retry_after_s=1)
        if (refused := self.generation.refused) is not None:
            raise NoCandidate(
                f"the configuration was refused ({refused})", hint="`ai-dashboard config check` lists all"
            )

    async def enter(self, trip: Trip, caller: Caller | None, asked: str, facts: RouteFacts) -> RouteFacts:
        """The facts with what holds for whoever asks. Raises `ModelNotAllowed` and `RateLimited`."""
        if caller is None:
            return self.enter_for(trip, None, facts)
        self.trip = trip
        trip.facts, trip.caller = facts, caller  # whoever is refused is on record, too
        trip.facts = facts = bound(facts, caller, asked)
        if caller.limits:
            tokens = facts.prompt_tokens + facts.max_tokens
            trip.taken = await self.keeping.limits.take(caller.tenant, caller.limits, tokens)
        trip.payer = self._payer(caller, facts)
        return facts

    def enter_for(self, trip: Trip, caller: Caller | None, facts: RouteFacts) -> RouteFacts:
        """The same for an ask of the gateway's own that it makes for a caller: who pays, within whose rules, but which
        models may be asked for and how often is about what callers ask themselves."""
        self.trip, trip.caller = trip, caller
        trip.facts = facts = facts if caller is None else _of(facts, caller)
        trip.payer = self._payer(caller, facts)
        return facts

    def _payer(self, caller: Caller | None, facts: RouteFacts) -> Payer:
        book = self.keeping.book
        if caller is None:
            return book.payer(facts.tenant)
        return book.payer(caller.tenant, caller.key_id, facts.task or "", caller.budget)

    def plan(self, facts: RouteFacts) -> Plan:
        """Where such a request goes now. Raises `ModelNotFound`, and `BudgetExceeded` where nobody is left but those
        whom nobody may pay for."""
        runtime, trip = self.runtime, self.trip
        now = runtime.look()
        planner = self.generation.planner
        if trip is None or trip.payer is None:
            return planner.plan(facts, runtime.providers, runtime.routing_version, now)
        bar = self.keeping.book.bar(trip.payer)
        plan = planner.plan(facts, runtime.providers, runtime.routing_version, now, bar)
        if bar is not None and not plan.attempts and (refusal := self.keeping.book.refusal(trip.payer)) is not None:
            refusal.__cause__ = nobody(plan)
            raise refusal
        caller = trip.caller
        if caller is not None and caller.policy.preferred_providers:
            return preferring(plan, caller.policy.preferred_providers, caller.tenant)
        return plan

    def explain(self, facts: RouteFacts) -> Plan:
        """Where a request of this tenant would go now, without taking anybody's turn. Raises `ModelNotFound`."""
        runtime, book = self.runtime, self.keeping.book
        caller = self.keeping.identity.tenant(facts.tenant)
        bar = book.bar(book.payer(caller.tenant, "", facts.task or ""))
        plan = self.generation.planner.explain(_of(facts, caller), runtime.providers, runtime.look(), bar)
        return preferring(plan, caller.policy.preferred_providers, caller.tenant)

    def check_provider(self, name: str) -> None:
        """Raises `CallerError` for a provider that is not known."""
        if name not in (known := self.generation.table.providers):
            raise CallerError(f"there is no provider {name[:64]!r}", hint=f"there are {', '.join(known) or 'none'}")

    def plan_at(self, facts: RouteFacts, provider: str) -> Plan:
        """Where such a request goes when its caller wants this provider and no other: to what the plan has of it, else
        to the model of that name. Raises `CallerError` for a provider that is not known."""
        self.check_provider(provider)
        model = facts.model
        try:
            usual = self.plan(facts)
        except ModelNotFound:
            pass
        else:
            if any(it.provider == provider for it in usual.attempts):
                return _only_at(provider, usual)
            model = next((it.model for it in usual.excluded if it.provider == provider), model)
        # Who stands in for that model elsewhere is as unwanted as before.
        return replace(_only_at(provider, self.plan(replace(facts, model=f"{provider}/{model}"))), asked=facts.model)


def bound(facts: RouteFacts, caller: Caller | None, asked: str) -> RouteFacts:
    """The facts with what holds for whoever asks. Raises `ModelNotAllowed`."""
    if caller is None:
        return facts
    if caller.models:
        require_model(caller, asked)
    return _of(facts, caller)


def _of(facts: RouteFacts, caller: Caller) -> RouteFacts:
    """What a tenant's rules and a key's say stands above what the request says."""
    policy, only = caller.policy, caller.providers
    if only is None and not policy.residency and not policy.strategy and facts.tenant == caller.tenant:
        return facts
    if only is not None and facts.only is not None:
        only = only & frozenset(facts.only)
    return replace(
        facts,
        tenant=caller.tenant,
        only=facts.only if only is None else tuple(sorted(only)),
        residency=policy.residency or facts.residency,
        strategy=facts.strategy or policy.strategy,
    )


def _only_at(provider: str, plan: Plan) -> Plan:
    """What a plan has of one provider."""
    attempts = tuple(it for it in plan.attempts if it.provider == provider)
    others = tuple(it for it in plan.attempts if it.provider != provider)
    return replace(plan, attempts=attempts, excluded=(*plan.excluded, *unwanted(others)))


def unwanted(candidates: Iterable[Candidate]) -> tuple[Excluded, ...]:
    """Candidates that the caller does without."""
    return tuple(Excluded(it.provider, it.model, "not wanted by the caller") for it in candidates)
