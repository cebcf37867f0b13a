"""The requests that carry an ask to Google: where they go, and with which headers."""

from urllib.parse import quote

from ai_dashboard.core.chat import Ask, Form, HttpRequest, Target
from ai_dashboard.dialects.kinds import Kind
from ai_dashboard.dialects.openai.passthrough import key_header


def request_of(ask: Ask, target: Target, kind: Kind, form: Form, body: bytes) -> HttpRequest:
    """The request that carries a body. What the operator says of headers holds against everything else."""
    method = "streamGenerateContent" if ask.stream else "generateContent"
    path = kind.paths[form].format(model=quote(bare(target.model), safe="/"), method=method)
    if ask.stream:
        path += "?alt=sse"  # without it the stream is one JSON array
    headers = [("content-type", "application/json")]
    headers.append(("accept", "text/event-stream" if ask.stream else "application/json"))
    if target.api_key:
        headers.append(key_header(kind.auth, target.api_key))
    said = {name for name, _ in target.headers}
    headers = [header for header in headers if header[0] not in said]
    return HttpRequest("POST", target.base_path + path, (*headers, *target.headers), body)


def bare(model: str) -> str:
    """A model's name without the folder that Google's lists show it in."""
    return model.removeprefix("models/")
