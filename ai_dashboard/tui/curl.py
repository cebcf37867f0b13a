"""A request as a command that can be pasted into a shell. Pure."""

import json
import shlex
from ipaddress import ip_address

from ai_dashboard.core.records import RequestRecord
from ai_dashboard.core.snapshot import GatewayView

PROMPT = "Say hello."
"""What the copied command asks: what was really asked is not recorded."""


def base_url(gateway: GatewayView) -> str:
    """Where a client on this machine reaches the gateway, with `/v1`. A wildcard address is reached by loopback."""
    host = gateway.host
    try:
        address = ip_address(host)
    except ValueError:
        return f"http://{host}:{gateway.port}/v1"
    if address.is_unspecified:
        host = "127.0.0.1"
    elif address.version == 6:
        host = f"[{host}]"
    return f"http://{host}:{gateway.port}/v1"


def curl(gateway: GatewayView, model: str, *, stream: bool = False) -> str:
    """A runnable curl command that asks `model` through the gateway."""
    body: dict[str, object] = {"model": model, "messages": [{"role": "user", "content": PROMPT}]}
    if stream:
        body["stream"] = True
    flags = "-sN" if stream else "-s"
    url = shlex.quote(f"{base_url(gateway)}/chat/completions")
    # JSON in ASCII: control characters in a model's name arrive as escapes, in the shell and on the screen.
    return f"curl {flags} {url} -H 'Content-Type: application/json' -d {shlex.quote(json.dumps(body))}"


def curl_of(gateway: GatewayView, record: RequestRecord) -> str:
    """The command for a request of the list."""
    return curl(gateway, record.asked, stream=record.stream)
