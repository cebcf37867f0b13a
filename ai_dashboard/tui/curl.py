"""A request as a command that can be pasted into a shell. Pure."""

import json
import shlex

from ai_dashboard.core.records import RequestRecord
from ai_dashboard.core.snapshot import GatewayView
from ai_dashboard.tui.requesting import Asking, asking_of, post_of, root_url


def curl(gateway: GatewayView, asking: Asking) -> str:
    """A runnable curl command that asks through the gateway."""
    post = post_of(asking)
    flags = "-sN" if asking.stream else "-s"
    headers = {"Content-Type": "application/json", **post.headers}
    said = " ".join(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items())
    # JSON in ASCII: control characters in a model's name arrive as escapes, in the shell and on the screen.
    return f"curl {flags} {shlex.quote(root_url(gateway) + post.path)} {said} -d {shlex.quote(json.dumps(post.body))}"


def curl_of(gateway: GatewayView, record: RequestRecord) -> str:
    """The command for a request of the list."""
    return curl(gateway, asking_of(record))
