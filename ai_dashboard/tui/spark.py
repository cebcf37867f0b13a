"""Small pictures of numbers that fit into one line: sparklines and gauges. Pure."""

from collections.abc import Sequence
from statistics import median

from ai_dashboard.tui.braille import squeeze

BARS = "▁▂▃▄▅▆▇█"
EIGHTHS = " ▏▎▍▌▋▊▉█"
GAP = "·"


def sparkline(values: Sequence[float | None], width: int, top: float | None = None) -> str:
    """The values in `width` cells, from 0 up to `top`. Without one, a quiet line stays in the lower third and a peak
    stands out: the top is the peak or three times the median, whichever is higher. Gaps are dots."""
    columns = squeeze(values, width)
    known = [value for value in columns if value is not None]
    if not known:
        return GAP * width
    if top is None:
        top = max(*known, 3 * median(known)) or 1.0
    last = len(BARS) - 1
    return "".join(GAP if value is None else BARS[round(min(max(value, 0.0) / top, 1.0) * last)] for value in columns)


def gauge(ratio: float | None, width: int) -> str:
    """A bar of `width` cells between two edges, filled from the left in eighths of a cell."""
    inner = max(width - 2, 0)
    eighths = round(min(max(ratio or 0.0, 0.0), 1.0) * inner * 8)
    full, part = divmod(eighths, 8)
    bar = "█" * full + (EIGHTHS[part] if part else "")
    return "▕" + bar.ljust(inner) + "▏"
