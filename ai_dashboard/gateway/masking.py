"""What is taken out of a request's facts before they are shown: whatever looks like a key. Headers whose very names say
that they carry one never become facts (`routing/wishes.py`)."""

import re
from dataclasses import replace

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.core.secrets import BY_LOOK, mask

Pairs = tuple[tuple[str, str], ...]

_CREDENTIALS = re.compile(r"(?i)(?<=\bbearer )\S{8,}|(?<=\bbasic )\S{8,}")
"""What follows the name of a scheme, as in `Authorization`."""

SHORTEST = 14
"""Characters. Nothing shorter holds what either pattern finds."""


def without_keys(facts: RouteFacts) -> RouteFacts:
    """The same facts, with keys in what the caller wrote freely masked. Mostly there is nothing of the kind."""
    model, user = masked(facts.model), masked(facts.user)
    headers, metadata = _masked(facts.headers), _masked(facts.metadata)
    if (model, headers, metadata, user) == (facts.model, facts.headers, facts.metadata, facts.user):
        return facts
    return replace(facts, model=model, headers=headers, metadata=metadata, user=user)


def masked(text: str) -> str:
    """A text with every key in it as `sk-…last4`."""
    if len(text) < SHORTEST:
        return text
    return _CREDENTIALS.sub("…", BY_LOOK.sub(lambda found: mask(found.group()), text))


def _masked(pairs: Pairs) -> Pairs:
    return tuple([(name, masked(value)) for name, value in pairs])
