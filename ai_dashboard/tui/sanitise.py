"""The one gate between the world's text and the operator's terminal.

Model names, errors, provider names, file contents and messages are text, never markup and never terminal commands.
Every widget that can show such text mixes in `Safe`, which looks at each segment of each finished strip, whatever
produced it. A character that could move the cursor, start an escape sequence or reorder a line is replaced by exactly
one visible character, so that nothing printable is swallowed and positions in a file stay true. Replacing character by
character, instead of recognising sequences, also covers sequences that are split or never end.
"""

import re
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

C1 = "␦"
BIDI = "⇄"
HIDDEN = "·"
BROKEN = "�"

_BIDI_CONTROLS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
# Line and paragraph separators, zero-width marks that only serve to hide, and the tag characters. Zero-width joiners
# stay: Persian, Hindi and emoji need them.
_HIDDEN_MARKS = "\u2028\u2029\u200b\u2060\u2061\u2062\u2063\u2064\ufeff"
_TAGS = range(0xE0000, 0xE0080)
_SURROGATES = range(0xD800, 0xE000)

_GLYPHS: dict[int, str] = (
    {code: chr(0x2400 + code) for code in range(0x20)}
    | {0x7F: "␡"}
    | dict.fromkeys(range(0x80, 0xA0), C1)
    | dict.fromkeys(map(ord, _BIDI_CONTROLS), BIDI)
    | dict.fromkeys(map(ord, _HIDDEN_MARKS), HIDDEN)
    | dict.fromkeys(_TAGS, HIDDEN)
    | dict.fromkeys(_SURROGATES, BROKEN)
)

UNSAFE = re.compile(
    f"[\x00-\x1f\x7f-\x9f{_BIDI_CONTROLS}{_HIDDEN_MARKS}\ud800-\udfff{chr(_TAGS.start)}-{chr(_TAGS.stop - 1)}]"
)


def visible(text: str) -> str:
    """The text on one line with every unsafe character shown as one glyph; as many characters as went in."""
    return text.translate(_GLYPHS) if UNSAFE.search(text) else text


def visible_lines(text: str) -> str:
    """The same for a whole file: line feeds and tabs keep their meaning, CR LF is read as LF."""
    text = text.replace("\r\n", "\n")
    return "\n".join("\t".join(map(visible, line.split("\t"))) for line in text.split("\n"))


def safe_strip(strip: Strip) -> Strip:
    """The strip without anything a terminal would obey, in the width that it had."""
    if not any(segment.control or UNSAFE.search(segment.text) for segment in strip):
        return strip
    width = strip.cell_length
    clean = Strip(Segment(visible(text), style) for text, style, control in strip if not control)
    return clean.adjust_cell_length(width)


if TYPE_CHECKING:
    _Base = Widget
else:
    _Base = object


class Safe(_Base):
    """Mix in first: whatever the widget renders, borders and titles included, leaves through `safe_strip`."""

    def render_lines(self, crop: Region) -> list[Strip]:
        return [safe_strip(strip) for strip in super().render_lines(crop)]
