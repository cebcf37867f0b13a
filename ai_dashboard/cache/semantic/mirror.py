"""Several gateways, one memory of meanings: each tells the others through a stream in Redis what it keeps and forgets,
and holds a copy of all of it to search in. The stream is read at most once a second, and only when somebody asks.

It is as long as the stores are large; a gateway that starts reads it from the beginning. Without Redis each goes on by
itself, and tells the rest when it is back.
"""

import struct
from collections import deque

import numpy as np
import orjson

from ai_dashboard.cache.entry import Entry, pack, unpack
from ai_dashboard.cache.semantic.store import Meaning, MeaningStore
from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.clock import Clock
from ai_dashboard.core.data import dataclass
from ai_dashboard.state.link import Link, LinkDown

STREAM = "aid:{cache}:meanings"
HEARD_WITHIN_S = 1.0
PAGE = 100
MAX_PAGES = 10
"""Read at one time; who has more to catch up with goes on with the next ask."""

MAX_OWED = 500
_LENGTHS = struct.Struct(">II")


@dataclass(frozen=True, slots=True)
class Wary:
    """A bad hit: where, and how similar prompts have to be there."""

    id: str
    needed: float


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The answers of a tenant, to a model, or all."""

    tenant: str | None
    model: str | None


Told = Meaning[Entry] | Wary | Forgotten


class Mirror:
    """One gateway's ear and mouth. `name` tells gateways apart."""

    def __init__(self, link: Link, store: MeaningStore[Entry], clock: Clock, *, name: str, compress_above: int) -> None:
        self._link = link
        self._store = store
        self._clock = clock
        self._name = name
        self._compress_above = compress_above
        self._last = b"-"
        self._heard = float("-inf")
        self._owed: deque[Told] = deque(maxlen=MAX_OWED)

    async def tell(self, told: Told) -> bool:
        """Let the others know; False when they are told later."""
        blob = _written(told, self._name, self._compress_above)
        try:
            await self._link.call("XADD", STREAM, "MAXLEN", "~", self._store.max_entries, "*", "told", blob)
        except LinkDown:
            self._owed.append(told)
            return False
        return True

    async def listen(self) -> None:
        """Take over what the others have told since; looks at most once a second."""
        now = self._clock.monotonic()
        if now - self._heard < HEARD_WITHIN_S or not self._link.up:
            return
        self._heard = now
        try:
            for _ in range(MAX_PAGES):
                reply = await self._link.call("XRANGE", STREAM, self._last, "+", "COUNT", PAGE)
                if not isinstance(reply, list):
                    return
                for item in reply:
                    self._take(item)
                if len(reply) < PAGE:
                    return
            self._heard = float("-inf")  # there is more: the next ask goes on
        except LinkDown:
            pass

    async def reconcile(self) -> None:
        """Redis is back: tell what could not be told."""
        owed = list(self._owed)
        self._owed.clear()
        for told in owed:
            await self.tell(told)

    def _take(self, item: object) -> None:
        match item:
            case (bytes() as item_id, {b"told": bytes() as blob}):
                self._last = b"(" + item_id
                read = _read(blob)
            case _:
                return
        if read is None or read[0] == self._name:
            return
        match read[1]:
            case Meaning() as meaning:
                if self._clock.wall() < meaning.expires_at:
                    self._store.put(meaning)
            case Wary(meaning_id, needed):
                if (known := self._store.get(meaning_id)) is not None:
                    self._store.be_wary(known.bucket, known.vector, needed)
                    self._store.evict(meaning_id)
            case Forgotten(tenant, model):
                self._store.invalidate(tenant, model)


def _written(told: Told, name: str, compress_above: int) -> bytes:
    vector = entry = b""
    said: JsonObject
    match told:
        case Meaning():
            vector, entry = told.vector.astype("<f4").tobytes(), pack(told.answer, compress_above)
            said = {
                "id": told.id, "bucket": told.bucket.hex(), "tenant": told.tenant, "model": told.model,
                "prompt": told.prompt, "expires_at": told.expires_at,
            }  # fmt: skip
        case Wary():
            said = {"id": told.id, "needed": told.needed}
        case Forgotten():
            said = {"tenant": told.tenant, "model": told.model}
    head = orjson.dumps({"from": name, "kind": type(told).__name__, **said})
    return _LENGTHS.pack(len(head), len(vector)) + head + vector + entry


def _read(blob: bytes) -> tuple[str, Told] | None:
    """Who told what; None for what another version has written."""
    try:
        head_size, vector_size = _LENGTHS.unpack_from(blob)
        start = _LENGTHS.size
        said = orjson.loads(blob[start : start + head_size])
        name, kind = said.pop("from"), said.pop("kind")
        if kind == "Wary":
            return name, Wary(**said)
        if kind == "Forgotten":
            return name, Forgotten(**said)
        vector = np.frombuffer(blob, "<f4", vector_size // 4, start + head_size).astype(np.float32)
        entry = unpack(blob[start + head_size + vector_size :])
        if kind != "Meaning" or entry is None:
            return None
        bucket = bytes.fromhex(said.pop("bucket"))
        return name, Meaning(bucket=bucket, vector=vector, answer=entry, size=entry.size, **said)
    except (struct.error, ValueError, TypeError, KeyError, AttributeError):
        return None
