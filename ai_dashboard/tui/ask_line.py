"""A request's facts as one line: `chat tokens:9000 tenant:acme needs:tools,vision x-residency:eu`. Pure.

The first word is the model or capability that a caller would name; the others have a name and a colon. `x-…` are
headers of the request, which may say more (`x-requirements:max_cost=0.01`). What a line cannot say is kept from the
facts that it was made from.
"""

from collections.abc import Callable
from dataclasses import replace

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.tui.query import Choice, Wrong, bare, quoted, words

NEEDS = ("embeddings", "json", "thinking", "tools", "vision")
"""What a request may need of a model, as routing names it."""

HEADER = "x-"
STREAM = "stream"


@dataclass(frozen=True, slots=True)
class Part:
    """A name of the line, what it means, and how its value is written into facts; what is wrong, if it cannot be."""

    name: str
    means: str
    write: Callable[[RouteFacts, str], RouteFacts | str]
    read: Callable[[RouteFacts], str]


def _tokens(facts: RouteFacts, value: str) -> RouteFacts | str:
    number = _whole(value)
    return f"“{value}” is no number of tokens" if number is None else replace(facts, prompt_tokens=number)


def _reserved(facts: RouteFacts, value: str) -> RouteFacts | str:
    number = _whole(value)
    return f"“{value}” is no number of tokens" if number is None else replace(facts, max_tokens=number)


def _needs(facts: RouteFacts, value: str) -> RouteFacts | str:
    needs = [need for need in value.casefold().split(",") if need]
    unknown = [need for need in needs if need not in NEEDS]
    return f"“{unknown[0]}” is none of {', '.join(NEEDS)}" if unknown else replace(facts, needs=frozenset(needs))


def _only(facts: RouteFacts, value: str) -> RouteFacts:
    return replace(facts, only=tuple(name for name in value.split(",") if name))


PARTS: tuple[Part, ...] = (
    Part("tokens", "tokens of the prompt", _tokens, lambda facts: str(facts.prompt_tokens or "")),
    Part("max", "tokens reserved for the answer", _reserved, lambda facts: str(facts.max_tokens or "")),
    Part("tenant", "who asks", lambda facts, value: replace(facts, tenant=value), lambda facts: facts.tenant),
    Part(
        "capability",
        "what is asked for besides a model",
        lambda facts, value: replace(facts, capability=value),
        lambda facts: facts.capability or "",
    ),
    Part("needs", ", ".join(NEEDS), _needs, lambda facts: ",".join(sorted(facts.needs))),
    Part(
        "strategy",
        "how to choose among several",
        lambda facts, value: replace(facts, strategy=value),
        lambda facts: facts.strategy or "",
    ),
    Part("task", "the kind of task", lambda facts, value: replace(facts, task=value), lambda facts: facts.task or ""),
    Part(
        "residency",
        "whose rules on regions apply",
        lambda facts, value: replace(facts, residency=value),
        lambda facts: facts.residency or "",
    ),
    Part("user", "the user or conversation", lambda facts, value: replace(facts, user=value), lambda it: it.user),
    Part("only", "the providers that may answer", _only, lambda facts: ",".join(facts.only or ())),
)

_BY_NAME = {part.name: part for part in PARTS}

_NOTHING = RouteFacts("")


def parse(text: str, base: RouteFacts = _NOTHING) -> RouteFacts | Wrong:
    """The facts that a line says; what it cannot say is `base`'s."""
    facts = replace(
        base, model="", stream=False, prompt_tokens=0, max_tokens=0, tenant="", capability=None, needs=frozenset(),
        strategy=None, task=None, residency=None, user="", only=None, headers=(),
    )  # fmt: skip
    headers: list[tuple[str, str]] = []
    for word in words(text):
        name, colon, value = word.partition(":")
        name, value = name.casefold(), bare(value)
        if colon and (part := _BY_NAME.get(name)) is not None:
            made = part.write(facts, value) if value else f"{part.means}; nothing is said after the colon"
            if isinstance(made, str):
                return Wrong(f"{name}: {made}")
            facts = made
        elif colon and name.startswith(HEADER) and len(name) > len(HEADER):
            headers.append((name, value))
        elif not facts.model:
            facts = replace(facts, model=bare(word))
        elif word.casefold() == STREAM:
            facts = replace(facts, stream=True)
        else:
            return Wrong(
                f"“{bare(word)}” is nothing to be said of a request; there are {', '.join(_BY_NAME)}, stream, x-…"
            )
    if not facts.model:
        return Wrong("which model? Write its name first, as a caller would")
    return replace(facts, headers=tuple(dict(headers).items()))


def line_of(facts: RouteFacts) -> str:
    """The line that says all that a line can say of these facts."""
    said = [quoted(facts.model)]
    said += [f"{part.name}:{_value(part.read(facts))}" for part in PARTS if bare(part.read(facts))]
    said += [STREAM] if facts.stream else []
    said += [f"{name}:{_value(value)}" for name, value in facts.headers]
    return " ".join(said)


def choices(text: str, models: list[str]) -> list[Choice]:
    """How the last word can go on: a model in the first place, then what else can be said."""
    before = words(text)
    if text and not text[-1].isspace() and before:
        last, before = before[-1], before[:-1]
    else:
        last = ""
    kept = text[: len(text) - len(last)]
    known = [*(f"{part.name}:" for part in PARTS), STREAM] if before else [quoted(model) for model in models]
    begun = [it for it in known if it.casefold().startswith(last.casefold()) and len(it) > len(last)]
    return [Choice(it, kept + it) for it in begun]


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None


def _value(value: str) -> str:
    """A value as it stands behind a colon, where commas and colons are plain."""
    plain = bare(value)
    return f'"{plain}"' if any(it.isspace() for it in plain) else plain
