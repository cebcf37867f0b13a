"""Tool calls, put together from pieces as providers really send them.

The rule is that a piece's `index` says which call it belongs to, and that a call's first piece has its `id` and
`name`. Servers break each part of it: no index, index 0 for every call, an index that counts pieces, the id or the
name again with every piece, one id for all calls, no ids at all. What leaves here is well-formed: calls count from 0,
each has a name and an id of its own, and each begins with both.
"""

from typing import Any

import orjson

from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.core.events import Event, Failed, ToolCall

NAMELESS = "the provider sent a tool call without a name"


class _Call:
    """One call. Until its name is known nothing of it is told. `given` is the provider's own id, "" for none."""

    __slots__ = ("given", "id", "name", "number", "pieces")

    def __init__(self, number: int, given: str, call_id: str) -> None:
        self.number = number
        self.given = given
        self.id = call_id
        self.name = ""
        self.pieces: list[str] = []

    @property
    def arguments(self) -> str:
        if len(self.pieces) > 1:
            self.pieces = ["".join(self.pieces)]
        return self.pieces[0] if self.pieces else ""

    @property
    def blank(self) -> bool:
        return not self.arguments.strip()

    @property
    def whole(self) -> bool:
        """Whether the arguments so far are a JSON object: then nothing can be added to them."""
        if not self.pieces or not self.arguments.rstrip().endswith("}"):
            return False
        try:
            orjson.loads(self.arguments)
        except orjson.JSONDecodeError:
            return False
        return True


class Calls:
    """The calls of one choice. `prefix` makes the ids of those that come without, or with another call's."""

    __slots__ = ("_by_id", "_by_index", "_calls", "_choice", "_prefix")

    def __init__(self, prefix: str, choice: int) -> None:
        self._prefix = prefix
        self._choice = choice
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}

    def __bool__(self) -> bool:
        return bool(self._calls)

    def take(self, piece: object, out: list[Event]) -> None:
        """A piece of a stream."""
        self._take(piece, out, whole=False)

    def take_whole(self, call: object, out: list[Event]) -> None:
        """A call of a whole reply: whatever its index and id, it is one of its own."""
        self._take(call, out, whole=True)

    def finish(self, out: list[Event]) -> None:
        """No more pieces follow. A call without arguments has an empty object of them."""
        for call in self._calls:
            if not call.name:
                out.append(Failed(NAMELESS))
            elif call.blank:
                out.append(ToolCall(call.number, "", "", "{}", self._choice))

    def _take(self, piece: object, out: list[Event], *, whole: bool) -> None:
        if piece is None:
            return
        if not isinstance(piece, dict):
            out.append(Failed("the provider sent a tool call that is not an object"))
            return
        index = piece.get("index")
        index = index if type(index) is int else None
        call_id = _string(piece.get("id")).strip()
        function = piece.get("function")
        function = function if isinstance(function, dict) else {}
        name = _string(function.get("name"))
        arguments = arguments_of(function.get("arguments"))
        call = None if whole else self._which(index, call_id, name, arguments)
        if call is None:
            if not (call_id or name or arguments):
                return
            call = self._open(call_id)
        if index is not None:
            self._by_index[index] = call
        self._tell(call, name, arguments, signature_of(piece), out)

    def _tell(self, call: _Call, name: str, arguments: str, signature: str, out: list[Event]) -> None:
        if arguments:
            call.pieces.append(arguments)
        if not call.name:
            if name:
                call.name = name
                out.append(ToolCall(call.number, call.id, name, call.arguments, self._choice, signature))
        elif arguments or signature:
            out.append(ToolCall(call.number, "", "", arguments, self._choice, signature))

    def _which(self, index: int | None, call_id: str, name: str, arguments: str) -> _Call | None:
        """The call that a piece goes on with, None when it begins one."""
        bound = self._by_index.get(index) if index is not None else None
        if not name:
            return bound or self._unnamed(index, call_id)
        call = bound
        if index is None:
            call = self._by_id.get(call_id) if call_id else self._last
        if call is None or not call.name:
            return call
        return call if _goes_on(call, call_id, name, arguments) else None

    def _unnamed(self, index: int | None, call_id: str) -> _Call | None:
        """A piece without a name, under an index that is not known: it goes on with the call whose id it has, or else
        with the last one, if something can still be added to that."""
        if (known := self._by_id.get(call_id)) is not None:
            return known
        last = self._last
        if last is None or (index is not None and (call_id or last.whole)):
            return None
        return last

    @property
    def _last(self) -> _Call | None:
        return self._calls[-1] if self._calls else None

    def _open(self, given: str) -> _Call:
        number = len(self._calls)
        taken = not given or given in self._by_id
        call = _Call(number, given, f"call_{self._prefix}_{self._choice}_{number}" if taken else given)
        self._by_id[call.id] = call
        self._calls.append(call)
        return call


def _goes_on(call: _Call, call_id: str, name: str, arguments: str) -> bool:
    """Whether a piece that names itself again belongs to the call under whose index or id it comes."""
    if call.name != name:
        return False
    if call.whole:
        return not arguments.strip() and call_id in ("", call.given)
    # An id that changes in the middle of the arguments is the server's fault; before them it is another call's.
    return call_id in ("", call.given) or not call.given or not call.blank


def arguments_of(value: object) -> str:
    """A call's arguments as JSON text; some servers send the object itself."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError as error:
        raise UpstreamInvalid(f"the arguments of a tool call cannot be passed on: {error}") from None


def signature_of(call: dict[str, Any]) -> str:
    """Google's mark on a call, as its own OpenAI-compatible endpoint writes it."""
    if "extra_content" not in call:
        return ""
    match call["extra_content"]:
        case {"google": {"thought_signature": str(signature)}}:
            return signature
        case _:
            return ""


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
