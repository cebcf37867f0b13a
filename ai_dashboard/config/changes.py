"""What a change means: providers, models, rules and settings that were added, removed or changed, in words.

Compared are two configurations as they were understood, not their texts: a moved line or a comment is no change.
"""

from collections.abc import Iterator, Mapping, Sequence, Sized
from dataclasses import replace
from typing import Any, Literal

from pydantic import BaseModel, SecretStr

from ai_dashboard.config.load import Config
from ai_dashboard.config.redact import redact
from ai_dashboard.core.data import dataclass

Verb = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different. `what` is its kind (`provider`, `model`, `exact match`, `setting`), `name` its name
    or dotted path; `details` say from what to what. Secrets are only ever said to differ. `loses` says that something
    that was written is written no more: it is gone, or left to its default."""

    verb: Verb
    what: str
    name: str
    details: tuple[str, ...] = ()
    loses: bool = False

    def __str__(self) -> str:
        more = f": {'; '.join(self.details)}" if self.details else ""
        return f"{self.verb} {self.what} {self.name}{more}"


def changes(old: Config, new: Config) -> tuple[Change, ...]:
    """Everything that differs, in the order of the files."""
    return (
        *_providers(old, new),
        *_mappings(old, new),
        *_settings("region setting", old.regions, new.regions),
        *_settings("setting", old.gateway, new.gateway),
        # Nothing of what is served is lost with a theme or a key.
        *(replace(it, loses=False) for it in _settings("screen setting", old.dashboard, new.dashboard)),
    )


def _providers(old: Config, new: Config) -> Iterator[Change]:
    for name in _names(old.providers, new.providers):
        before, after = old.providers.get(name), new.providers.get(name)
        if before is None and after is not None:
            models = ", ".join(model.name for model in after.models)
            details = (redact(f"{after.type} at {after.base_url}"), *((models,) if models else ()))
            yield Change("added", "provider", name, details)
        elif after is None:
            yield Change("removed", "provider", name, loses=True)
        elif before is not None:
            yield from _entries("model", _by_name(before.models), _by_name(after.models), prefix=f"{name}/")
            if details := _differences(before, after, leave_out={"models"}):
                yield Change("changed", "provider", name, details, loses=_loses(before, after))


def _mappings(old: Config, new: Config) -> Iterator[Change]:
    before, after = old.mappings, new.mappings
    yield from _entries("exact match", before.exact_matches, after.exact_matches)
    yield from _entries(
        "pattern", {rule.pattern: rule for rule in before.patterns}, {rule.pattern: rule for rule in after.patterns}
    )
    common = [rule.pattern for rule in before.patterns if rule in after.patterns]
    if common != [rule.pattern for rule in after.patterns if rule in before.patterns]:
        yield Change("changed", "order", "patterns", ("the first that matches applies",))
    yield from _entries("capability", before.capabilities, after.capabilities)
    yield from _entries("load balancing", before.load_balancing, after.load_balancing)
    for name in _names(before.fallback_chains, after.fallback_chains):
        was, is_ = before.fallback_chains.get(name), after.fallback_chains.get(name)
        if was != is_:
            verb: Verb = "added" if was is None else "removed" if is_ is None else "changed"
            details = (f"{_chain(was)} → {_chain(is_)}",) if verb == "changed" else ()
            shorter = len(is_ or ()) < len(was or ())
            yield Change(verb, "fallback chain", name, details, loses=verb == "removed" or shorter)
    yield from _settings("routing rule", before.routing_rules, after.routing_rules)


def _entries(
    what: str, old: Mapping[str, BaseModel], new: Mapping[str, BaseModel], prefix: str = ""
) -> Iterator[Change]:
    for name in _names(old, new):
        before, after = old.get(name), new.get(name)
        if before is None:
            yield Change("added", what, prefix + name)
        elif after is None:
            yield Change("removed", what, prefix + name, loses=True)
        elif details := _differences(before, after):
            yield Change("changed", what, prefix + name, details, loses=_loses(before, after))


def _settings(what: str, old: BaseModel, new: BaseModel, path: str = "") -> Iterator[Change]:
    """Single settings, by dotted path."""
    for field in type(old).model_fields:
        before, after = getattr(old, field), getattr(new, field)
        if before == after:
            continue
        place = f"{path}{field}"
        if isinstance(before, BaseModel) and type(before) is type(after):
            yield from _settings(what, before, after, f"{place}.")
        else:
            said = _said(before, after, shown=_is_shown(old, field))
            gone = field in old.model_fields_set - new.model_fields_set
            yield Change("changed", what, place, (said,), loses=gone or _is_less(before, after))


def _differences(old: BaseModel, new: BaseModel, leave_out: frozenset[str] | set[str] = frozenset()) -> tuple[str, ...]:
    return tuple(
        f"{field} {_said(getattr(old, field), getattr(new, field), shown=_is_shown(old, field))}"
        for field in type(old).model_fields
        if field not in leave_out and getattr(old, field) != getattr(new, field)
    )


def _loses(old: BaseModel, new: BaseModel) -> bool:
    """Whether something that was written in an entry is written no more."""
    if old.model_fields_set - new.model_fields_set:
        return True
    return any(_is_less(getattr(old, field), getattr(new, field)) for field in old.model_fields_set)


def _is_less(before: object, after: object) -> bool:
    """Whether a value is what is left of another: a section without some of its keys, a list or map with fewer."""
    if isinstance(before, BaseModel):
        return isinstance(after, BaseModel) and _loses(before, after)
    return isinstance(before, (list, tuple, dict)) and isinstance(after, Sized) and len(after) < len(before)


def _is_shown(section: BaseModel, field: str) -> bool:
    """Fields that may hold a secret (headers) are kept out of their section's repr, and out of this."""
    return type(section).model_fields[field].repr


def _said(before: object, after: object, *, shown: bool) -> str:
    if not shown or isinstance(before, SecretStr) or isinstance(after, SecretStr):
        return "differs"
    return f"{_short(before)} → {_short(after)}"


def _short(value: object) -> str:
    plain: Any = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    text = "nothing" if plain is None or plain in ("", (), {}) else redact(str(plain))
    return text if len(text) <= 80 else text[:79] + "…"


def _chain(links: Sequence[object] | None) -> str:
    return ", ".join(map(str, links)) if links else "nothing"


def _by_name(models: Sequence[Any]) -> dict[str, Any]:
    return {model.name: model for model in models}


def _names(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    """The names of both, those of the new one first, in file order."""
    yield from new
    yield from (name for name in old if name not in new)
