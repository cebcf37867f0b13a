"""Numbers as people read them. A duration takes at most 5 cells, whatever its size, so that columns never move.

`NOTHING` stands for "not known", which is never zero.
"""

import time

from ai_dashboard.core.costs import dollars

NOTHING = "–"

_MINUTE = 60.0
_HOUR = 3_600.0
_DAY = 86_400.0
_KIB = 1024.0
_UNITS = ("", "K", "M", "G", "T")


def duration(seconds: float | None) -> str:
    """Seconds as `0.4ms`, `88ms`, `1.21s`, `12.1s`, `3m20`, `3h12` or `4d03`; below 0 (a rounding) as 0."""
    if seconds is None:
        return NOTHING
    seconds = max(seconds, 0.0)
    if seconds < 0.00995:
        return f"{seconds * 1e3:.1f}ms"
    if seconds < 0.9995:
        return f"{seconds * 1e3:.0f}ms"
    if seconds < 9.995:
        return f"{seconds:.2f}s"
    if seconds < 59.95:
        return f"{seconds:.1f}s"
    return span(seconds)


def span(seconds: float) -> str:
    """Whole seconds as `42s`, `3m20`, `3h12`, `4d03` or `120d`: for uptimes and ages."""
    whole = round(max(seconds, 0.0))
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // 60}m{whole % 60:02}"
    if whole < _DAY:
        return f"{whole // 3_600}h{whole % 3_600 // 60:02}"
    days = whole // 86_400
    if days < 100:
        return f"{days}d{whole % 86_400 // 3_600:02}"
    return f"{days}d" if days < 10_000 else ">9999d"[:5]


def count(number: float | None) -> str:
    """A number of things as `7`, `2,314`, `12.3k` or `4.5M`, in at most 5 cells up to 999M."""
    if number is None:
        return NOTHING
    if number < 9_999.5:
        return f"{number:,.0f}"
    for unit, size in (("k", 1e3), ("M", 1e6), ("G", 1e9)):
        scaled = number / size
        if scaled < 99.95:
            return f"{scaled:.1f}{unit}"
        if scaled < 999.5:
            return f"{scaled:.0f}{unit}"
    return f"{number:.0e}"


def rate(per_unit: float) -> str:
    """Things per second or minute: `0`, `3.4`, `120`, `12.3k`."""
    if per_unit == 0:
        return "0"
    return f"{per_unit:.1f}" if per_unit < 99.95 else count(per_unit)


def percent(ratio: float | None) -> str:
    """A share from 0 to 1 as `0`, `0.2`, `12.5` or `100`, without the sign (it stands in the column's title)."""
    if ratio is None:
        return NOTHING
    value = ratio * 100
    if value == 0 or value >= 99.95:
        return f"{value:.0f}"
    return f"{value:.1f}"


def size_pair(used: int | None, total: int | None) -> str:
    """Bytes used of bytes there are, in the total's unit: `118/139 G`."""
    if used is None or total is None:
        return NOTHING
    scale, unit = _KIB**2, "M"
    if total >= _KIB**3:
        scale, unit = _KIB**3, "G"
    if total >= 10 * _KIB**4:
        scale, unit = _KIB**4, "T"
    digits = 1 if total / scale < 9.95 else 0
    return f"{used / scale:.{digits}f}/{total / scale:.{digits}f} {unit}"


def size(number: float | None) -> str:
    """Bytes as `512K`, `38M` or `4.9G`, in at most 5 cells."""
    if number is None:
        return NOTHING
    unit = 0
    while number >= 999.5 and unit < len(_UNITS) - 1:
        number /= _KIB
        unit += 1
    digits = 1 if unit and number < 9.95 else 0
    return f"{number:.{digits}f}{_UNITS[unit]}"


def spent(nano_dollars: int | None) -> str:
    """US dollars as `0.0004`, `12.50`, `420` or `<.0001`, in at most 6 cells up to 999 999; the sign stands in the
    column's title."""
    if nano_dollars is None:
        return NOTHING
    value = dollars(nano_dollars)
    if value == 0:
        return "0"
    if value < 0.00005:
        return "<.0001"
    return f"{value:.{4 if value < 9.99995 else 2 if value < 99.995 else 0}f}"


def usd(dollars_: float | None) -> str:
    """Dollars as `$0`, `$0.0004`, `$12.50`, `$1,234.50` or `$12.3k`, in at most 9 cells up to 9,999; one less than
    nothing has its sign in front."""
    if dollars_ is None:
        return NOTHING
    sign, value = "−" if dollars_ < 0 else "", abs(dollars_)
    if value == 0:
        return "$0"
    if value < 0.00005:
        return f"{sign}<$.0001"
    if value < 0.00995:
        return f"{sign}${value:.4f}"
    return f"{sign}${value:,.2f}" if value < 9_999.995 else f"{sign}${count(value)}"


def clock_time(at: float) -> str:
    """Unix time as the local `14:02:31`."""
    return time.strftime("%H:%M:%S", time.localtime(at))


def plural(number: int, thing: str) -> str:
    """`1 request`, `3 requests`."""
    return f"{number:,} {thing}" + ("" if number == 1 else "s")
