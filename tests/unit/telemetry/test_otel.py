"""Spans of ours as the SDK's own, in its memory instead of a collector."""

import logging
from collections.abc import Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from ai_dashboard.telemetry.otel import Traces, to_collector
from ai_dashboard.telemetry.traces import Parent, Span

CALL = Span("chat m", "client", 1000.25, 1001.0, {"error.type": "upstream_error"}, "HTTP 500")
REQUEST = Span("POST /v1/x", "server", 1000.0, 1001.5, {"http.response.status_code": 200, "x": 0.5}, below=(CALL, CALL))


class Refusing(SpanExporter):
    """Takes nothing, and complains of it, until it is `well`."""

    def __init__(self) -> None:
        self.well = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self.well:
            return SpanExportResult.SUCCESS
        logging.getLogger(__name__).warning("nobody is there")
        return SpanExportResult.FAILURE


def test_a_span_keeps_its_times_its_attributes_and_what_is_in_it() -> None:
    memory = InMemorySpanExporter()
    traces = Traces(memory, "gateway", "1.2", "one")
    assert traces.send([REQUEST])
    *calls, request = memory.get_finished_spans()
    assert [call.name for call in calls] == ["chat m", "chat m"]
    assert request.parent is None
    assert request.context is not None
    for call in calls:
        assert call.parent is not None
        assert call.context is not None
        assert (call.parent.span_id, call.context.trace_id) == (request.context.span_id, request.context.trace_id)
        assert (call.kind, call.status.status_code) == (SpanKind.CLIENT, StatusCode.ERROR)
        assert call.status.description == "HTTP 500"
    assert (request.start_time, request.end_time) == (1_000_000_000_000, 1_001_500_000_000)
    assert dict(request.attributes or {}) == {"http.response.status_code": 200, "x": 0.5}
    assert (request.kind, request.status.status_code) == (SpanKind.SERVER, StatusCode.UNSET)
    told = request.resource.attributes
    assert [told[f"service.{it}"] for it in ("name", "version", "instance.id")] == ["gateway", "1.2", "one"]
    traces.close()


def test_a_span_hangs_below_that_of_the_caller() -> None:
    memory = InMemorySpanExporter()
    traces = Traces(memory, "gateway", "1", "one")
    traces.send([Span("POST /v1/x", "server", 1.0, 2.0, {}, parent=Parent(12, 34, sampled=True))])
    (request,) = memory.get_finished_spans()
    assert request.parent is not None
    assert request.context is not None
    assert (request.context.trace_id, request.parent.span_id, request.parent.is_remote) == (12, 34, True)


def test_what_a_collector_does_not_take_is_told() -> None:
    traces = Traces(Refusing(), "gateway", "1", "one")
    assert traces.send([])
    assert not traces.send([CALL])
    traces.close()


def test_an_exporter_complains_once_until_all_is_well_again(caplog: pytest.LogCaptureFixture) -> None:
    exporter = Refusing()
    traces = Traces(exporter, "gateway", "1", "one")
    for _ in range(3):
        traces.send([CALL])
    assert len(caplog.records) == 1
    exporter.well = True
    assert traces.send([CALL])
    exporter.well = False
    traces.send([CALL])
    assert len(caplog.records) == 2
    traces.close()
    logging.getLogger(__name__).warning("whoever comes next is heard")
    assert len(caplog.records) == 3


def test_the_way_to_a_collector_needs_none_to_be_there() -> None:
    Traces(to_collector("http://127.0.0.1:9/v1/traces", 0.1), "gateway", "1", "one").close()
