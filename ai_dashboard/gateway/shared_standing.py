"""What gateways on one Redis tell each other of their providers, four times a second, and at once where it keeps
requests away: breakers that have opened, cooldowns, keys that are refused, what operators want of them, how many
requests are in flight, and what answers were like (`shared_averages`).

Each writes one note of what it has found out itself, never what it was told, so that nothing is echoed. A breaker that
has opened elsewhere is left to the gateway that opened it, or to the first to try again of several that did: the others
take up its word, and ask themselves only when it has none to give. Each piece of news counts once, so that what was
reset by hand here stays so. Only what an operator wants is passed on by all: the latest word counts.
"""

import random
from collections.abc import Iterator, Mapping
from hashlib import sha256
from platform import node

from ai_dashboard.core.snapshot import BreakerState, Health
from ai_dashboard.gateway.generation import Generation, Upstream
from ai_dashboard.gateway.loopback import is_loopback
from ai_dashboard.gateway.operations import wish
from ai_dashboard.gateway.shared_averages import SharedAverages
from ai_dashboard.gateway.shared_notes import Note, Opening, ProviderNote
from ai_dashboard.gateway.standing import Standing
from ai_dashboard.gateway.targets import ProviderState

HOLD_S = 1.0
"""How much longer than the gateway whose word is waited for others leave a provider alone, up to twice that."""

CLOSE_S = 0.05
"""Two points in time that are this close are the same: clocks are compared over a network."""

Key = tuple[str, str]
"""A provider and one of its models."""


class SharedStanding:
    """The standing of one gateway, `me` to the others. Times are on Redis' clock, of which `adopt` and `merge` are told
    how far it is ahead of ours."""

    def __init__(self, me: str, standing: Standing, chance: random.Random) -> None:
        self.me = me
        self.names: Mapping[str, str] = {}
        self._standing = standing
        self._chance = chance
        self._heard: dict[tuple[str, Key, str], float] = {}
        self._cooled_by_others: dict[str, float] = {}
        self._refused_by_others: dict[str, str] = {}
        self._refused_at: dict[str, tuple[float, float]] = {}
        self._wishes: dict[str, tuple[float, str]] = {}
        self._led: dict[Key, Opening] = {}
        self._open: dict[Key, float] = {}
        self._averages = SharedAverages(standing)

    def adopt(self, generation: Generation) -> None:
        """Go by another configuration."""
        self.names = identities(generation)
        for name, state in self._standing.providers.items():
            if name not in self.names:
                self._standing.others_have(state, 0)

    # ── what we say ──────────────────────────────────────────────────────────────────────────────────────────────

    def note(self, ahead_s: float) -> Note:
        """What this gateway has found out itself."""
        now = self._standing.look()
        self._averages.look(now + ahead_s)
        states = self._standing.providers
        return {
            identity: self._provider(states[name], now, ahead_s)
            for name, identity in self.names.items()
            if name in states
        }

    def _provider(self, state: ProviderState, now: float, ahead_s: float) -> ProviderNote:
        refused_at, refused = 0.0, ""
        if state.health is Health.AUTH_FAILED and self._refused_by_others.get(state.name) != state.reason:
            refused_at, refused = self._since(state, now + ahead_s), state.reason
        until = state.cooldown.until
        cools = state.cooldown.left_s(now) > 0 and until != self._cooled_by_others.get(state.name)
        return ProviderNote(
            state.begun,
            round(until + ahead_s, 2) if cools else 0.0,
            refused_at,
            refused,
            *self._wished(state, now + ahead_s),
            dict(self._openings(state, ahead_s)),
            self._averages.said(state.name, now + ahead_s),
        )

    def _wished(self, state: ProviderState, now: float) -> tuple[float, str]:
        """Since when its operator wants what of it."""
        wanted = wish(state) or ""
        known = self._wishes.get(state.name, (0.0, ""))
        if known[1] != wanted:
            known = self._wishes[state.name] = (round(now, 2), wanted)
        return known

    def _since(self, state: ProviderState, now: float) -> float:
        """When its key was refused, the same however often that is asked."""
        known = self._refused_at.get(state.name)
        if known is None or known[0] != state.since:
            known = self._refused_at[state.name] = (state.since, round(now, 2))
        return known[1]

    def _openings(self, state: ProviderState, ahead_s: float) -> Iterator[tuple[str, Opening]]:
        for model, target in state.targets.items():
            key, circuit = (state.name, model), target.circuit
            match circuit.state:
                case BreakerState.OPEN if key in self._led:
                    yield model, self._led[key]
                case BreakerState.OPEN:
                    until = self._open[key] = round(circuit.due + ahead_s, 2)
                    yield model, Opening(until, reason=target.reason)
                case BreakerState.PROBING if key in self._open:
                    yield model, Opening(self._open[key], circuit.share == 0, reason=target.reason)
                case _:
                    self._open.pop(key, None)
                    self._led.pop(key, None)

    # ── what others say ──────────────────────────────────────────────────────────────────────────────────────────

    def merge(self, notes: Mapping[str, Note], ahead_s: float) -> None:
        """Take up what the other gateways that live have said."""
        now = self._standing.look()
        for name, identity in self.names.items():
            said = {gateway: note[identity] for gateway, note in notes.items() if identity in note}
            state = self._standing.provider(name)
            self._standing.others_have(state, sum(it.in_flight for it in said.values()))
            for gateway, heard in said.items():
                self._averages.hear(gateway, state, heard.findings)
                self._cooled(gateway, state, heard.cool_until, now, ahead_s)
                self._refused(gateway, state, heard)
                self._wish(state, (heard.wished_at, heard.wish), now + ahead_s)
                for model, opening in heard.openings.items():
                    self._opened(gateway, state, model, opening, now + ahead_s)
        self._follow(notes)
        self._averages.look(now + ahead_s)
        self._heard = {key: value for key, value in self._heard.items() if key[0] in notes}

    def alone(self, gateways: int) -> None:
        """Redis is away: of places that are limited each of so many gateways keeps to its share, and of the rest nobody
        knows what others have."""
        for state in self._standing.providers.values():
            limit = state.limits.max_concurrent
            self._standing.others_have(state, 0 if limit is None else limit - max(1, limit // gateways))

    def look(self, ahead_s: float) -> None:
        """Nobody can be heard: go on by what answers have been like here since, and what is known of others."""
        self._averages.look(self._standing.look() + ahead_s)

    def _is_news(self, gateway: str, key: Key, kind: str, value: float) -> bool:
        if self._heard.get((gateway, key, kind)) == value:
            return False
        self._heard[gateway, key, kind] = value
        return True

    def _cooled(self, gateway: str, state: ProviderState, until: float, now: float, ahead_s: float) -> None:
        if not until or not self._is_news(gateway, (state.name, ""), "cool", until):
            return
        left_s = until - ahead_s - now
        if left_s > state.cooldown.left_s(now) + CLOSE_S:
            self._standing.cools_elsewhere(state, left_s)
            self._cooled_by_others[state.name] = state.cooldown.until

    def _refused(self, gateway: str, state: ProviderState, said: ProviderNote) -> None:
        if said.refused_at and self._is_news(gateway, (state.name, ""), "key", said.refused_at):
            if state.health is not Health.AUTH_FAILED:
                self._refused_by_others[state.name] = said.refused
            self._standing.refused_elsewhere(state, said.refused)

    def _wish(self, state: ProviderState, said: tuple[float, str], now: float) -> None:
        """Do as an operator has asked another gateway, if that is the latest word."""
        known = self._wished(state, now)
        if said <= known:
            return
        self._wishes[state.name] = said
        if said[1] == known[1]:
            return
        self._standing.enable(state.name)
        if said[1] == "drained":
            self._standing.drain(state.name)
        elif said[1] == "disabled":
            self._standing.disable(state.name)

    def _opened(self, gateway: str, state: ProviderState, model: str, opening: Opening, now: float) -> None:
        """A breaker has opened there. Of two that were open already, whoever tries again first is waited for."""
        key = (state.name, model)
        if opening.leader or not self._is_news(gateway, key, "open", opening.until) or opening.until <= now:
            return
        target = state.targets.get(model)
        circuit = None if target is None else target.circuit
        if circuit is not None and circuit.state is BreakerState.PROBING:
            return
        if circuit is not None and circuit.state is BreakerState.OPEN:
            led = self._led.get(key)
            if led is not None and led.leader != gateway:
                return
            if led is None and (self._open.get(key, 0.0), self.me) <= (opening.until, gateway):
                return
        self._led[key] = Opening(opening.until, leader=gateway, reason=opening.reason)
        self._standing.left_alone_elsewhere(state, model, self._hold_s(opening.until - now), opening.reason)

    def _follow(self, notes: Mapping[str, Note]) -> None:
        """Where another gateway's word is waited for: what it says by now."""
        for key, led in tuple(self._led.items()):
            state = self._standing.providers.get(key[0])
            target = state.targets.get(key[1]) if state is not None else None
            if state is None or target is None or target.circuit.state is not BreakerState.OPEN:
                del self._led[key]
                continue
            note = notes.get(led.leader)
            said = None if note is None else note.get(self.names.get(key[0], ""), ProviderNote()).openings.get(key[1])
            if note is None:
                del self._led[key]  # it is gone: whoever comes first finds out
            elif said is None:
                del self._led[key]
                self._standing.well_elsewhere(target)
            elif said.leader and said.leader != self.me:
                self._led[key] = said
            elif said.probing:
                self._standing.left_alone_elsewhere(state, key[1], self._hold_s(0.0), target.reason)

    def _hold_s(self, left_s: float) -> float:
        return left_s + HOLD_S * (1 + self._chance.random())


def identities(generation: Generation) -> dict[str, str]:
    """What all gateways call the providers by. Two that have the same name and are not the same server, or are asked
    with another key, are not called the same."""
    return {name: f"{name}#{_digest(upstream)}" for name, upstream in generation.upstreams.items()}


def _digest(upstream: Upstream) -> str:
    key = upstream.provider.api_key
    where = f"{upstream.endpoint}{upstream.base_path}"
    here = node() if is_loopback(upstream.endpoint.host) else ""
    # Few bits, so that nothing can be learned of the key.
    own = sha256(key.get_secret_value().encode()).hexdigest()[:4] if key else ""
    return sha256(f"{upstream.kind.name} {where} {here} {own}".encode()).hexdigest()[:8]
