"""Proofs of thinking that have to come back unchanged, whoever gave them.

Google signs parts of an answer with bytes; other providers sign blocks of thinking with text. Neither accepts the
other's. So Google's are marked on their way into the canonical form, and a foreign block travels whole inside the bytes
that Google's callers keep for us, whether they are shown its thinking or not.
"""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64

import orjson

from ai_dashboard.core.chat import JsonObject

MARK = "google:"
"""In front of Google's signatures wherever others could be: in `thinking_blocks` and `Signature` events."""

UNSIGNED = "skip_thought_signature_validator"
"""What Google wants on calls that no model of its own made (https://ai.google.dev/gemini-api/docs/thought-signatures)."""

_HEAD = b"ai-dashboard"  # of a length that its base64 always begins the same
HEAD = b64encode(_HEAD)
"""How every foreign block begins among the bytes of Google's callers."""

_ENCODED_HEAD = HEAD.decode()
_STANDARD = str.maketrans("-_", "+/")


def marked(signature: str) -> str:
    """Google's signature as the canonical form has it."""
    return MARK + signature


def own(signature: object) -> str | None:
    """Google's signature from the canonical form; None for one of somebody else."""
    return signature[len(MARK) :] if isinstance(signature, str) and signature.startswith(MARK) else None


def packed(block: JsonObject) -> str:
    """A foreign block of thinking, as bytes for Google's callers."""
    return b64encode(_HEAD + orjson.dumps(block)).decode()


def unpacked(signature: str) -> JsonObject | None:
    """The foreign block in a signature; None when it is Google's own. SDKs write the bytes in either alphabet."""
    if not signature.startswith(_ENCODED_HEAD):
        return None
    data = bytes_in(signature)
    try:
        block = orjson.loads(data[len(_HEAD) :]) if data else None
    except orjson.JSONDecodeError:
        return None
    match block:
        case {"type": "thinking", "thinking": str(text), "signature": str(proof)}:
            return {"type": "thinking", "thinking": text, "signature": proof}
        case {"type": "redacted_thinking", "data": str(text)}:
            return {"type": "redacted_thinking", "data": text}
        case _:
            return None


def bytes_in(text: str) -> bytes | None:
    """What base64 stands for, in either alphabet and with or without padding; None when it is none."""
    try:
        return b64decode(standard(text), validate=True)
    except (NotBase64, ValueError):
        return None


def standard(text: str) -> str:
    """Base64 in the usual alphabet and padded, as everybody but Google's SDK writes it."""
    if "-" in text or "_" in text:
        text = text.translate(_STANDARD)
    return text + "=" * (-len(text) % 4)
