"""What a caller insists on: how it is read, and how it is held against one candidate.

A price or a region that is not known keeps no promise, so it breaks the limit. A latency that was never observed does
not: a provider that nobody may ask would never be observed.
"""

import math
from collections.abc import Mapping
from dataclasses import fields

from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.plan import Requirements, RouteFacts
from ai_dashboard.routing.figures import dollars
from ai_dashboard.routing.tiers import RANK
from ai_dashboard.routing.view import Eligible, View

_TIERS = tuple(RANK)
_FIELDS = tuple(it.name for it in fields(Requirements))
_KNOWN = f"it may have {', '.join(_FIELDS)}"


def broken_by(candidate: Eligible, wanted: Requirements, facts: RouteFacts, view: View) -> str | None:
    """The limit that a candidate breaks, in words; None when it keeps them all."""
    if wanted.local_only and not candidate.home:
        return "local_only: it runs elsewhere"
    if wanted.region is not None and candidate.region != wanted.region:
        return f"region: {candidate.region or 'not known'}, not {wanted.region}"
    if wanted.min_quality is not None and RANK[candidate.tier] < RANK[wanted.min_quality]:
        return f"min_quality: {candidate.tier}, below {wanted.min_quality}"
    if wanted.max_cost is not None:
        cost = view.cost(candidate, facts)
        if cost is None:
            return "max_cost: its price is not known"
        if cost > wanted.max_cost:
            return f"max_cost: {dollars(cost)} > {dollars(wanted.max_cost)}"
    p95_s = candidate.target.p95_s
    if wanted.max_latency_ms is not None and p95_s is not None and p95_s * 1000 > wanted.max_latency_ms:
        return f"max_latency_ms: {p95_s * 1000:.0f} (p95) > {wanted.max_latency_ms:.0f}"
    return None


def read(value: object, name: str = "requirements") -> Requirements | None:
    """Requirements as a caller writes them, an object whose keys are the fields. Raises `CallerError` that names what
    is wrong; a limit that was mistyped must not pass for one that is kept."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise CallerError(f"`{name}` is not an object", hint=_KNOWN)
    for key in value:
        if key not in _FIELDS:
            raise CallerError(f"`{name}` has no {str(key)!r}", hint=_KNOWN)
    region = value.get("region")
    quality = value.get("min_quality")
    local = value.get("local_only")
    if not isinstance(region, str | None):
        raise CallerError(f"`{name}.region` is not the name of a region")
    if quality is not None and quality not in _TIERS:
        raise CallerError(f"`{name}.min_quality` is none of {', '.join(RANK)}")
    if not isinstance(local, bool | None):
        raise CallerError(f"`{name}.local_only` is neither true nor false")
    return Requirements(
        _limit(value, "max_cost", name), _limit(value, "max_latency_ms", name), quality, region or None, bool(local)
    )


def _limit(value: Mapping[str, object], key: str, name: str) -> float | None:
    limit = value.get(key)
    if limit is None:
        return None
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 <= limit < math.inf:
        raise CallerError(f"`{name}.{key}` is not a number from 0")
    return float(limit)
