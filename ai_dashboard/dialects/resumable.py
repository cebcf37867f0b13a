"""A relay whose reply another provider can go on with when the first breaks off in the middle of its text, or give in
its place when that has not begun.

The caller's side goes on as if nothing had happened: one head, one end. An answer that begins anew instead of going on
is never spliced to what has been said.
"""

from ai_dashboard.core.errors import UpstreamInvalid
from ai_dashboard.core.events import Event, Finished, Refusal, Signature, Started, Text, Thinking, ToolCall, Usage
from ai_dashboard.dialects.forms import Decoder, Encoder
from ai_dashboard.dialects.relay import Translation

ECHO_CHARS = 24
"""An answer whose first characters, so many, are those of the answer that broke off has begun anew."""

CHARS_PER_TOKEN = 4


class Resumable(Translation):
    """Remembers the text of a streamed answer for as long as that is all that there is."""

    def __init__(self, decoder: Decoder, encoder: Encoder) -> None:
        super().__init__(decoder, encoder, commits_at_end=False)
        self._texts: list[str] = []
        self._only_text = True
        self._resumed = False
        self._echo: str | None = None
        self._before = 0

    @property
    def so_far(self) -> str | None:
        """What was said; None where nobody can go on from it: a call, a refusal, several answers, or the end."""
        text = "".join(self._texts)
        return text if text and self._only_text and not self._finished else None

    @property
    def unsaid(self) -> bool:
        """Whether nothing of the answer itself was said, but perhaps what its model thought."""
        return not self._texts and self._only_text and not self._finished

    @property
    def before(self) -> int:
        """Tokens, about, that were said by others than the provider that was asked last."""
        return self._before

    def restart(self, decoder: Decoder) -> None:
        """Read the whole answer from another provider. What that one thinks is not said: the caller has read what the
        first one thought."""
        self._decoder = decoder
        self._before = -(-self.said // CHARS_PER_TOKEN)
        self._resumed, self.usage = True, None
        self._unfinished.clear()
        self._held, self.committed = 0, False

    def resume(self, decoder: Decoder) -> None:
        """Read on from another provider, which was told what has been said so far."""
        self._decoder = decoder
        self._before = -(-len("".join(self._texts)) // CHARS_PER_TOKEN)
        self._resumed, self._echo, self.usage = True, "", None
        self._held, self.committed = 0, False

    def _encode(self, event: Event) -> bytes:
        match event:
            case Text(choice=0):
                return self._text(event)
            case Text() | ToolCall() | Refusal():
                self._only_text = False
            case Started() | Thinking() | Signature() if self._resumed:
                return b""  # all of that has been said at the beginning
            case Usage() if self._resumed:
                said = event.completion_tokens + self._before
                return super()._encode(Usage(event.prompt_tokens, said, event.cached_tokens, estimated=True))
            case Finished() if self._echo:
                return self._released() + super()._encode(event)
            case _:
                pass
        return super()._encode(event)

    def _text(self, event: Text) -> bytes:
        if self._echo is None:
            self._texts.append(event.text)
            return super()._encode(event)
        self._echo += event.text
        begun = "".join(self._texts)[:ECHO_CHARS]
        if self._echo.startswith(begun):
            raise UpstreamInvalid("it began the answer anew instead of going on")
        return b"" if begun.startswith(self._echo) else self._released()

    def _released(self) -> bytes:
        """What was held back until it was plain that it goes on."""
        text, self._echo = self._echo or "", None
        self._texts.append(text)
        return super()._encode(Text(text))
