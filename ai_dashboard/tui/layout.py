"""How much room there is, in one place. Screens carry the class of their size; the stylesheet does the rest."""

from enum import StrEnum


class SizeClass(StrEnum):
    """WIDE has everything; MEDIUM (80×24) no charts; SMALL (60×15) one column without borders; TINY what matters most:
    on the overview one line for each provider.

    The values are class names in the stylesheet.
    """

    WIDE = "-wide"
    MEDIUM = "-medium"
    SMALL = "-small"
    TINY = "-tiny"


def size_class(width: int, height: int) -> SizeClass:
    """The class of a terminal of `width` × `height` cells."""
    if width >= 100 and height >= 30:
        return SizeClass.WIDE
    if width >= 72 and height >= 20:
        return SizeClass.MEDIUM
    if width >= 40 and height >= 10:
        return SizeClass.SMALL
    return SizeClass.TINY
