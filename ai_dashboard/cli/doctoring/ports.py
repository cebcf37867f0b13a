"""Who holds the gateway's port, and whether somebody listens where local providers should be."""

import errno
import socket
from collections.abc import Iterator

from ai_dashboard.cli.doctoring.finding import Finding, Level
from ai_dashboard.cli.neighbour import describe_listener, free_port_after, is_ours, url_of
from ai_dashboard.config.hosts import is_loopback, split_url
from ai_dashboard.config.load import Loaded
from ai_dashboard.config.schema import GatewaySettings

PORT = "port"
CONNECT_S = 0.5


def check_ports(loaded: Loaded) -> Iterator[Finding]:
    """The gateway's own, then those of providers on this machine."""
    listen = (loaded.config.gateway if loaded.config is not None else GatewaySettings()).listen
    yield _own(listen.host, listen.port)
    providers = loaded.config.providers.values() if loaded.config is not None else ()
    for provider in providers:
        _, host, port = split_url(provider.base_url)
        if not provider.active or port is None or not is_loopback(host):
            continue
        if port == listen.port:
            text = f"{provider.name} is said to be at {host}:{port}, which is the gateway's own port"
            yield Finding(PORT, Level.PROBLEM, text, "correct its `base_url`, or `listen.port`")
        elif not _listens(host, port):
            text = f"nobody listens at {host}:{port} ({provider.name})"
            yield Finding(PORT, Level.WARNING, text, "start that server, or set `status: disabled`")
        else:
            yield Finding(PORT, Level.OK, f"{provider.name} is at {host}:{port}: {describe_listener(host, port)}")


def _own(host: str, port: int) -> Finding:
    """Whether a gateway could listen, or does."""
    if port == 0:
        return Finding(PORT, Level.OK, "the gateway takes any free port")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return _taken(host, port, error)
    return Finding(PORT, Level.OK, f"{host}:{port} is free for the gateway")


def _taken(host: str, port: int, error: OSError) -> Finding:
    if error.errno == errno.EACCES:
        text = f"{host}:{port} needs rights that you do not have"
        return Finding(PORT, Level.PROBLEM, text, "set `listen.port` in gateway.yaml to 1024 or more")
    if error.errno != errno.EADDRINUSE:
        text = f"the gateway cannot listen on {host}:{port}: {error.strerror or error}"
        return Finding(PORT, Level.PROBLEM, text, "set `listen.host` in gateway.yaml to an address of this machine")
    if is_ours(url_of(host, port)):
        return Finding(PORT, Level.OK, f"{host}:{port} is served by a gateway of yours")
    fix = f"stop that, or set `listen.port` in gateway.yaml (free: {free_port_after(host, port)})"
    return Finding(PORT, Level.PROBLEM, f"{host}:{port} is taken by {describe_listener(host, port)}", fix)


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), CONNECT_S):
            return True
    except OSError:
        return False
