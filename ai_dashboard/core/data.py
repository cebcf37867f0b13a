"""`dataclass` as the standard library has it, made in two thirds of the time.

The standard one writes every method of every class as source and has it compiled: six a class, two thousand before the
first request is answered, 0.15 s. Here `__repr__`, `__eq__` and `__hash__` are closures over the fields' names, which
need no compiler, and take twice as long when they are called; the rest is the standard library's. The few whose values
are made and looked up for every request (`unsafe_hash`) are wholly the standard library's. Type checkers see its
decorator.
"""

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["dataclass"]

T = TypeVar("T")

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(
        *, frozen: bool = False, slots: bool = False, kw_only: bool = False, eq: bool = True, unsafe_hash: bool = False
    ) -> Callable[[type[T]], type[T]]:
        """As `dataclasses.dataclass`. What the class defines itself is left alone."""

        def make(cls: type[T]) -> type[T]:
            if unsafe_hash:
                return dataclasses.dataclass(cls, frozen=frozen, slots=slots, kw_only=kw_only, unsafe_hash=True)
            own = frozenset(vars(cls))
            made = dataclasses.dataclass(cls, frozen=frozen, slots=slots, kw_only=kw_only, eq=False, repr=False)
            if "__repr__" not in own:
                made.__repr__ = _repr
            if eq:
                _compare(made, own, hashed=frozen)
            return made

        return make


def _compare(cls: type, own: frozenset[str], *, hashed: bool) -> None:
    """Equal is who is of the same class and has the same values."""
    fields = dataclasses.fields(cls)
    compared = _values([field.name for field in fields if field.compare])
    if "__eq__" not in own:

        def equals(self: object, other: object) -> bool:
            return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

        cls.__eq__ = equals  # type: ignore[assignment]
    if "__hash__" in own:
        return
    if not hashed:
        cls.__hash__ = None  # type: ignore[assignment]
        return
    value = _values([field.name for field in fields if (field.compare if field.hash is None else field.hash)])

    def hash_of(self: object) -> int:
        return hash(value(self))

    cls.__hash__ = hash_of  # type: ignore[assignment]


def _values(names: list[str]) -> Callable[[object], Any]:
    """What these fields hold, as something that can be compared and hashed."""
    return attrgetter(*names) if names else lambda _self: ()


@recursive_repr()
def _repr(self: object) -> str:
    fields = dataclasses.fields(self)  # type: ignore[arg-type]
    shown = [f"{field.name}={getattr(self, field.name)!r}" for field in fields if field.repr]
    return f"{type(self).__qualname__}({', '.join(shown)})"
