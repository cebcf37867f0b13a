"""A `ChatRequest`, written for an OpenAI-compatible provider. What came in goes out untouched wherever it can."""

from ai_dashboard.core.chat import ChatRequest, HttpRequest, Target
from ai_dashboard.dialects.body import encode, with_numbers_as_written
from ai_dashboard.dialects.kinds import Kind

OWN_FIELDS = frozenset({"capability"})
"""Fields that speak to the gateway and mean nothing to a provider (OpenAI refuses fields that it does not know)."""


def write_request(ask: ChatRequest, target: Target, kind: Kind) -> HttpRequest:
    """The request as the provider wants it; its body is the caller's own bytes when nothing has to change."""
    changes: dict[str, object] = {}
    if ask.model != target.model:
        changes["model"] = target.model
    if ask.stream and kind.stream_usage and not ask.include_usage:
        options = ask.body.get("stream_options")
        changes["stream_options"] = {**(options if isinstance(options, dict) else {}), "include_usage": True}
    own = OWN_FIELDS & ask.body.keys()
    if changes or own:
        changed = with_numbers_as_written(ask.body, ask.raw) | changes
        body = encode({name: value for name, value in changed.items() if name not in own})
    else:
        body = ask.raw
    headers = [
        ("content-type", "application/json"),
        ("accept", "text/event-stream" if ask.stream else "application/json"),
    ]
    if target.api_key:
        headers.append(("authorization", f"Bearer {target.api_key}"))
    return HttpRequest("POST", target.base_path + kind.chat_path, (*headers, *target.headers), body)
