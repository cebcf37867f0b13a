"""What a gateway tells the others of its providers: a note in a few hundred bytes of JSON.

Points in time are on Redis' own clock, the one clock that all of them can read. A note of another version of this
program that cannot be understood is passed over.
"""

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import NamedTuple

import orjson

from ai_dashboard.core.data import dataclass

MAX_REASON_CHARS = 200


@dataclass(frozen=True, slots=True)
class Opening:
    """A breaker that lets nothing through until then. `probing`: a request is out to see. `leader` is the gateway whose
    word is waited for, empty when this one sees for itself."""

    until: float
    probing: bool = False
    leader: str = ""
    reason: str = ""


class Found(NamedTuple):
    """An average, and how many answers it weighs as much as."""

    value: float
    weight: float


@dataclass(frozen=True, slots=True)
class Findings:
    """What answers of one model were like, the last of them `at` that time: `averages` in the order of `Averages.all`,
    None where there was nothing to be averaged."""

    at: float
    averages: tuple[Found | None, ...]


@dataclass(frozen=True, slots=True)
class ProviderNote:
    """One provider. `in_flight` is what this gateway has there; `cool_until` is until when it was asked to leave it
    alone; `refused` why the provider does not take its key, since `refused_at`; `wish` what its operator wants of it,
    since `wished_at`; `openings` are those of its models, and `findings` what answers of theirs were like."""

    in_flight: int = 0
    cool_until: float = 0.0
    refused_at: float = 0.0
    refused: str = ""
    wished_at: float = 0.0
    wish: str = ""
    openings: Mapping[str, Opening] = field(default_factory=lambda: MappingProxyType({}))
    findings: Mapping[str, Findings] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def says_something(self) -> bool:
        """Whether there is anything in it that others do not assume anyway."""
        return bool(
            self.in_flight or self.cool_until or self.refused_at or self.wished_at or self.openings or self.findings
        )

    @property
    def troubles(self) -> object:
        """What others should know at once: all but the number in flight and what answers were like."""
        return self.cool_until, self.refused_at, self.refused, self.wished_at, self.wish, dict(self.openings)


Note = Mapping[str, ProviderNote]
"""By provider, as `identities` names them."""


def encode(note: Note) -> bytes:
    """As it goes to Redis."""
    return orjson.dumps({name: _written(provider) for name, provider in note.items() if provider.says_something})


def decode(content: bytes) -> Note | None:
    """As it was meant; None for what is no note of ours."""
    try:
        read: object = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(read, dict):
        return None
    note = {name: _provider(item) for name, item in read.items()}
    return {name: provider for name, provider in note.items() if provider is not None}


def _written(provider: ProviderNote) -> list[object]:
    openings = {
        model: [it.until, it.probing, it.leader, it.reason[:MAX_REASON_CHARS]]
        for model, it in provider.openings.items()
    }
    findings = {
        model: [it.at, *(None if found is None else [found.value, found.weight] for found in it.averages)]
        for model, it in provider.findings.items()
    }
    said = [provider.refused_at, provider.refused[:MAX_REASON_CHARS], provider.wished_at, provider.wish]
    return [provider.in_flight, provider.cool_until, *said, openings, findings]


def _provider(item: object) -> ProviderNote | None:
    match item:
        case [
            int(in_flight),
            float(cool_until),
            float(refused_at),
            str(refused),
            float(wished_at),
            str(wish),
            dict(openings),
            dict(findings),
        ]:
            said = {model: _opening(it) for model, it in openings.items()}
            found = {model: _findings(it) for model, it in findings.items()}
            return ProviderNote(
                max(0, in_flight),
                cool_until,
                refused_at,
                refused,
                wished_at,
                wish,
                {model: it for model, it in said.items() if it is not None},
                {model: it for model, it in found.items() if it is not None},
            )
        case _:
            return None


def _opening(item: object) -> Opening | None:
    match item:
        case [float(until), bool(probing), str(leader), str(reason)]:
            return Opening(until, probing, leader, reason)
        case _:
            return None


def _findings(item: object) -> Findings | None:
    match item:
        case [float(at), *averages] if all(it is None or _found(it) is not None for it in averages):
            return Findings(at, tuple(_found(it) for it in averages))
        case _:
            return None


def _found(item: object) -> Found | None:
    match item:
        case [float(value), float(weight)] if value >= 0 and weight > 0:
            return Found(value, weight)
        case _:
            return None
