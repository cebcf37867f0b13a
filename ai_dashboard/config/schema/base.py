"""What all sections share: frozen, no unknown keys, and an empty key (`models:`) means that it was not written."""

import ast
import inspect
from itertools import pairwise
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from ai_dashboard.config.rates import EXAMPLES, read_rate

FreeForm = Any
"""Kept as it was written; nothing here reads it."""

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(gt=0)]


DROP_UNKNOWN = {"unknown keys": "drop"}
"""The validation context under which unknown keys are left out instead of refused."""

PASSED_OVER = "passed over"
"""Marks a map or list whose items are passed over with a warning, instead of refused, when they are in a form that is
not known: older folders have such items for other programs."""


def _as_list(value: object) -> object:
    return [value] if isinstance(value, (str, int, float)) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
"""A list of words; a single word stands for a list of one."""


def _rates(texts: tuple[str, ...]) -> tuple[str, ...]:
    if any(read_rate(text) is None for text in texts):
        raise PydanticCustomError("rate", f"should be limits such as {EXAMPLES}")
    return texts


Limits = Annotated[Words, AfterValidator(_rates)]
"""How much in how much time."""


class Section(BaseModel):
    """A map of the configuration."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        coerce_numbers_to_str=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        protected_namespaces=(),
    )

    @model_validator(mode="before")
    @classmethod
    def _only_what_counts(cls, data: object, info: ValidationInfo) -> object:
        """Drops empty keys, and unknown ones too when they have been reported already (`DROP_UNKNOWN`)."""
        if not isinstance(data, dict):
            return data
        written = {key: value for key, value in data.items() if value is not None}
        if info.context is not DROP_UNKNOWN:
            return written
        # Of several names for one field the first counts; the others have been reported, as unknown keys are.
        counts = {next((key for key in cls.names(name) if key in written), name) for name in cls.model_fields}
        return {key: value for key, value in written.items() if key in counts}

    @classmethod
    def keys(cls) -> frozenset[str]:
        """All keys that may be written in this section, second names included."""
        return frozenset(key for name in cls.model_fields for key in cls.names(name))

    @classmethod
    def names(cls, field: str) -> tuple[str, ...]:
        """All keys under which a field may be written, the usual one first."""
        alias = cls.model_fields[field].validation_alias
        return tuple(str(choice) for choice in alias.choices) if isinstance(alias, AliasChoices) else (field,)

    @classmethod
    def field(cls, key: str) -> FieldInfo:
        """What a key of this section stands for. Raises `KeyError` for one that is unknown."""
        return {known: field for name, field in cls.model_fields.items() for known in cls.names(name)}[key]

    @classmethod
    def described(cls) -> dict[str, str]:
        """What the docstrings under fields say, by field. Read from the source when somebody asks: pydantic would do it
        for all sections whenever they are imported, which takes a tenth of the time that a start takes."""
        said: dict[str, str] = {}
        for shape in reversed(cls.__mro__):
            if issubclass(shape, Section):
                said |= _docstrings(shape)
        return said


def _docstrings(shape: type[Section]) -> dict[str, str]:
    """Of the fields that stand in this class itself."""
    body = ast.parse(inspect.getsource(shape)).body[0]
    said: dict[str, str] = {}
    statements = body.body if isinstance(body, ast.ClassDef) else []
    for pair in pairwise(statements):
        match pair:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                said[name] = inspect.cleandoc(text)
            case _:
                pass
    return said
