"""Our `dataclass` beside the standard library's: the same classes, compared in everything that they can do."""

import copy
import dataclasses
from collections.abc import Callable
from dataclasses import field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.data import dataclass

Decorate = Callable[..., Callable[[type], type]]


def _made(decorate: Decorate, **how: bool) -> list[type]:
    """Classes of several shapes, each as this decorator makes it."""

    @decorate(**how)
    class Nothing:
        """No fields."""

    @decorate(**how)
    class One:
        """One field."""

        a: Any

    @decorate(**how)
    class Several:
        """Fields that take part and fields that do not."""

        a: Any
        b: Any = 2
        unseen: int = field(default=3, repr=False)
        beside: int = field(default=4, compare=False)
        unhashed: int = field(default=5, hash=False)

    @decorate(**how)
    class Heir(Several):
        """With one more."""

        c: Any = 6

    @decorate(**how)
    class Itself:
        """What it defines itself stays."""

        a: Any

        def __repr__(self) -> str:
            return "itself"

        def __eq__(self, _other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 1

    return [Nothing, One, Several, Heir, Itself]


SHAPES = ["nothing", "one", "several", "an heir", "itself"]
HOW = [
    {"frozen": True, "slots": True},
    {"slots": True},
    {"slots": True, "eq": False},
    {"frozen": True, "slots": True, "eq": False},
    {"slots": True, "kw_only": True},
]


@pytest.mark.parametrize("how", HOW, ids=[" ".join(it) for it in HOW])
@pytest.mark.parametrize("shape", range(len(SHAPES)), ids=SHAPES)
@given(data=st.data())
def test_they_compare_hash_and_read_alike(how: dict[str, bool], shape: int, data: st.DataObject) -> None:
    ours, theirs = _made(dataclass, **how)[shape], _made(dataclasses.dataclass, **how)[shape]
    names = [it.name for it in dataclasses.fields(ours) if it.init]
    drawn = st.fixed_dictionaries({name: st.integers(0, 1) | st.just("x") for name in names})
    one, other = data.draw(drawn), data.draw(drawn)
    assert (ours(**one) == ours(**other)) == (theirs(**one) == theirs(**other))
    assert repr(ours(**one)) == repr(theirs(**one))
    assert ours(**one) != theirs(**one) or shape == SHAPES.index("itself")
    hashable = [getattr(it, "__hash__", None) is not None for it in (ours, theirs)]
    assert hashable in ([True, True], [False, False])
    if hashable[0] and ours(**one) == ours(**other):
        assert hash(ours(**one)) == hash(ours(**other))


def test_what_is_left_out_of_the_hash_does_not_change_it() -> None:
    several = _made(dataclass, frozen=True, slots=True)[2]
    assert hash(several(1, unhashed=1)) == hash(several(1, unhashed=2))
    assert several(1, unhashed=1) != several(1, unhashed=2)
    assert several(1, beside=1) == several(1, beside=2)


@dataclass(frozen=True, slots=True)
class Frozen:
    """Something that can be found by its name."""

    a: int
    b: Any = None


def test_it_is_frozen_replaced_and_copied_as_ever() -> None:
    it = Frozen(1, "b")
    with pytest.raises(dataclasses.FrozenInstanceError):
        it.a = 2  # type: ignore[misc]
    assert dataclasses.replace(it, a=2) == Frozen(2, "b")
    assert copy.deepcopy(it) == it
    assert dataclasses.asdict(it) == {"a": 1, "b": "b"}


def test_something_that_holds_itself_can_be_read() -> None:
    loop: list[Any] = []
    loop.append(Frozen(1, loop))
    assert repr(loop[0]) == "Frozen(a=1, b=[...])"
