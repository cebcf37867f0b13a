"""How long a provider may take."""

from ai_dashboard.core.data import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. Time in which nobody waits for the provider (a slow client, say) counts towards `total_s` only."""

    connect_s: float = 5.0
    """Name look-up, connect and TLS together."""
    first_byte_s: float = 30.0
    """From the request to the head of the reply."""
    idle_s: float = 30.0
    """Between two pieces of the body."""
    total_s: float = 600.0
    """From the call of `send` to the last byte."""


DEFAULT = Timeouts()
