"""How a request is written in each dialect: path, headers, body. Pure; what was really asked is not recorded."""

from collections.abc import Mapping
from dataclasses import field
from ipaddress import ip_address
from urllib.parse import quote

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.records import RequestRecord
from ai_dashboard.core.snapshot import GatewayView

PROMPT = "Say hello."
"""What a copied request asks, in place of what was asked."""

EMBEDDINGS = "embeddings"
"""What a request for embeddings needs, as routing knows it."""

ANTHROPIC_VERSION = "2023-06-01"
MAX_TOKENS = 1024
"""Anthropic's form wants a number."""

JsonObject = dict[str, object]


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked: which model, in which dialect, for text (as a stream or not) or for embeddings."""

    model: str
    dialect: str = "openai"
    stream: bool = False
    embeds: bool = False


@dataclass(frozen=True, slots=True)
class Post:
    """A POST to the gateway's `path`."""

    path: str
    body: JsonObject
    headers: Mapping[str, str] = field(default_factory=dict)


def asking_of(record: RequestRecord) -> Asking:
    """What a request of the list asked."""
    embeds = record.facts is not None and EMBEDDINGS in record.facts.needs
    return Asking(record.asked, record.dialect, record.stream, embeds)


def root_url(gateway: GatewayView) -> str:
    """Where a client on this machine reaches the gateway. A wildcard address is reached by loopback."""
    host = gateway.host
    try:
        address = ip_address(host)
    except ValueError:
        return f"http://{host}:{gateway.port}"
    if address.is_unspecified:
        host = "127.0.0.1"
    elif address.version == 6:
        host = f"[{host}]"
    return f"http://{host}:{gateway.port}"


def base_url(gateway: GatewayView) -> str:
    """The same with `/v1`, as OpenAI's clients want it."""
    return f"{root_url(gateway)}/v1"


def post_of(asking: Asking) -> Post:
    """The request in its dialect; in OpenAI's where the dialect is another one."""
    match asking.dialect:
        case "anthropic":
            return _anthropic(asking)
        case "google":
            return _google(asking)
        case "ollama":
            return _ollama(asking)
        case _:
            return _openai(asking)


def _openai(asking: Asking) -> Post:
    if asking.embeds:
        return Post("/v1/embeddings", {"model": asking.model, "input": PROMPT})
    return Post("/v1/chat/completions", _chat(asking) | ({"stream": True} if asking.stream else {}))


def _anthropic(asking: Asking) -> Post:
    body = _chat(asking) | {"max_tokens": MAX_TOKENS} | ({"stream": True} if asking.stream else {})
    return Post("/v1/messages", body, {"anthropic-version": ANTHROPIC_VERSION})


def _ollama(asking: Asking) -> Post:
    if asking.embeds:
        return Post("/api/embed", {"model": asking.model, "input": PROMPT})
    # Without a word about it, Ollama's form is a stream.
    return Post("/api/chat", _chat(asking) | {"stream": asking.stream})


def _google(asking: Asking) -> Post:
    path = f"/v1beta/models/{quote(asking.model, safe='', errors='replace')}"
    content = {"parts": [{"text": PROMPT}]}
    if asking.embeds:
        return Post(f"{path}:embedContent", {"content": content})
    verb = "streamGenerateContent?alt=sse" if asking.stream else "generateContent"
    return Post(f"{path}:{verb}", {"contents": [{"role": "user", **content}]})


def _chat(asking: Asking) -> JsonObject:
    return {"model": asking.model, "messages": [{"role": "user", "content": PROMPT}]}
