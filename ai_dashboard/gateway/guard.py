"""Who may come in: the names that this gateway goes by, the pages that may call it, and the keys that open it.

A browser on the operator's machine can be made to call a port on loopback, so a `Host` that is not ours (DNS rebinding)
and an `Origin` that is not ours (a foreign page) are refused before anything is looked up.
"""

import socket
from collections.abc import Callable
from urllib.parse import parse_qs

from ai_dashboard.config.schema import GatewaySettings
from ai_dashboard.core.errors import CallerError, Forbidden, Unauthorized, UnsupportedMediaType
from ai_dashboard.gateway.loopback import ipaddress_or_none, is_loopback
from ai_dashboard.gateway.routes import Scope
from ai_dashboard.tenancy.access import require_scope
from ai_dashboard.tenancy.identity import Identity
from ai_dashboard.transport.http1 import Exchange

# By names of their own: to look a member up in its enumeration takes twenty times as long.
OPEN, CALL = Scope.OPEN, Scope.CALL

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")

MAX_KNOWN_HOSTS = 64

NO_KEY_OF_THEIR_OWN = frozenset({"", "master"})
"""Callers without a key, and all those who share one: the admin API wants to know who it is."""


class Guard:
    """Decides on a request's head alone. `host` is where the gateway listens; the names are those of the settings in
    force, and change with them, as does whoever `identity` knows."""

    def __init__(
        self, host: str, settings: GatewaySettings, identity: Callable[[], Identity], *, insecure: bool = False
    ) -> None:
        self._host = host
        self._identity = identity
        self._insecure = insecure
        self._own_names = own_names(host)
        self.adopt(settings)

    def check(self, settings: GatewaySettings) -> None:
        """Raises `CallerError` for settings under which everybody on the network could call."""
        has_key = settings.auth.master_key is not None or settings.auth.jwt is not None or self._identity().has_keys
        refuse_open_listener(self._host, has_key=has_key, insecure=self._insecure)

    def adopt(self, settings: GatewaySettings) -> None:
        """Let in by these from now on; what has been let in goes on."""
        names = (*self._own_names, *settings.allowed_hosts)
        self._hosts = frozenset(name.lower().encode() for name in names)
        self._known: set[bytes | None] = {None}

    def admit(self, exchange: Exchange, scope: Scope) -> None:
        """Find out who it is. Raises `Forbidden` or `Unauthorized` with what to do."""
        self._check_names(exchange)
        if scope is OPEN:
            return
        caller = exchange.caller = self._identity().identify(presented_key(exchange))
        if scope is CALL:
            require_scope(caller, "chat")
        elif scope is Scope.READ:
            require_scope(caller, "read")
        elif caller.key_id in NO_KEY_OF_THEIR_OWN:
            raise Unauthorized("this needs the admin token", hint="send it as `Authorization: Bearer …`")
        else:
            require_scope(caller, "admin")

    def _check_names(self, exchange: Exchange) -> None:
        host = exchange.header(b"host")
        if host not in self._known:
            self._check_host(host or b"")
        origin = exchange.header(b"origin")
        if origin is not None and _without_port(origin.partition(b"://")[2]) not in self._hosts:
            raise Forbidden("pages of another origin may not call this gateway")

    def _check_host(self, host: bytes) -> None:
        """A host that passed is remembered with its port: nearly all requests bring one of a few."""
        if _without_port(host) not in self._hosts:
            raise Forbidden(
                f"this gateway is not called {host.decode('latin-1')!r}",
                hint="use http://127.0.0.1 or http://localhost, or add the name to `allowed_hosts` in gateway.yaml",
            )
        if len(self._known) < MAX_KNOWN_HOSTS:
            self._known.add(host)


def presented_key(exchange: Exchange) -> bytes | None:
    """The key that a caller sent, in whichever header its SDK uses."""
    authorization = exchange.header(b"authorization")
    if authorization is not None and authorization[:7].lower() == b"bearer ":
        return authorization[7:].strip()
    key = exchange.header(b"x-api-key") or exchange.header(b"x-goog-api-key")
    return _key_in(exchange.query) if key is None and "key=" in exchange.query else key


def _key_in(query: str) -> bytes | None:
    """Where Google's own examples have it."""
    keys = parse_qs(query).get("key")
    return keys[-1].encode() if keys else None


def require_json(exchange: Exchange) -> None:
    """A page can send a form to anybody, but not JSON: so JSON has to be called JSON."""
    given = exchange.header(b"content-type")
    if given == b"application/json":
        return
    content_type = (given or b"").partition(b";")[0].strip().lower()
    if content_type != b"application/json":
        shown = content_type.decode("latin-1") or "nothing"
        raise UnsupportedMediaType(
            f"the body has to be JSON and call itself so; its content type is {shown}",
            hint="send the header `Content-Type: application/json`",
        )


def own_names(listen_host: str) -> tuple[str, ...]:
    """Every name of this machine by which a gateway that listens on `listen_host` may be called."""
    names = [*LOOPBACK_NAMES]
    if not is_loopback(listen_host):
        names += [socket.gethostname(), socket.getfqdn()]
    address = ipaddress_or_none(listen_host)
    if address is None or not address.is_unspecified:
        names.append(f"[{listen_host}]" if ":" in listen_host else listen_host)
    return tuple(dict.fromkeys(names))


def refuse_open_listener(host: str, *, has_key: bool, insecure: bool) -> None:
    """Raises `CallerError` for a listener that others can reach and that asks for no key."""
    if not (is_loopback(host) or has_key or insecure):
        raise CallerError(
            f"listening on {host} would let everybody on the network spend your keys",
            hint="set `auth.master_key` in gateway.yaml, or say --insecure",
        )


def _without_port(host: bytes) -> bytes:
    name, colon, port = host.rpartition(b":")
    return (name if colon and port.isdigit() else host).lower()
