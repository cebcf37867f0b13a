"""`request_log` in `gateway.yaml`: what is remembered of requests beyond the next start."""

from typing import Annotated, Literal

from pydantic import AliasChoices, BeforeValidator, Field

from ai_dashboard.config.schema.base import Count, Positive, Section


def _off(value: object) -> object:
    """YAML reads a bare `off` as false."""
    return "off" if value is False else value


Bodies = Annotated[Literal["off", "redacted", "full"], BeforeValidator(_off)]


class RequestLogSettings(Section):
    """One row for each request, in a file of the state folder."""

    enabled: bool = True
    """Whether requests are written down at all."""
    bodies: Annotated[Bodies, Field(validation_alias=AliasChoices("bodies", "log_bodies"))] = "off"
    """What is kept of the texts themselves: nothing (`off`), with keys, addresses and numbers of people taken out
    (`redacted`), or everything (`full`)."""
    max_body_kb: Count = 64
    """KiB of a body that are kept at most."""
    keep_days: Positive = 30
    """Days after which rows are deleted."""
    max_mb: Positive = 1024
    """MiB that the file may have; the oldest rows go first."""
