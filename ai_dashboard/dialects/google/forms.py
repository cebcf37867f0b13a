"""The forms of Google's dialect."""

from ai_dashboard.dialects.embeddings import EmbedCaller, EmbedProvider
from ai_dashboard.dialects.forms import CallerForm, ProviderForm
from ai_dashboard.dialects.google import embed
from ai_dashboard.dialects.google.decode import decoder
from ai_dashboard.dialects.google.encode import KEEP_ALIVE, encoder
from ai_dashboard.dialects.google.errors import error_body, error_frame
from ai_dashboard.dialects.google.read import read
from ai_dashboard.dialects.google.tap import tap
from ai_dashboard.dialects.google.write import write

STREAM = "text/event-stream"

CALLERS: tuple[CallerForm, ...] = (
    CallerForm("google.generate", STREAM, read, encoder, tap, error_body, error_frame, KEEP_ALIVE),
)

PROVIDERS: tuple[ProviderForm, ...] = (ProviderForm("google.generate", STREAM, write, decoder),)

EMBED_CALLERS: tuple[EmbedCaller, ...] = (
    EmbedCaller("google.embed", embed.read_one, embed.encode, error_body),
    EmbedCaller("google.batch_embed", embed.read_batch, embed.encode, error_body),
)

EMBED_PROVIDERS: tuple[EmbedProvider, ...] = (
    EmbedProvider("google.embed", embed.write, embed.decode),
    EmbedProvider("google.batch_embed", embed.write, embed.decode),
)
