"""Who may come in: the names that this gateway goes by, the pages that may call it, and the keys that open it.

A browser on the operator's machine can be made to call a port on loopback, so a `Host` that is not ours (DNS rebinding)
and an `Origin` that is not ours (a foreign page) are refused before anything is looked up.
"""

import hmac
import socket

from ai_dashboard.config.schema import GatewaySettings
from ai_dashboard.core.errors import CallerError, Forbidden, Unauthorized, UnsupportedMediaType
from ai_dashboard.gateway.loopback import ipaddress_or_none, is_loopback
from ai_dashboard.gateway.routes import Scope
from ai_dashboard.transport.http1 import Exchange

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")

MAX_KNOWN_HOSTS = 64


class Guard:
    """Decides on a request's head alone. `host` is where the gateway listens; the names and the key that callers need
    are those of the settings in force, and change with them."""

    def __init__(self, host: str, settings: GatewaySettings, *, admin_token: str, insecure: bool = False) -> None:
        self._host = host
        self._insecure = insecure
        self._own_names = own_names(host)
        self._admin_token = admin_token.encode()
        self.adopt(settings)

    def check(self, settings: GatewaySettings) -> None:
        """Raises `CallerError` for settings under which everybody on the network could call."""
        has_key = settings.auth.master_key is not None
        refuse_open_listener(self._host, has_key=has_key, insecure=self._insecure)

    def adopt(self, settings: GatewaySettings) -> None:
        """Let in by these from now on; what has been let in goes on."""
        key = settings.auth.master_key
        names = (*self._own_names, *settings.allowed_hosts)
        self._call_key = key.get_secret_value().encode() if key is not None else None
        self._hosts = frozenset(name.lower().encode() for name in names)
        self._known: set[bytes | None] = {None}

    def admit(self, exchange: Exchange, scope: Scope) -> None:
        """Raises `Forbidden` or `Unauthorized` with what to do."""
        self._check_names(exchange)
        call_key = self._call_key
        if scope is Scope.OPEN or (scope is Scope.CALL and call_key is None):
            return
        key = presented_key(exchange)
        if key is not None and hmac.compare_digest(key, self._admin_token):
            return
        if scope is Scope.ADMIN or call_key is None:
            raise Unauthorized("this needs the admin token", hint="send it as `Authorization: Bearer …`")
        if key is None:
            raise Unauthorized("this gateway needs a key", hint="send it as `Authorization: Bearer …` or `x-api-key`")
        if not hmac.compare_digest(key, call_key):
            raise Unauthorized("this key is not known here", hint="ask the operator of this gateway for one")

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
    return exchange.header(b"x-api-key") or exchange.header(b"x-goog-api-key")


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
