"""One answer as it is kept: the bytes that the first caller was sent, and what has to be known to send them again."""

import zlib
from dataclasses import asdict

import orjson

from ai_dashboard.core.chat import Form
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.events import Usage

VERSION = 1
OVERHEAD_BYTES = 800
"""What an entry takes in memory beside its body, roughly: the objects, the key, its place in the order."""

_PLAIN, _COMPRESSED = b"p", b"z"


@dataclass(frozen=True, slots=True)
class Entry:
    """`body` is a whole reply of `form`: a stream or one piece, with the usage in it or without. `provider` and
    `answered` (its name for the model) say whose it is, `took_s` and `cost_usd` what it took. Times are Unix times."""

    body: bytes
    form: Form
    stream: bool
    usage_shown: bool
    answer_id: str
    provider: str
    answered: str
    usage: Usage | None
    made_at: float
    expires_at: float
    took_s: float
    cost_usd: float | None = None

    @property
    def size(self) -> int:
        """Bytes in memory, roughly."""
        return len(self.body) + OVERHEAD_BYTES


def pack(entry: Entry, compress_above: int) -> bytes:
    """For Redis: one byte that says how, a line of JSON, the body."""
    said = {name: value for name, value in asdict(entry).items() if name != "body"}
    whole = orjson.dumps([VERSION, said]) + b"\n" + entry.body
    if len(entry.body) <= compress_above:
        return _PLAIN + whole
    return _COMPRESSED + zlib.compress(whole, 1)


def unpack(packed: bytes) -> Entry | None:
    """What `pack` has written; None for anything else: another version, or another program's key."""
    try:
        whole = packed[1:] if packed[:1] == _PLAIN else zlib.decompress(packed[1:])
        line, _, body = whole.partition(b"\n")
        version, said = orjson.loads(line)
        if version != VERSION:
            return None
        usage = Usage(**said.pop("usage")) if said["usage"] is not None else said.pop("usage")
        return Entry(body=body, usage=usage, **said)
    except (zlib.error, ValueError, TypeError, KeyError):
        return None
