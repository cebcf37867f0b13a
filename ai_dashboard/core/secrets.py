"""How a secret in a configuration's text is told from everything else, and what may be shown of it.

One rule for whoever shows such a text: files that are printed, and the editor. A reference such as `${VAR}` is none.
"""

import re

SECRET_KEYS = frozenset({"api_key", "master_key", "secret"})
"""Keys whose value is a secret and may be written as `os.environ/VAR`."""

PLAIN_HEADERS = frozenset({"accept", "content-type", "user-agent", "anthropic-version", "http-referer", "x-title"})
"""Headers that hold no secret. All others may."""

_CALLED = r"[\w-]{0,40}(?:api[_-]?key|master[_-]?key|password|secret|token|authorization)"
"""What a key is called whose value is a secret, as a pattern."""

BY_LOOK = re.compile(r"\b(?:sk-|gsk_|hf_|AIza|xai-|pk-|ghp_)[A-Za-z0-9_-]{12,}")
"""A key by its look, wherever it stands."""

IN_ADDRESS = re.compile(r"(?<=://)[^\s/@:\"']*:[^\s/@\"']+(?=@)")
"""Name and password in an address."""

BY_KEY = re.compile(
    rf"(?im)(?P<key>[\"']?{_CALLED}[\"']?\s*[:=]\s*)(?P<secret>[\"']?(?:Bearer +)?[^\s\"',}}#][^\s\"',}}]*)"
)
"""A secret after a key that is called so, in a text that need not be YAML."""

_NAME = re.compile(_CALLED, re.IGNORECASE)
_REFERENCE = re.compile(r"\$\{|os\.environ/|null$|~$|true$|false$|\d+$", re.IGNORECASE)


def is_secret_key(key: str) -> bool:
    """Whether the value of a key is a secret, going by its name."""
    return _NAME.fullmatch(key) is not None


def is_reference(value: str) -> bool:
    """Whether a value only names where the secret is, or is no text at all."""
    return _REFERENCE.match(value) is not None


def mask(secret: str) -> str:
    """What may be shown of a secret: `sk-…last4` for one that is long enough, else `…`."""
    if len(secret) < 12:
        return "…"
    prefix = re.match(r"[A-Za-z]{2,4}-", secret)
    return f"{prefix.group() if prefix else ''}…{secret[-4:]}"
