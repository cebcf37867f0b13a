"""Every key, wherever it works: at three sizes, whatever the gateway says or fails to say, nothing raises, nothing is
painted outside, and no panel gives up."""

from collections.abc import Mapping
from types import MappingProxyType

import pytest

from ai_dashboard.core.control import PortClosed
from ai_dashboard.core.errors import CallerError, GatewayError, LedgerUnavailable
from ai_dashboard.tui.app import ControlCentre, Ending
from ai_dashboard.tui.keys import KEYS, key_of
from ai_dashboard.tui.sanitise import UNSAFE
from tests.tui.conftest import Open
from tests.tui.fakes import FakePort, busy, busy_port, empty_port, hostile_port, records
from tests.tui.stage import Stage

SIZES = ((120, 40), (80, 24), (60, 15))

PLACES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "overview": (),
        "its filter": ("slash",),
        "help": ("question_mark",),
        "quitting": ("q",),
        "providers": ("2",),
        "a provider": ("2", "enter"),
        "a question": ("2", "x"),
        "latency": ("3",),
        "requests": ("4",),
        "their filter": ("4", "slash"),
        "a request": ("4", "enter"),
        "two requests": ("4", "m", "down", "down", "m"),
        "a line": ("4", "e"),
        "routing": ("5",),
        "asking": ("5", "a"),
        "cache and queue": ("6",),
        "host": ("7",),
        "will it fit": ("7", "f"),
        "costs": ("8",),
        "logs": ("9",),
        "their words": ("9", "slash"),
        "alerts": ("9", "tab"),
        "a question to models": ("p",),
        "whom to ask": ("p", "ctrl+o"),
        "answers": ("p", "h", "i", "enter", "tab"),
        "config": ("c",),
        "its text": ("c", "e"),
        "completion": ("c", "e", "ctrl+space"),
    }
)
"""Every place where keys mean something of their own, and the keys that lead there from the overview."""
