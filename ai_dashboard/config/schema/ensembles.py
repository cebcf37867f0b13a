"""`ensembles:` in `model-mappings.yaml`: names under which several models are asked at once."""

from typing import Annotated, Literal

from pydantic import Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from ai_dashboard.config.schema.base import Section

MIN_MEMBERS, MAX_MEMBERS = 2, 8

Members = Annotated[int, Field(ge=MIN_MEMBERS, le=MAX_MEMBERS)]
Names = Annotated[tuple[str, ...], Field(min_length=MIN_MEMBERS, max_length=MAX_MEMBERS)]


def _models(value: object) -> object:
    """One of two types, with one message for both."""
    match value:
        case bool():
            pass
        case int() if MIN_MEMBERS <= value <= MAX_MEMBERS:
            return value
        case list() | tuple() if MIN_MEMBERS <= len(value) <= MAX_MEMBERS and all(map(_is_name, value)):
            return tuple(map(str, value))
        case _:
            pass
    span = f"{MIN_MEMBERS} to {MAX_MEMBERS}"
    raise PydanticCustomError("ensemble_models", f"should be a number from {span}, or a list of {span} models")


def _is_name(value: object) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool) and bool(str(value))


class Ensemble(Section):
    """How the answers of several models become one, where the strategy is `ensemble`."""

    models: Annotated[int | tuple[str, ...], PlainValidator(_models, json_schema_input_type=Members | Names)] = (
        MAX_MEMBERS
    )
    """Who is asked at once: models by name, or the first so many candidates of the rule."""
    merge: Literal["first", "longest", "vote", "judge"] = "first"
    """Which answer it is: the first, the longest, the one that most agree on, or the one that `judge` finds best."""
    judge: str | None = None
    """The model that picks, for `merge: judge`."""
    description: str = ""
    """For people."""

    @model_validator(mode="after")
    def _has_its_judge(self) -> "Ensemble":
        if (self.merge == "judge") != (self.judge is not None):
            raise PydanticCustomError("judge", "`judge` and `merge: judge` go together: name the model that picks")
        return self
