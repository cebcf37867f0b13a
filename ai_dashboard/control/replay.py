"""A request that the log kept whole, asked again through the gateway's own address like anybody's."""

from urllib.parse import quote, unquote

import httpx
import orjson

from ai_dashboard.core.control import Replayed
from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.request_log import LoggedRequest
from ai_dashboard.gateway.loopback import ipaddress_or_none

PATIENCE = httpx.Timeout(600.0, connect=2.0)
"""As long as an answer may take; whoever asked for it can give up before."""

GOOGLE = "models/"
"""Before the model in the paths of Google's form; other forms have it in the body."""


async def replay(door: httpx.AsyncClient, logged: LoggedRequest, model: str) -> Replayed:
    """Ask it again, of `model` or of the one that was asked; the answer is read to its end and thrown away, as the new
    record tells of it. Raises `CallerError` for what was not kept whole."""
    path, body = again(logged, model)
    headers = {"content-type": "application/json", "cache-control": "no-cache"}  # an answer, not the one there was
    async with door.stream("POST", path, content=body, headers=headers, timeout=PATIENCE) as reply:
        async for _ in reply.aiter_raw():
            pass
    return Replayed(reply.headers.get("x-request-id", ""), reply.status_code)


def root_url(host: str, port: int) -> str:
    """Where a listener on `host` is reached from this machine. A wildcard address is reached by loopback."""
    address = ipaddress_or_none(host)
    if address is not None and address.is_unspecified:
        host = "127.0.0.1"
    elif address is not None and address.version == 6:
        host = f"[{host}]"
    return f"http://{host}:{port}"


def again(logged: LoggedRequest, model: str) -> tuple[str, bytes]:
    """The path and the body of a request that is asked again."""
    if logged.request_body is None:
        raise CallerError("what was asked is not kept", hint="`request_log.bodies: full` in gateway.yaml keeps it")
    try:
        body = orjson.loads(logged.request_body)
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise CallerError("what was asked is not kept whole", hint="raise `request_log.max_body_kb` in gateway.yaml")
    path = logged.path
    if model and logged.dialect == "google":
        before, _, named = path.partition(GOOGLE)
        verb = unquote(named).rpartition(":")[2]
        path = f"{before}{GOOGLE}{quote(model, safe='')}:{verb}"
    elif model:
        body["model"] = model
    return path, orjson.dumps(body)
