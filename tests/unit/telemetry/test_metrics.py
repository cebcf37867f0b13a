"""What is written is what Prometheus' own parsers read, in both forms."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.telemetry.metrics import Distribution, Family, Form, lines, pairs, sample, wanted
from tests.exposition import samples

Samples = dict[str, float]


def read(page: str, form: Form) -> Samples:
    found = samples(page, openly=form is Form.OPEN_METRICS)
    return {f"{name}{sorted(labels.items())}": value for name, labels, value in found}


def distribution(*values: float) -> Distribution:
    made = Distribution((0.1, 1.0))
    made.add(values)
    return made


FAMILIES: Sequence[Family] = (
    Family("asks_total", "counter", 'Asks, "all" of them\nso far\\.', (sample(3, pairs(status="ok")),)),
    Family("old_name", "untyped", "A count.", (sample(4),)),
    Family("level", "gauge", "A level.", (sample(0.5, pairs(a="1", b="2")), sample(2, pairs(a="2", b="2")))),
    Family("took_seconds", "histogram", "Time.", distribution(0.05, 0.1, 0.5, 7.0).samples(pairs(a="x"))),
    Family("nobody_said", "gauge", "Nothing.", ()),
)


@pytest.mark.parametrize("form", list(Form))
def test_both_forms_are_read_by_prometheus_own_parsers(form: Form) -> None:
    page = "".join(lines(FAMILIES, form))
    assert read(page, form) == {
        "asks_total[('status', 'ok')]": 3,
        "old_name[]": 4,
        "level[('a', '1'), ('b', '2')]": 0.5,
        "level[('a', '2'), ('b', '2')]": 2,
        "took_seconds_bucket[('a', 'x'), ('le', '0.1')]": 2,
        "took_seconds_bucket[('a', 'x'), ('le', '1.0')]": 3,
        "took_seconds_bucket[('a', 'x'), ('le', '+Inf')]": 4,
        "took_seconds_count[('a', 'x')]": 4,
        "took_seconds_sum[('a', 'x')]": 7.65,
    }
    assert "nobody_said" not in page


@given(st.lists(st.floats(0, 2) | st.sampled_from((0.1, 1.0))), st.lists(st.floats(0, 2)))
def test_each_value_counts_where_it_is_at_most_the_bound(first: list[float], later: list[float]) -> None:
    made = distribution(*first)
    made.add(later)
    values = first + later
    tenth, one = sum(value <= 0.1 for value in values), sum(value <= 1.0 for value in values)
    assert made.counts == [tenth, one - tenth, len(values) - one]
    assert made.total == pytest.approx(sum(values))


def test_a_distribution_is_written_anew_once_it_has_changed() -> None:
    made = distribution(0.05)
    first = made.samples("")
    assert made.samples("") is first
    made.add([0.5])
    assert list(made.samples("")) == [
        '_bucket{le="0.1"} 1', '_bucket{le="1.0"} 2', '_bucket{le="+Inf"} 2', "_count 2", "_sum 0.55",
    ]  # fmt: skip


@given(st.text(), st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(list(Form)))
def test_any_name_and_any_value_come_back_as_they_were(name: str, value: float, form: Form) -> None:
    # A lone half of a character has no encoding.
    clean = name.encode("utf-8", "replace").decode()
    page = "".join(lines([Family("level", "gauge", "A level.", (sample(value, pairs(a=f"<{name}>")),))], form))
    assert samples(page, openly=form is Form.OPEN_METRICS) == [("level", {"a": f"<{clean}>"}, value)]


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, Form.TEXT),
        (b"", Form.TEXT),
        (b"*/*", Form.TEXT),
        (b"text/html, text/plain;q=0.5", Form.TEXT),
        (b"application/openmetrics-text", Form.OPEN_METRICS),
        (b"application/openmetrics-text; version=1.0.0; charset=utf-8", Form.OPEN_METRICS),
        (b"application/openmetrics-text;version=9.9.9,text/plain;q=0.1", Form.TEXT),
        (b"application/openmetrics-text;q=0.3,text/plain;q=0.5", Form.TEXT),
        (b"application/openmetrics-text;q=nan,text/plain;q=x", Form.TEXT),
        # As Prometheus 2 and 3 ask.
        ((b"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
         b"text/plain;version=0.0.4;q=0.5,*/*;q=0.1"), Form.OPEN_METRICS),
        ((b"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
         b"application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
         b"text/plain;version=0.0.4;q=0.2,/;q=0.1"), Form.OPEN_METRICS),
    ],
)  # fmt: skip
def test_whoever_asks_gets_the_form_that_it_prefers(accept: bytes | None, form: Form) -> None:
    assert wanted(accept) is form


@given(st.binary())
def test_no_wish_is_too_strange_to_be_answered(accept: bytes) -> None:
    assert wanted(accept) in Form
