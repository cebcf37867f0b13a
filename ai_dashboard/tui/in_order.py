"""Keys one after the other, however fast they come.

Textual hands a key to what is focused, and what is not taken there comes back to the app, which looks for a binding. Of
keys that arrive together (over a slow line, from a key that is held, from a script) a letter would overtake the
backspace before it, and what follows an enter would still go into the line that the enter closes. Here a key waits
until the one before it was taken or has come back: a message sent after that takes the same way.
"""

from collections import deque

from textual import events
from textual.app import App
from textual.message import Message
from textual.timer import Timer

PATIENCE_S = 0.5
"""A key that has not come back by then was lost with the widget that had it; the next ones go on."""


Typed = events.Key | events.Paste


class KeyDone(Message, bubble=True):
    """Whoever could take the key before this has had it: the `turn`th that was handed out."""

    def __init__(self, turn: int) -> None:
        super().__init__()
        self.turn = turn


class InOrder(App[None]):
    """An app that takes keys in the order in which they were pressed."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[Typed] = deque()
        self._under_way = False
        self._turn = 0
        self._lost: Timer | None = None

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, Typed) or event.is_forwarded:
            await super().on_event(event)
        elif not self._under_way:
            await self._hand_out(event)
        else:
            self._waiting.append(event)
            if self._lost is None:
                self._lost = self.set_timer(PATIENCE_S, self._next)

    def on_key_done(self, done: KeyDone) -> None:
        """The next one, once what the last one began is done: a focus moves when the app comes to it."""
        if done.turn == self._turn:  # else nobody waits for it any longer
            self.call_later(self._next)

    async def _next(self) -> None:
        self._under_way = False
        if self._lost is not None:
            self._lost.stop()
            self._lost = None
        if self._waiting:
            await self._hand_out(self._waiting.popleft())

    async def _hand_out(self, typed: Typed) -> None:
        taker = self.focused or self.screen
        self._under_way = True
        self._turn += 1
        if self._waiting:
            self._lost = self.set_timer(PATIENCE_S, self._next)
        await super().on_event(typed)
        done = KeyDone(self._turn)
        if not taker.post_message(done):
            self.on_key_done(done)
