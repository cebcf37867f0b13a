"""`experiments:` in `gateway.yaml`: a model's traffic split among several, so that they can be compared."""

from typing import Annotated, Literal

from pydantic import BeforeValidator

from ai_dashboard.config.schema.base import NotNegative, Section, Words


class Arm(Section):
    """One of the ways in which an experiment answers."""

    model: str = ""
    """What is asked for instead: any name that a caller could use. The arm's own name when it is not said."""
    weight: NotNegative = 1.0
    """Its share, relative to the others."""
    description: str = ""
    """For people."""


def _arms(value: object) -> object:
    """Arms with their names in them; a number stands for a map with only `weight`, a word for one with only `model`."""
    if not isinstance(value, dict):
        return value
    return {name: _arm(str(name), arm) for name, arm in value.items()}


def _arm(name: str, value: object) -> object:
    match value:
        case bool():
            return value
        case int() | float():
            return {"model": name, "weight": value}
        case str():
            return {"model": value}
        case dict() if not value.get("model"):
            return {**value, "model": name}
        case _:
            return value


class Experiment(Section):
    """A model whose traffic is split."""

    models: Words
    """The names whose requests take part."""
    arms: Annotated[dict[str, Arm], BeforeValidator(_arms)]
    """Who answers them, by a name of your own."""
    sticky: Literal["user", "conversation", "request"] = "user"
    """What stays on one arm: all requests of a user, a conversation, or nothing."""
    enabled: bool = True
    """Whether it runs."""
    description: str = ""
    """For people."""
