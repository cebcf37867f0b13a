"""`metrics:` and `otel:` of `gateway.yaml`: what programs that watch over the gateway are told."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from ai_dashboard.config.hosts import is_http
from ai_dashboard.config.schema.base import Count, Positive, Section


class MetricsSettings(Section):
    """`/metrics`, as Prometheus reads it."""

    enabled: bool = True
    """Whether it is answered."""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """A port besides, on which `/metrics` alone is answered. Of several workers each takes the next free one, so that
    each can be asked for its own figures. Takes effect at the next start."""
    max_models: Annotated[int, Field(ge=1, le=20_000)] = 1000
    """Models (each at each of its providers) that have figures of their own; the rest of a provider's are `other`
    together. One takes about 4 KB of every scrape."""


def _collector(value: str) -> str:
    if value and not is_http(value):
        raise PydanticCustomError("otel_endpoint", "should look like http://127.0.0.1:4318/v1/traces")
    return value


class OtelSettings(Section):
    """Traces for OpenTelemetry: each request as a span, and one in it for every provider that was asked. Needs
    `ai-dashboard[otel]`."""

    enabled: bool = False
    """Whether they are exported."""
    endpoint: Annotated[str, AfterValidator(_collector)] = ""
    """Where a collector takes OTLP over HTTP, such as `http://127.0.0.1:4318/v1/traces`. Without it the variables that
    all of OpenTelemetry goes by say so (`OTEL_EXPORTER_OTLP_ENDPOINT`); they also hold its keys
    (`OTEL_EXPORTER_OTLP_HEADERS`)."""
    service_name: Annotated[str, Field(min_length=1)] = "ai-dashboard"
    """What the gateway is called in traces."""
    sample: Annotated[float, Field(ge=0, le=1)] = 1.0
    """The share of requests that are exported. Those whose callers trace them are exported as the caller decided."""
    timeout_s: Positive = 5
    """Seconds that the collector is given to take a batch."""
    per_second: Count = 500
    """Requests a second that are exported at most; further ones are left out, and counted."""
