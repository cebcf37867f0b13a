"""The actions of the screen and their usual keys, for those who may not know the screen itself.

`actions.json` is made from the screen's own table by `./dev keys`; a test holds the two together.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from ai_dashboard.core.data import dataclass

FILE = Path(__file__).with_name("actions.json")


@dataclass(frozen=True, slots=True)
class Actions:
    """`keys` are the usual keys of each action, by its id; `together` has the ids of those that share a screen, by its
    name."""

    keys: Mapping[str, tuple[str, ...]]
    together: Mapping[str, Sequence[str]]


@cache
def actions() -> Actions:
    """The table."""
    document = json.loads(FILE.read_bytes())
    keys = {name: tuple(keys.split(",")) for name, keys in document["keys"].items()}
    return Actions(keys, document["together"])
