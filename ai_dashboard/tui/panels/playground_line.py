"""Whom the playground asks, and how, as one line: `qwen3:32b gpt-5-mini temperature:0.2 max:400 system:"be brief"`.

Words without one of the names before a colon are models or capabilities, as a caller would name them. Pure.
"""

import math
from collections.abc import Sequence

from ai_dashboard.core.data import dataclass
from ai_dashboard.tui.query import Choice, Wrong, bare, quoted, words

MOST = 4
"""Models beside each other."""

HOTTEST = 2.0
MAX_TOKENS = 10_000_000

TEMPERATURE, MAX, SYSTEM = "temperature", "max", "system"
NAMES = (TEMPERATURE, MAX, SYSTEM)


@dataclass(frozen=True, slots=True)
class Setup:
    """What every question is asked with. What is None is left to the provider."""

    models: tuple[str, ...]
    system: str = ""
    temperature: float | None = None
    max_tokens: int | None = None


def parse(text: str) -> Setup | Wrong:
    """What a line says, or what is wrong with it."""
    setup = Setup(())
    models: list[str] = []
    for word in words(text):
        name, colon, value = word.partition(":")
        if not colon or name.casefold() not in NAMES:
            models.append(bare(word))
            continue
        made = _with(setup, name.casefold(), bare(value))
        if isinstance(made, Wrong):
            return made
        setup = made
    if not models:
        return Wrong("which model? Write the names of one to four, as a caller would")
    if len(models) > MOST:
        return Wrong(f"{len(models)} models are more than the {MOST} that stand beside each other")
    return Setup(tuple(models), setup.system, setup.temperature, setup.max_tokens)


def _with(setup: Setup, name: str, value: str) -> Setup | Wrong:
    if name == SYSTEM:
        return Setup(setup.models, value, setup.temperature, setup.max_tokens)
    if name == MAX:
        if not (value.isascii() and value.isdigit() and 0 < int(value[:12]) <= MAX_TOKENS):
            return Wrong(f"max: “{value}” is no number of tokens")
        return Setup(setup.models, setup.system, setup.temperature, int(value))
    try:
        degrees = float(value)
    except ValueError:
        degrees = math.nan
    if not 0 <= degrees <= HOTTEST:
        return Wrong(f"temperature: “{value}” is not between 0 and {HOTTEST:g}")
    return Setup(setup.models, setup.system, degrees, setup.max_tokens)


def line_of(setup: Setup) -> str:
    """The line that says this."""
    said = [_model(model) for model in setup.models]
    said += [f"{TEMPERATURE}:{setup.temperature:g}"] if setup.temperature is not None else []
    said += [f"{MAX}:{setup.max_tokens}"] if setup.max_tokens is not None else []
    said += [f"{SYSTEM}:{quoted(setup.system)}"] if setup.system else []
    return " ".join(said)


def manner_of(setup: Setup) -> str:
    """How they are asked, in words; empty where all is left to the provider."""
    said = [f"temperature {setup.temperature:g}"] if setup.temperature is not None else []
    said += [f"at most {setup.max_tokens:,} tokens"] if setup.max_tokens is not None else []
    said += [f"system: {setup.system}"] if setup.system else []
    return " · ".join(said)


def choices(text: str, known: Sequence[str]) -> list[Choice]:
    """How the last word can go on: models and capabilities, then what else can be said."""
    before = words(text)
    last = before[-1] if text and not text[-1].isspace() and before else ""
    kept = text[: len(text) - len(last)]
    offered = [*map(_model, known), *(f"{name}:" for name in NAMES)]
    begun = [it for it in offered if it.casefold().startswith(last.casefold()) and len(it) > len(last)]
    return [Choice(it, kept + it) for it in begun]


def _model(name: str) -> str:
    """A model's name as a word of the line."""
    plain = bare(name)
    special = plain.partition(":")[0].casefold() in NAMES or any(it.isspace() for it in plain)
    return f'"{plain}"' if special else plain
