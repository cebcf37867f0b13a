"""What all sections share: frozen, no unknown keys, and an empty key (`models:`) means that it was not written."""

from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

FreeForm = Any
"""Kept as it was written; nothing here reads it."""

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(gt=0)]


DROP_UNKNOWN = {"unknown keys": "drop"}
"""The validation context under which unknown keys are left out instead of refused."""


def _as_list(value: object) -> object:
    return [value] if isinstance(value, (str, int, float)) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
"""A list of words; a single word stands for a list of one."""


class Section(BaseModel):
    """A map of the configuration."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
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
        known = cls.keys() if info.context is DROP_UNKNOWN else data.keys()
        return {key: value for key, value in data.items() if value is not None and key in known}

    @classmethod
    def keys(cls) -> frozenset[str]:
        """All keys that may be written in this section, second names included."""
        names: set[str] = set()
        for name, field in cls.model_fields.items():
            alias = field.validation_alias
            names.update((str(choice) for choice in alias.choices) if isinstance(alias, AliasChoices) else (name,))
        return frozenset(names)
