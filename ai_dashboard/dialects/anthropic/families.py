"""What differs between Anthropic's models in an ask, as data: a newer one refuses what an older one needs.

A model is known by the version in its name. Sources: platform.claude.com/docs, "Models overview", "Thinking", "Effort",
"Structured outputs" and "What's new" of each model.
"""

import re
from typing import Literal

from ai_dashboard.core.data import dataclass

Thinks = Literal["never", "budget", "either", "adaptive"]
"""How a model is asked to think: with a budget of tokens, with an effort (`adaptive`), either way, or not at all."""

Off = Literal["absent", "disabled", "between_tools", "never"]
"""How thinking is turned off: by asking for none, by one of these types, or not at all."""

Efforts = tuple[str, ...]

_FOUR: Efforts = ("low", "medium", "high", "max")
_FIVE: Efforts = ("low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True, slots=True)
class Family:
    """`max_output` is the most that `max_tokens` may be. `sampling`: takes `temperature`, `top_p` and `top_k`, and
    `both` of the first two together. `forced_tools`: can be made to call a tool. `structured`: takes a JSON schema.
    `display`: shows its thinking only when asked to."""

    max_output: int
    thinks: Thinks = "adaptive"
    off: Off = "disabled"
    efforts: Efforts = _FIVE
    sampling: bool = False
    both: bool = False
    forced_tools: bool = True
    structured: bool = True
    display: bool = True


_ALWAYS = Family(128_000, off="never", forced_tools=False)
_FABLE_5 = Family(128_000, off="never")
_SONNET_5_5 = Family(128_000, off="between_tools", forced_tools=False)
_ADAPTIVE = Family(128_000)
_OPUS_4_7 = Family(128_000, off="absent")
_4_6 = Family(128_000, "either", "absent", _FOUR, sampling=True, display=False)
_4_5 = Family(64_000, "budget", "absent", (), sampling=True, display=False)
_SONNET_4 = Family(64_000, "budget", "absent", (), sampling=True, structured=False, display=False)
_OPUS_4 = Family(32_000, "budget", "absent", (), sampling=True, structured=False, display=False)
_3_7 = Family(64_000, "budget", "absent", (), sampling=True, both=True, structured=False, display=False)
_3_5 = Family(8192, "never", "absent", (), sampling=True, both=True, structured=False, display=False)
_3 = Family(4096, "never", "absent", (), sampling=True, both=True, structured=False, display=False)

OTHER = Family(4096, "budget", "absent", (), sampling=True, both=True, display=False)
"""A name that says no version: an alias, or a model of somebody else behind the same API. The API as it was first
documented, and the number of tokens that every model can answer with."""

_FAMILIES: tuple[tuple[str, tuple[int, int], Family], ...] = (
    ("fable", (5, 1), _ALWAYS),
    ("fable", (5, 0), _FABLE_5),
    ("mythos", (5, 1), _ALWAYS),
    ("mythos", (5, 0), _FABLE_5),
    ("opus", (5, 5), _ALWAYS),
    ("sonnet", (5, 5), _SONNET_5_5),
    ("", (5, 0), _ADAPTIVE),
    ("", (4, 7), _OPUS_4_7),
    ("", (4, 6), _4_6),
    ("", (4, 5), _4_5),
    ("sonnet", (4, 0), _SONNET_4),
    ("", (4, 0), _OPUS_4),
    ("", (3, 7), _3_7),
    ("", (3, 5), _3_5),
    ("", (3, 0), _3),
)
"""A line's name ("" for all others) and the version from which its row holds; the first that fits does."""

_NAME = re.compile(
    r"claude-(?:(?P<line>[a-z]+)-(?P<major>\d{1,2})(?:[-.](?P<minor>\d{1,2}))?"
    r"|(?P<major_first>\d{1,2})(?:[-.](?P<minor_first>\d{1,2}))?-(?P<line_last>[a-z]+))(?![0-9a-z])"
)
"""`claude-opus-4-5`, `claude-3-5-haiku-20241022`, `eu.anthropic.claude-sonnet-4-20250514-v1:0`."""


def family_of(model: str) -> Family:
    """What a model takes, by its name."""
    if "claude-mythos-preview" in model:
        return _FABLE_5
    found = _NAME.search(model)
    if found is None:
        return OTHER
    line = found["line"] or found["line_last"]
    version = (int(found["major"] or found["major_first"]), int(found["minor"] or found["minor_first"] or 0))
    rows = (family for name, since, family in _FAMILIES if name in ("", line) and version >= since)
    return next(rows, _3)
