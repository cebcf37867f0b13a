"""Line charts in braille dots: two dots across and four down in a cell. Pure; a frame of 70 × 6 costs about 1.5 ms.

A series is a list of values from old to new, one for each dot column; `None` is a gap. A cell has one colour, so where
two series meet the first one listed wins.
"""

from collections.abc import Sequence

from ai_dashboard.core.data import dataclass

BLANK = chr(0x2800)
ACROSS = 2
DOWN = 4

# Unicode numbers the dots of a cell column by column, with the fourth row added last.
_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))

Value = float | None


@dataclass(frozen=True, slots=True)
class Series:
    """Values to draw; `dotted` leaves every other dot out, which tells two lines apart without colour."""

    values: Sequence[Value]
    dotted: bool = False


Cell = tuple[str, int]
"""A braille character and the index of the series that owns its colour, -1 where nothing is drawn."""


def squeeze(values: Sequence[Value], columns: int) -> list[Value]:
    """As many values as there are dot columns. Several in one column are shown by their maximum: a peak must not vanish
    because the window is narrow. Fewer are spread out, each holding its place."""
    length = len(values)
    if not length or columns <= 0:
        return [None] * max(columns, 0)
    squeezed: list[Value] = []
    for column in range(columns):
        first = column * length // columns
        last = max((column + 1) * length // columns, first + 1)
        known = [value for value in values[first:last] if value is not None]
        squeezed.append(max(known) if known else None)
    return squeezed


def nice_ceiling(peak: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 … at or above the peak: an axis that people can read."""
    if peak <= 0:
        return 1.0
    magnitude = 1e-6
    while magnitude * 10 < peak:
        magnitude *= 10
    return next(step * magnitude for step in (1, 2, 5, 10) if step * magnitude >= peak * (1 - 1e-9) or step == 10)


def plot(series: Sequence[Series], width: int, height: int, top: float) -> list[list[Cell]]:
    """Rows of cells from top to bottom, `height` × `width`, with 0 at the bottom edge and `top` at the upper one."""
    masks = [[0] * width for _ in range(height)]
    owners = [[-1] * width for _ in range(height)]
    for index, one in enumerate(series):
        for x, y in _dots(one, width * ACROSS, height * DOWN, top):
            row, column = y // DOWN, x // ACROSS
            masks[row][column] |= _BITS[x % ACROSS][y % DOWN]
            if owners[row][column] < 0:
                owners[row][column] = index
    return [
        [(chr(0x2800 + mask), owner) for mask, owner in zip(*row, strict=True)]
        for row in zip(masks, owners, strict=True)
    ]


def _dots(series: Series, columns: int, rows: int, top: float) -> list[tuple[int, int]]:
    """The dots of one line; neighbours are joined by a vertical stroke half on either side."""
    dots: list[tuple[int, int]] = []
    before: int | None = None
    for x, value in enumerate(squeeze(series.values, columns)):
        if value is None:
            before = None
            continue
        y = rows - 1 - min(rows - 1, max(0, round(value / top * (rows - 1))))
        start = y if before is None else before
        stroke = range(min(start, y), max(start, y) + 1) if abs(start - y) > 1 else (y,)
        dots.extend((x, dot) for dot in stroke if not series.dotted or (x + dot) % 2 == 0)
        before = y
    return dots
