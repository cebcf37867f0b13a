"""Foreign failures in plain words, as members of the error tree. Nothing outside `transport` sees an `OSError`."""

import errno
import socket
import ssl

from ai_dashboard.core.errors import UpstreamTimeout, UpstreamTruncated, UpstreamUnreachable
from ai_dashboard.transport.client.endpoint import Endpoint

_PLAIN_WORDS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "the connection was reset",
    errno.EHOSTUNREACH: "no route to the host",
    errno.ENETUNREACH: "the network is unreachable",
    errno.ETIMEDOUT: "the connection attempt timed out",
    errno.EMFILE: "this process has too many open files",
    errno.EADDRNOTAVAIL: "no free local port",
}


def unreachable(endpoint: Endpoint, error: OSError, first_hop: Endpoint | None = None) -> UpstreamUnreachable:
    """DNS, connect or TLS failed, with what to do about it. `first_hop` is where we connect to, if that is a proxy."""
    if isinstance(error, socket.gaierror):
        return UpstreamUnreachable(
            f"{endpoint}: the name {(first_hop or endpoint).host} cannot be resolved.",
            hint="Check base_url and the network.",
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return UpstreamUnreachable(
            f"{endpoint}: its TLS certificate is not trusted ({error.verify_message}).",
            hint="Check the host name, or add its authority to the system's certificates (SSL_CERT_FILE).",
        )
    if isinstance(error, ssl.SSLError):
        return UpstreamUnreachable(
            f"{endpoint}: TLS failed ({getattr(error, 'reason', None) or 'no common ground'}).",
            hint="Check that base_url is https.",
        )
    why = _PLAIN_WORDS.get(error.errno or 0) or error.strerror or type(error).__name__
    if first_hop is not None and first_hop != endpoint:
        return UpstreamUnreachable(
            f"{endpoint}: {why}, on the way through the proxy {first_hop}.",
            hint="Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.",
        )
    return UpstreamUnreachable(f"{endpoint}: {why}.", hint="Check that it is running and that base_url is right.")


def late(endpoint: Endpoint, what: str, limit_s: float) -> UpstreamTimeout:
    """A deadline passed: `what` says for which, `limit_s` how long it was."""
    return UpstreamTimeout(f"{endpoint}: {what} within {limit_s:g} s.")


def cut(endpoint: Endpoint, where: str) -> UpstreamTruncated:
    """The provider closed or reset the connection too early."""
    return UpstreamTruncated(f"{endpoint}: the connection ended {where}.")
