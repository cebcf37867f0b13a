"""How soon a model could begin: at once where it is loaded, after its load time where it is not.

Services keep their models loaded and say nothing of it; of a server of one's own silence may mean either.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from ai_dashboard.routing.live import TargetLive

HALF_S = 2.0
"""A load time at which a cold model counts half as much as a warm one."""

WORTH_S = 1.0
"""Load times below this put nobody behind another: they are noise beside the answer itself."""

GUESSED_LOAD_S = 15.0
"""A load time that was never seen: about what 8 GB take from a disk."""

UNKNOWN = 0.5
"""The warmth of a local model of which nobody knows whether it is loaded."""

T = TypeVar("T")


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


def warm_first(items: Sequence[T], target_of: Callable[[T], TargetLive]) -> list[T]:
    """Candidates, best first, with those behind the others that would have to be loaded first, shortest load first."""
    return sorted(items, key=lambda item: _delay(target_of(item)))


def fact(target: TargetLive) -> tuple[str, str] | None:
    """What a score that knows of warmth rests on, for people."""
    if target.warm is None:
        return None
    if target.warm:
        return "model", "loaded"
    return "model", f"cold, {load_s_left(target):.1f} s to load" if target.load_s is not None else "cold"


def _delay(target: TargetLive) -> float:
    seconds = load_s_left(target)
    return seconds if seconds >= WORTH_S else 0.0
