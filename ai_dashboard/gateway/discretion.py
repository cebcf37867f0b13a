"""What may be said of a provider's failure. Some providers echo the key that they were sent, and where a provider
listens is nobody's business but the operator's: the one leaves every text, the other the texts that callers read.
"""

from collections.abc import Iterator

from ai_dashboard.core.errors import UpstreamError, UpstreamRejected
from ai_dashboard.gateway.generation import Generation, Upstream

MASK = "…"
SHORTEST_SECRET = 8
"""Characters. Servers of one's own are often given `x` or `EMPTY` for a key, which keeps no secret."""

_SECRET_HEADER_WORDS = ("key", "token", "auth", "secret", "cookie")


def mask_secrets(error: UpstreamError, upstream: Upstream) -> None:
    """Take the provider's secrets out of an error: of its message and of the reply that is passed on with it."""
    for secret in _secrets(upstream):
        error.message = _without_beginning(error.message.replace(secret, MASK), secret)
        if isinstance(error, UpstreamRejected):
            error.body = error.body.replace(secret.encode(), MASK.encode())


def without_addresses(text: str, generation: Generation) -> str:
    """`text` with the names of providers where their addresses stood."""
    addresses = {str(upstream.endpoint): name for name, upstream in generation.upstreams.items()}
    for address in sorted(addresses, key=len, reverse=True):  # one port may be the beginning of another
        text = text.replace(address, addresses[address])
    return text


def _without_beginning(message: str, secret: str) -> str:
    """A message that was cut to length may end inside the secret."""
    said = message.rstrip(MASK)
    for length in range(len(secret) - 1, SHORTEST_SECRET - 1, -1):
        if said.endswith(secret[:length]):
            return said[:-length] + MASK
    return message


def _secrets(upstream: Upstream) -> Iterator[str]:
    given = [upstream.provider.api_key.get_secret_value()] if upstream.provider.api_key else []
    for name, value in upstream.provider.headers.items():
        if any(word in name.lower() for word in _SECRET_HEADER_WORDS):
            given.append(value.removeprefix("Bearer "))
    yield from (secret for secret in given if len(secret) >= SHORTEST_SECRET)
