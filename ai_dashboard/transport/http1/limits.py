"""How much one client may ask of the server, and for how long."""

from ai_dashboard.core.data import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds. Going over one costs the client its connection, and nobody else anything."""

    max_header_bytes: int = 32 * 1024
    """Request line and headers together."""
    max_headers: int = 100
    max_body_bytes: int = 32 << 20
    header_read_s: float = 10.0
    """From the first byte of a request to the end of its headers; also how long a new connection may say nothing."""
    keep_alive_s: float = 75.0
    """How long a connection may rest between two requests."""
    body_idle_s: float = 10.0
    """How long a body may stand still; a slow one that moves is welcome."""
    linger_s: float = 2.0
    """How long a refused client is listened to after the reply, so that it can read it instead of a reset."""
    max_connections: int = 4096
    pipeline_depth: int = 16
    """Requests of one connection that wait behind the one being answered before no more is read."""
    write_high_water: int = 64 * 1024
    """Reply bytes that a slow client may leave unsent before `Exchange.drain` waits."""
    read_ahead: int = 256 * 1024
    """Body bytes taken in before the handler has asked for the body."""
