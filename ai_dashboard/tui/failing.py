"""What a panel that cannot be drawn says of it: what kind of error it is and where, and nothing that was in it, which
could be anything."""

from pathlib import Path
from traceback import extract_tb

import ai_dashboard
from ai_dashboard.tui.ink import Ink, Line, wrap

ROOT = Path(ai_dashboard.__file__).parent


def place_of(failure: BaseException) -> str:
    """The last line of ours that an error came through, as `panels/x.py:12`."""
    frames = [frame for frame in extract_tb(failure.__traceback__) if Path(frame.filename).is_relative_to(ROOT)]
    if not frames:
        return "elsewhere"
    return f"{Path(frames[-1].filename).relative_to(ROOT)}:{frames[-1].lineno}"


def failed(failure: BaseException) -> str:
    """In one sentence."""
    return f"This panel cannot be drawn: {type(failure).__name__} at {place_of(failure)}."


def draw(said: str, width: int) -> list[Line]:
    """The sentence, and what becomes of it."""
    lines: list[Line] = [[(piece, Ink.BAD)] for piece in wrap(f"✗ {said}", width, 4)]
    lines.extend(
        [(piece, Ink.DIM)] for piece in wrap("Everything else goes on; the next picture tries again.", width, 3)
    )
    return lines
