"""Which replica served a conversation last: its cache of the conversation is warm, so it is asked first again.

Only what may answer anyway is put first, and only while it is not overloaded: a warm cache saves the reading of a
prompt, and a queue costs more. A strategy that chooses by merit (price, quality, size) is not overruled for less than a
tie. A conversation is known by its user or session, else by how it begins; then only a prompt that is longer than its
first goes on with it, since the same question asked again is no conversation. Services cache prompts as servers of
one's own do, so it makes no difference who serves. Embeddings are no conversations.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from hashlib import blake2b

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.routing.live import Conversation, ProviderLive, Turn
from ai_dashboard.routing.view import Eligible, Scored

MAX_REMEMBERED = 4096
"""Conversations of one provider remembered at one time; the one that was silent for longest is forgotten first."""

SLACK = 4
"""Requests in flight that a replica of unknown capacity may have above twice the least busy one's."""

TIE = 0.9
"""What counts at least this share of the best is as good, for a strategy that chooses by merit."""

MAX_NAME_CHARS = 64
"""A longer name of a user or session is kept as its digest: names come from callers."""

USER, PREFIX = "user", "prefix"


class Conversations:
    """The turns that one provider has answered last, by conversation and model."""

    def __init__(self, limit: int = MAX_REMEMBERED) -> None:
        self._limit = limit
        self._turns: OrderedDict[tuple[Conversation, str], Turn] = OrderedDict()

    def __len__(self) -> int:
        return len(self._turns)

    def served(self, conversation: Conversation, model: str, turn: Turn) -> None:
        """A turn of a conversation was answered. Of its prompts the shortest is remembered."""
        key = conversation, model
        before = self._turns.get(key)
        if before is not None and before.prompt_tokens < turn.prompt_tokens:
            turn = turn._replace(prompt_tokens=before.prompt_tokens)
        self._turns[key] = turn
        self._turns.move_to_end(key)
        if len(self._turns) > self._limit:
            self._turns.popitem(last=False)

    def last(self, conversation: Conversation, model: str) -> Turn | None:
        """The last turn of a conversation that was answered here."""
        return self._turns.get((conversation, model))

    def forget(self) -> None:
        """The provider has lost its caches."""
        self._turns.clear()


def conversation_of(facts: RouteFacts) -> Conversation | None:
    """What a conversation is known by; None when nothing tells it from others. Tenants never share one."""
    if facts.needs and "embeddings" in facts.needs:
        return None
    if name := facts.user:
        if len(name) > MAX_NAME_CHARS:
            name = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        return facts.tenant, USER, name
    return (facts.tenant, PREFIX, facts.prefix) if facts.prefix else None


def last_of(candidates: Iterable[Eligible], conversation: Conversation, facts: RouteFacts) -> Eligible | None:
    """Who of these answered the conversation's last turn, and has not put the model out of its memory since."""
    found: Eligible | None = None
    latest: Turn | None = None
    for it in candidates:
        turn = it.live.turn(conversation, it.route.model)
        if (
            turn is not None
            and (latest is None or turn.at > latest.at)
            and turn.region == it.region
            and (conversation[1] == USER or facts.prompt_tokens > turn.prompt_tokens)
            and it.target.warm is not False
        ):
            found, latest = it, turn
    return found


def overloaded(own: ProviderLive, others: Iterable[ProviderLive]) -> bool:
    """Whether a replica has so much to do that another one answers sooner: no place is left, or, where nobody knows how
    many it has, clearly more than twice as much as the least busy of the others."""
    busy, most = own.in_flight + own.others, own.capacity or own.slots
    if most is not None:
        return busy >= most
    least = min((other.in_flight + other.others for other in others), default=None)
    return least is not None and busy > 2 * least + SLACK


def kept_together(
    ranked: Sequence[Scored], conversation: Conversation, facts: RouteFacts, *, by_merit: bool
) -> tuple[list[Scored], str | None]:
    """Candidates, best first, with the one that served the last turn in front; and a note for the plan, if that is why
    it stands there."""
    last = last_of([it.candidate for it in ranked], conversation, facts)
    place = next((at for at, it in enumerate(ranked) if it.candidate is last), 0)
    best, kept = ranked[0], ranked[place]
    if place == 0 or (by_merit and kept.score < TIE * best.score):
        return [*ranked], None
    if overloaded(kept.candidate.live, [it.candidate.live for it in ranked if it is not kept]):
        return [*ranked], None
    first = kept._replace(score=best.score)
    return [first, *ranked[:place], *ranked[place + 1 :]], note(kept.candidate.route.provider)


def note(provider: str) -> str:
    """For the plan."""
    return f"affinity: {provider} served the last turn"
