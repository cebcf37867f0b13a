"""Figures as Prometheus reads them: families of samples, in its own text form or in that of OpenMetrics.

A family is written line by line, by whoever has the time. Nothing here counts: samples are made from what is counted
anyway, in the moment in which somebody asks.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Literal

from ai_dashboard.core.data import dataclass

Kind = Literal["counter", "gauge", "histogram", "untyped"]
"""A counter's name ends in `_total`. What only grows and has a name that others chose is untyped."""

INF = float("inf")


class Form(Enum):
    """How figures are written; the value is the content type."""

    TEXT = b"text/plain; version=0.0.4; charset=utf-8"
    OPEN_METRICS = b"application/openmetrics-text; version=1.0.0; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Family:
    """All samples of one name. Each is the end of a line behind the name: `{provider="a"} 3`."""

    name: str
    kind: Kind
    text: str
    samples: Iterable[str]


class Distribution:
    """How many values were at most as large as each of `bounds`, and their sum. Written anew only once it has changed:
    most models are quiet most of the time."""

    __slots__ = ("_written", "bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0
        self._written: tuple[str, ...] = ()

    def add(self, values: Sequence[float]) -> None:
        """Count values. They mostly lie together, so it is the bounds that are looked up among them."""
        ordered, counts, before = sorted(values), self.counts, 0
        for place, bound in enumerate(self.bounds):
            upto = bisect_right(ordered, bound)
            counts[place] += upto - before
            before = upto
        counts[-1] += len(ordered) - before
        self.total += sum(ordered)
        self._written = ()

    def samples(self, labels: str = "") -> Sequence[str]:
        """Of a histogram; `labels` as `pairs` writes them, the same every time."""
        if not self._written:
            self._written = tuple(self._lines(labels))
        return self._written

    def _lines(self, labels: str) -> Iterator[str]:
        behind, before = (f"{{{labels}}}", f"{labels},") if labels else ("", "")
        so_far = 0
        for bound, count in zip((*self.bounds, INF), self.counts, strict=True):
            so_far += count
            yield f'_bucket{{{before}le="{number(bound)}"}} {so_far}'
        yield f"_count{behind} {so_far}"
        yield f"_sum{behind} {number(self.total)}"


def pairs(**labels: str) -> str:
    """Labels as they stand between the braces."""
    return ",".join([f'{name}="{escaped(value)}"' for name, value in labels.items()])


def sample(value: float, labels: str = "") -> str:
    """One value, behind the name."""
    return f"{{{labels}}} {number(value)}" if labels else f" {number(value)}"


def number(value: float) -> str:
    """A value, or a bound."""
    if value == INF:
        return "+Inf"
    return repr(value)


def escaped(text: str) -> str:
    """A label's value. Lone halves of characters, which no encoding knows, become question marks."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return text.encode("utf-8", "replace").decode() if not text.isascii() else text


def lines(families: Iterable[Family], form: Form) -> Iterator[str]:
    """The whole page, line by line. A family without samples is left out."""
    for family in families:
        head, name = _head(family, form), family.name
        for one in family.samples:
            if head:
                yield head
                head = ""
            yield f"{name}{one}\n"
    if form is Form.OPEN_METRICS:
        yield "# EOF\n"


def _head(family: Family, form: Form) -> str:
    """What stands above its samples."""
    name, kind, text = family.name, family.kind, family.text.replace("\\", "\\\\").replace("\n", "\\n")
    if form is Form.OPEN_METRICS:
        name = name.removesuffix("_total") if kind == "counter" else name
        kind_said = "unknown" if kind == "untyped" else kind
        return f"# HELP {name} {_quoted(text)}\n# TYPE {name} {kind_said}\n"
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n"


def _quoted(text: str) -> str:
    return text.replace('"', '\\"')


def wanted(accept: bytes | None) -> Form:
    """The form that whoever asks prefers. Where it says nothing that we know, plain text."""
    best: dict[Form, float] = {}
    for part in (accept or b"").decode("latin-1").lower().split(","):
        media, *parameters = (word.strip() for word in part.split(";"))
        given = dict(word.split("=", 1) for word in parameters if "=" in word)
        form = _form_of(media, given.get("version", ""))
        if form is not None:
            best[form] = max(best.get(form, 0.0), _weight(given.get("q", "1")))
    open_metrics = best.get(Form.OPEN_METRICS, 0.0)
    return Form.OPEN_METRICS if open_metrics > best.get(Form.TEXT, 0.0) else Form.TEXT


def _form_of(media: str, version: str) -> Form | None:
    match media, version:
        case "application/openmetrics-text", "" | "1.0.0" | "0.0.1":
            return Form.OPEN_METRICS
        case "text/plain", "" | "0.0.4" | "1.0.0":
            return Form.TEXT
        case _:
            return None


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
