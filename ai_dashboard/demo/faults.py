"""What `--fault` may say: a small language for what shall go wrong at the simulated providers.

`cut@3,429=7:30%@demo-vllm` asks for two faults. Each is a name, and after it, in this order and only where they are
wanted: the place in the answer (`@3`), a time (`=7`), how often (`:30%`) and the one provider that it is for
(`@demo-vllm`). What is left out is the usual time, always, and every provider.

Pure: a text in, faults out. `behaviour` makes them befall a script, `stage` closes the ports.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

from ai_dashboard.core.data import dataclass

WRITTEN = "NAME[@N][=TIME][:PERCENT%][@PROVIDER]"

LONGEST_S = 86_400.0


class Fault(StrEnum):
    """What goes wrong with a request, by its name in the language; `NONE` is a request that goes well."""

    NONE = "none"
    REFUSE = "refuse"
    FLAP = "flap"
    SLOW = "slow"
    SLOW_HEADERS = "slowheaders"
    RATE_LIMITED = "429"
    SERVER_ERROR = "500"
    UNAVAILABLE = "503"
    HTML = "html"
    ERROR_200 = "error200"
    EMPTY = "empty"
    CUT = "cut"
    STALL = "stall"
    RESET = "reset"
    GARBAGE = "garbage"
    NO_USAGE = "nousage"
    DOUBLE_FINISH = "dupfinish"


BREAKS = frozenset({Fault.CUT, Fault.STALL, Fault.RESET, Fault.GARBAGE})
"""Those that end an answer in its middle."""

OF_THE_PORT = frozenset({Fault.REFUSE, Fault.FLAP})
"""Those that befall a provider and not a request."""


@dataclass(frozen=True, slots=True)
class Word:
    """A fault in the language: how it is written, what it does, and the seconds that it stands for without a time."""

    form: str
    does: str
    seconds: float | None = None

    @property
    def takes_time(self) -> bool:
        return "=" in self.form

    @property
    def takes_place(self) -> bool:
        return "@N" in self.form


WORDS: Mapping[Fault, Word] = MappingProxyType(
    {
        Fault.REFUSE: Word("refuse", "nobody listens at its port"),
        Fault.FLAP: Word("flap[=60s]", "its port is open for one half of that time and closed for the other", 60.0),
        Fault.SLOW: Word("slow[=5s]", "the first piece of an answer comes so much later", 5.0),
        Fault.SLOW_HEADERS: Word("slowheaders[=30s]", "even the head of a reply comes so much later", 30.0),
        Fault.RATE_LIMITED: Word("429[=7s]", "too many requests, with the seconds after which to come back"),
        Fault.SERVER_ERROR: Word("500", "a failure of the server"),
        Fault.UNAVAILABLE: Word("503", "an overloaded server"),
        Fault.HTML: Word("html", "a web page under status 200"),
        Fault.ERROR_200: Word("error200", "an error under status 200"),
        Fault.EMPTY: Word("empty", "a reply without an answer in it"),
        Fault.CUT: Word("cut[@N]", "the connection closes after N pieces of the answer"),
        Fault.STALL: Word("stall[@N]", "silence after N pieces, and a cut in the end"),
        Fault.RESET: Word("reset[@N]", "the connection is reset after N pieces"),
        Fault.GARBAGE: Word("garbage[@N]", "after N pieces comes what no dialect knows, and then the end"),
        Fault.NO_USAGE: Word("nousage", "an answer without its token counts"),
        Fault.DOUBLE_FINISH: Word("dupfinish", "a stream says twice that it is finished"),
    }
)


@dataclass(frozen=True, slots=True)
class ChosenFault:
    """A fault that was asked for. `place` is the number of pieces of the answer before it, None for one that chance
    chooses; `seconds` its time, where it has one; `percent` of the requests are struck, at `provider` or, when that is
    None, at every one. As text it is what `read_faults` reads."""

    fault: Fault
    place: int | None = None
    seconds: float | None = None
    percent: float = 100.0
    provider: str | None = None

    def __str__(self) -> str:
        place = "" if self.place is None else f"@{self.place}"
        seconds = "" if self.seconds is None else f"={_decimal(self.seconds, 3)}s"
        percent = "" if self.percent == 100.0 else f":{_decimal(self.percent, 2)}%"
        return f"{self.fault}{place}{seconds}{percent}" + (f"@{self.provider}" if self.provider else "")


def read_faults(text: str, providers: Sequence[str]) -> tuple[ChosenFault, ...]:
    """The faults that a text asks for, when `providers` are those that there are. Raises `ValueError` in words for
    whoever wrote it."""
    return tuple(_read_one(one.strip(), providers) for one in text.split(","))


def written(faults: Sequence[ChosenFault]) -> str:
    """Faults as one text, which `read_faults` reads."""
    return ",".join(map(str, faults))


def faults_of(provider: str, faults: Sequence[ChosenFault]) -> tuple[ChosenFault, ...]:
    """Those of the faults that are for a provider."""
    return tuple(chosen for chosen in faults if chosen.provider in (None, provider))


_ONE = re.compile(
    r"(?P<name>[A-Za-z0-9]+)(?:@(?P<place>[0-9]{1,6}))?(?:=(?P<time>[^@:=]*))?(?::(?P<percent>[^@:=]*))?"
    r"(?:@(?P<provider>[^@:=]*))?"
)
_TIME = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m|)")
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?)%")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "": 1.0}


def _read_one(text: str, providers: Sequence[str]) -> ChosenFault:
    found = _ONE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no fault: one is written {WRITTEN}, such as cut@3:30%@{providers[0]}; {_all()}")
    fault = _fault(found["name"].lower())
    word = WORDS[fault]
    if found["place"] is not None and not word.takes_place:
        raise ValueError(f"{text!r}: {fault} has no place in an answer; it is written {word.form}")
    if found["time"] is not None and not word.takes_time:
        raise ValueError(f"{text!r}: {fault} takes no time; it is written {word.form}")
    if found["percent"] is not None and fault in OF_THE_PORT:
        raise ValueError(f"{text!r}: {fault} befalls a port and not some of the requests; leave the percentage out")
    provider = found["provider"]
    if provider is not None and provider not in providers:
        raise ValueError(f"{text!r}: there is no provider {provider!r}; there are {', '.join(providers)}")
    return ChosenFault(
        fault,
        place=None if found["place"] is None else int(found["place"]),
        seconds=word.seconds if found["time"] is None else _seconds(text, found["time"], whole=_is_whole(fault)),
        percent=100.0 if found["percent"] is None else _percent(text, found["percent"]),
        provider=provider,
    )


def _fault(name: str) -> Fault:
    names = [fault.value for fault in WORDS]
    if name in names:
        return Fault(name)
    from difflib import get_close_matches

    near = get_close_matches(name, names, n=1)
    raise ValueError(f"there is no fault {name!r}{f' (did you mean {near[0]}?)' if near else ''}; {_all()}")


def _is_whole(fault: Fault) -> bool:
    """Whether a fault's time is counted in whole seconds: `retry-after` knows no others."""
    return fault is Fault.RATE_LIMITED


def _seconds(text: str, time: str, *, whole: bool) -> float:
    found = _TIME.fullmatch(time)
    seconds = round(float(found[1]) * _SECONDS[found[2]], 3) if found else 0.0
    if not 0 < seconds <= LONGEST_S:
        raise ValueError(f"{text!r}: {time!r} is no time; one is written 500ms, 5s or 2m, and is at most a day")
    if whole and seconds % 1:
        raise ValueError(f"{text!r}: only whole seconds can be told to a caller")
    return seconds


def _percent(text: str, percent: str) -> float:
    found = _PERCENT.fullmatch(percent)
    value = float(found[1]) if found else 0.0
    if not 0 < value <= 100:
        raise ValueError(f"{text!r}: {percent!r} is no part of the requests; one is written 30%, above 0 and up to 100")
    return value


def _all() -> str:
    """Every fault with its meaning, one a line."""
    width = max(len(word.form) for word in WORDS.values())
    return "\n".join(["there are:", *(f"  {word.form:<{width}}  {word.does}" for word in WORDS.values())])


def _decimal(value: float, places: int) -> str:
    """A number without zeros that say nothing."""
    return f"{value:.{places}f}".rstrip("0").rstrip(".")
