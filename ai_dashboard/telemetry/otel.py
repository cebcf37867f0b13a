"""The way out to OpenTelemetry: spans of ours become its own, and go to a collector.

Everything here takes as long as it takes, and is called on a thread. Nothing of the SDK is global: what other parts of
a program have set up there is left alone. Imported only where traces are wanted (`ai-dashboard[otel]`).
"""

import logging
from collections.abc import Iterable

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from ai_dashboard.telemetry.traces import Parent, Span

KINDS = {"server": SpanKind.SERVER, "client": SpanKind.CLIENT}
NS = 1_000_000_000


class _Ended(SpanProcessor):
    """Keeps spans that have ended until they are taken."""

    def __init__(self) -> None:
        self._spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self._spans.append(span)

    def take(self) -> list[ReadableSpan]:
        """Those since the last time."""
        spans, self._spans = self._spans, []
        return spans


class _Once(logging.Filter):
    """Lets one complaint pass: an exporter repeats it with every try, for as long as nobody answers."""

    def __init__(self) -> None:
        super().__init__()
        self.complained = False

    def filter(self, _record: logging.LogRecord) -> bool:
        passes, self.complained = not self.complained, True
        return passes


class Traces:
    """One way to a collector. For one thread at a time."""

    def __init__(self, exporter: SpanExporter, service: str, version: str, instance: str) -> None:
        known = {"service.name": service, "service.version": version, "service.instance.id": instance}
        self._exporter = exporter
        self._logger = logging.getLogger(type(exporter).__module__)
        self._once = _Once()
        self._logger.addFilter(self._once)
        self._ended = _Ended()
        # What is exported has been decided before it comes here.
        self._provider = TracerProvider(
            sampler=ALWAYS_ON, resource=Resource.create(known), shutdown_on_exit=False, span_limits=None
        )
        self._provider.add_span_processor(self._ended)
        self._tracer = self._provider.get_tracer("ai_dashboard", version)

    def send(self, spans: Iterable[Span]) -> bool:
        """Hand these over; False where the collector did not take them."""
        for span in spans:
            self._write(span, Context() if span.parent is None else _remote(span.parent))
        ended = self._ended.take()
        if ended and self._exporter.export(ended) is not SpanExportResult.SUCCESS:
            return False
        self._once.complained = False
        return True

    def close(self) -> None:
        """Let go of the connection."""
        self._provider.shutdown()
        self._exporter.shutdown()
        self._logger.removeFilter(self._once)

    def _write(self, span: Span, context: Context) -> None:
        written = self._tracer.start_span(
            span.name,
            context=context,
            kind=KINDS[span.kind],
            attributes=dict(span.attributes),
            start_time=int(span.began * NS),
        )
        within = set_span_in_context(written, Context())
        for below in span.below:
            self._write(below, within)
        if span.error:
            written.set_status(Status(StatusCode.ERROR, span.error))
        written.end(int(span.ended * NS))


def to_collector(endpoint: str, timeout_s: float) -> SpanExporter:
    """OTLP over HTTP. Without an `endpoint` the variables of OpenTelemetry say where that is."""
    return OTLPSpanExporter(endpoint=endpoint or None, timeout=timeout_s)


def _remote(parent: Parent) -> Context:
    context = SpanContext(parent.trace_id, parent.span_id, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    return set_span_in_context(NonRecordingSpan(context), Context())
