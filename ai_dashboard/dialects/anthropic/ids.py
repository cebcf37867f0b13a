"""Ids of tool calls as Anthropic takes them: letters, digits, `_` and `-`, and no two alike in a conversation."""

import re

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_-]")


class PlainIds:
    """Hands out ids: the given one where it will do. `name` tells those made here from those made elsewhere."""

    def __init__(self, name: str) -> None:
        self._name = _NOT_PLAIN.sub("_", name)
        self._made = 0
        self._taken: set[str] = set()

    def of(self, call_id: str) -> str:
        plain = _NOT_PLAIN.sub("_", call_id)
        while not plain or plain in self._taken:
            plain = f"toolu_{self._name}_{self._made}"
            self._made += 1
        self._taken.add(plain)
        return plain
