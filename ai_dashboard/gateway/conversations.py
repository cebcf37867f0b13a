"""Conversations that callers of the Responses API go on from by naming the last reply."""

import hashlib

from ai_dashboard.core.chat import Ask
from ai_dashboard.dialects.forms import Relay
from ai_dashboard.dialects.openai.responses_store import ResponseStore, Told, continued, remember_reply
from ai_dashboard.dialects.relay import Translation
from ai_dashboard.gateway.guard import presented_key
from ai_dashboard.transport.http1 import Exchange

MAX_CONVERSATIONS = 10_000
MAX_BYTES = 64 << 20


class Conversations:
    """Kept in memory, each for the key that it was held with."""

    def __init__(self) -> None:
        self._store = ResponseStore(max_entries=MAX_CONVERSATIONS, max_bytes=MAX_BYTES)

    def continued(self, ask: Ask, exchange: Exchange) -> Ask:
        """The ask, with the conversation that it goes on from."""
        return continued(ask, self._store, _owner(exchange))

    def remember(self, ask: Ask, exchange: Exchange, relay: Relay | Told, provider: str) -> None:
        """Keep what a whole reply has added. A reply that was passed on as it came is kept by its provider too."""
        translated = isinstance(relay, Translation)
        told = relay.encoder if isinstance(relay, Translation) else relay
        if isinstance(told, Told):
            remember_reply(ask, told, self._store, _owner(exchange), kept_by="" if translated else provider)


def _owner(exchange: Exchange) -> str:
    """Whose a conversation is. The key itself is not kept."""
    key = presented_key(exchange)
    return hashlib.sha256(key).hexdigest() if key else ""
