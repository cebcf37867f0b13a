"""What goes by the date: how old the public prices are, and whether the clock can be right."""

import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from ai_dashboard.cli.doctoring.finding import Finding, Level
from ai_dashboard.costs.catalogue import Catalogue
from ai_dashboard.tui.format import plural

PRICES = "prices"
CLOCK = "clock"
OLD_DAYS = 60
DAY_S = 86_400
ASK_S = 2.0


def check_prices(public: Catalogue, now: float) -> Iterator[Finding]:
    """The list that is part of the program: prices change every few weeks."""
    days = int((now - _begins(public)) // DAY_S)
    if days > OLD_DAYS:
        fix = "update the program (`pip install --upgrade ai-dashboard`), or write your prices into providers.yaml"
        yield Finding(PRICES, Level.WARNING, f"the public prices are of {public.date}, {plural(days, 'day')} ago", fix)
    else:
        yield Finding(PRICES, Level.OK, f"the public prices are of {public.date}")


def check_clock(public: Catalogue, now: float, synchronised: Callable[[], str] | None = None) -> Iterator[Finding]:
    """It cannot be before the day on which the program was made. `synchronised` says `yes`, `no`, or nothing."""
    shown = datetime.fromtimestamp(now, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
    if now < _begins(public) - DAY_S:
        text = f"it says {shown}, which is before this program was made: budgets, keys and certificates go by it"
        yield Finding(CLOCK, Level.PROBLEM, text, "set it, best by NTP (`timedatectl set-ntp true`)")
    elif (synchronised or _synchronised)() == "no":
        fix = "`timedatectl set-ntp true`"
        yield Finding(CLOCK, Level.WARNING, f"it says {shown}, and nothing sets it right when it drifts", fix)
    else:
        yield Finding(CLOCK, Level.OK, f"it says {shown}")


def _begins(public: Catalogue) -> float:
    return datetime.fromisoformat(public.date).replace(tzinfo=UTC).timestamp()


def _synchronised() -> str:
    """As systemd knows it; nothing where there is none."""
    try:
        done = subprocess.run(
            ["timedatectl", "show", "--property=NTPSynchronized", "--value"],  # noqa: S607 - the system's own
            capture_output=True,
            text=True,
            timeout=ASK_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
