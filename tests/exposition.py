"""A page of figures, read by Prometheus' own parsers."""

from collections.abc import Iterator

from prometheus_client.openmetrics import parser as open_metrics
from prometheus_client.parser import text_string_to_metric_families

Sample = tuple[str, dict[str, str], float]
"""Name, labels, value."""


def samples(page: str, *, openly: bool = False) -> list[Sample]:
    """Every sample of a page in Prometheus' text form, or `openly` in that of OpenMetrics. Raises `ValueError`."""
    return [*_open_metrics(page)] if openly else [*_text(page)]


def _text(page: str) -> Iterator[Sample]:
    for family in text_string_to_metric_families(page):
        for it in family.samples:
            yield it.name, dict(it.labels), float(it.value)


def _open_metrics(page: str) -> Iterator[Sample]:
    for family in open_metrics.text_string_to_metric_families(page):  # type: ignore[no-untyped-call]  # it has no types
        for it in family.samples:
            yield it.name, dict(it.labels), float(it.value)
