"""Which models on a disk nobody needs. Pure; in doubt a model stays."""

from collections.abc import Collection, Iterator, Mapping

from ai_dashboard.config.load import Config
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.models import Judged
from ai_dashboard.gateway.engine_models import Stored
from ai_dashboard.gateway.model_list import Used, tagged
from ai_dashboard.gateway.warmth import Engine

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Cutoff:
    """Whatever was not asked since `at` is unused; Unix times. `used` is what the request log says."""

    now: float
    at: float
    used: Used


def judged(provider: str, stored: Stored, loaded: Engine, written: Collection[str], cutoff: Cutoff) -> Judged:
    """What is to become of a model: `unused` or `kept`, and why."""
    name = tagged(stored.name)
    times = [at for (where, model), (at, _) in cutoff.used.items() if where == provider and tagged(model) == name]
    last = max(times, default=None)

    def kept(why: str) -> Judged:
        return Judged(provider, stored.name, stored.bytes, last, "kept", why)

    if last is not None and last >= cutoff.at:
        return kept(f"asked {_ago(cutoff.now - last)}")
    if loaded.loaded is None:
        return kept("nobody knows whether it is in memory")
    if name in map(tagged, loaded.loaded):
        return kept("in memory now")
    if stored.modified_at is None:
        return kept("nobody knows when it came")
    if stored.modified_at >= cutoff.at:
        return kept(f"came {_ago(cutoff.now - stored.modified_at)}")
    if name in written:
        return kept("named in the configuration")
    asked = f"asked last {_ago(cutoff.now - last)}" if last is not None else "not asked since the log begins"
    return Judged(provider, stored.name, stored.bytes, last, "unused", asked)


def named_in(config: Config, provider: str) -> frozenset[str]:
    """Every name that the operator has written where a model of a provider can be meant, in full."""
    own = config.providers[provider].models
    return frozenset(map(tagged, (*(model.name for model in own), *_texts(config.mappings.model_dump(mode="json")))))


def _texts(value: object) -> Iterator[str]:
    """All keys and values that are text."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, below in value.items():
            yield str(name)
            yield from _texts(below)
    elif isinstance(value, list):
        for below in value:
            yield from _texts(below)


def _ago(seconds: float) -> str:
    days = int(seconds // DAY_S)
    return "today" if days == 0 else "a day ago" if days == 1 else f"{days} days ago"
