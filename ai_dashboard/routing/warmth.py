"""How soon a model could begin: at once where it is loaded, after its load time where it is not.

Services keep their models loaded and say nothing of it; of a server of one's own silence may mean either. Only what is
known counts: candidates of which it is known change places among themselves, and nobody else's place changes. So a
server of one's own that would have to load goes behind another one that would not, and never behind a service. Where
the order says which model is better, and not whose turn it is, only servers of the same model change places.
"""

from collections.abc import Sequence

from ai_dashboard.routing.affinity import overloaded
from ai_dashboard.routing.live import TargetLive
from ai_dashboard.routing.view import Eligible, Scored

HALF_S = 2.0
"""A load time at which a cold model counts half as much as a warm one."""

WORTH_S = 1.0
"""Load times below this put nobody behind another: they are noise beside the answer itself."""

GUESSED_LOAD_S = 15.0
"""A load time that was never seen: about what 8 GB take from a disk."""

UNKNOWN = 0.5
"""The warmth of a local model of which nobody knows whether it is loaded."""


def load_s_left(target: TargetLive) -> float:
    """Seconds that loading the model would take now; 0 where it is loaded, or where nobody says that it is not."""
    if target.warm is not False:
        return 0.0
    return GUESSED_LOAD_S if target.load_s is None else target.load_s


def starts_in_s(target: TargetLive) -> float | None:
    """Seconds until the first token, as far as they can be told: warm B in 0.4 s, cold A in 18 s. None when nothing
    was observed of a model that is loaded."""
    if target.warm is False:
        return load_s_left(target) + (target.ewma_ttft_s or 0.0)
    return target.ewma_ttft_s


def warmth(target: TargetLive, *, local: bool) -> float:
    """0 to 1: 1 for what can begin at once, less the longer it takes to load."""
    if target.warm is None:
        return UNKNOWN if local else 1.0
    return HALF_S / (HALF_S + load_s_left(target))


def warm_first(ranked: list[Scored], *, one_model: bool) -> tuple[list[Scored], str | None]:
    """Candidates, best first, with those behind the others that would have to be loaded first, shortest load first; and
    a note for the plan, if that puts another one in front. A server that is loaded and has too much to do keeps nobody
    behind it. With `one_model` only servers of the same model change places."""
    if all(it.candidate.target.warm is not False for it in ranked):
        return ranked, None
    groups: dict[str, list[int]] = {}
    for place, it in enumerate(ranked):
        if it.candidate.target.warm is not None:
            groups.setdefault(it.candidate.route.model if one_model else "", []).append(place)
    ordered = [*ranked]
    for places in groups.values():
        members = [ranked[place] for place in places]
        for place, it in zip(places, _by_delay(members), strict=True):
            # Whoever comes to stand at a place counts as much as that place does.
            known = fact(it.candidate.target)
            ordered[place] = it._replace(score=ranked[place].score, facts=(*it.facts, *((known,) if known else ())))
    first, before = ordered[0].candidate, ranked[0].candidate
    return ordered, _note(first, before) if first is not before else None


def fact(target: TargetLive) -> tuple[str, str] | None:
    """What a score that knows of warmth rests on, for people."""
    if target.warm is None:
        return None
    if target.warm:
        partly = target.in_vram is not None and target.in_vram < 1
        return "model", f"loaded, {target.in_vram:.0%} of it in VRAM".replace("%", " %") if partly else "loaded"
    return "model", f"cold, {load_s_left(target):.1f} s to load" if target.load_s is not None else "cold"


def _by_delay(members: Sequence[Scored]) -> list[Scored]:
    """Loaded before cold, and cold by load time. Too busy a server counts as one that has the least to load."""
    cold = [it.candidate.live for it in members if it.candidate.target.warm is False]
    shortest = min((_delay(it.candidate) for it in members if it.candidate.target.warm is False), default=0.0)

    def delay(it: Scored) -> float:
        if it.candidate.target.warm and overloaded(it.candidate.live, cold):
            return shortest
        return _delay(it.candidate)

    return sorted(members, key=delay)


def _delay(candidate: Eligible) -> float:
    seconds = load_s_left(candidate.target)
    return seconds if seconds >= WORTH_S else 0.0


def _note(first: Eligible, before: Eligible) -> str:
    wait_s = starts_in_s(before.target)
    name, model = first.route.provider, first.route.model
    has = f"loads {model} in less time" if first.target.warm is False else f"has {model} loaded"
    return f"warm first: {name} {has}" + ("" if wait_s is None else f"; {before.route.provider} takes {wait_s:.1f} s")
