"""What a caller may ask for."""

import fnmatch
import re
from collections.abc import Iterable

from ai_dashboard.core.errors import Forbidden, ModelNotAllowed
from ai_dashboard.core.tenancy import Caller, KeyScope


def pattern_of(globs: Iterable[str]) -> re.Pattern[str]:
    """What one of them matches. `*` is any text, `?` any character."""
    return re.compile("|".join(fnmatch.translate(glob) for glob in globs))


def narrowed(*lists: tuple[str, ...]) -> frozenset[str] | None:
    """What is in each of the lists that are not empty; None where all are."""
    given = [frozenset(names) for names in lists if names]
    return frozenset.intersection(*given) if given else None


def require_scope(caller: Caller, scope: KeyScope) -> None:
    """Raises `Forbidden`."""
    if scope not in caller.scopes:
        raise Forbidden(
            f"this key does not have the scope `{scope}`", hint=f"it has {', '.join(sorted(caller.scopes)) or 'none'}"
        )


def require_model(caller: Caller, asked: str) -> None:
    """Raises `ModelNotAllowed` for a name that the key or its tenant may not ask for. `provider/model` may be asked for
    by whoever may ask for the model; who may answer is another question."""
    for pattern in caller.models:
        if pattern.match(asked) is None and pattern.match(asked.partition("/")[2]) is None:
            whose = f"the tenant {caller.tenant}" if caller.policy.allowed_models else "this key"
            raise ModelNotAllowed(
                f"{asked[:128]!r} is not among the models that may be asked for",
                hint=f"ask the operator to allow it for {whose}",
            )
