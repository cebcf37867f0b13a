"""The forms of OpenAI's dialect."""

from ai_dashboard.dialects.embeddings import EmbedCaller, EmbedProvider
from ai_dashboard.dialects.forms import CallerForm, ProviderForm
from ai_dashboard.dialects.openai import completions, completions_encode, decode, embeddings, encode, read, write
from ai_dashboard.dialects.openai.errors import error_body, error_frame
from ai_dashboard.dialects.openai.passthrough import pass_on
from ai_dashboard.dialects.openai.tap import tap

STREAM = "text/event-stream"

CALLERS: tuple[CallerForm, ...] = (
    CallerForm("openai.chat", STREAM, read.read, encode.encoder, tap, error_body, error_frame),
    CallerForm(
        "openai.completions", STREAM, completions.read, completions_encode.encoder, tap, error_body, error_frame
    ),
)

PROVIDERS: tuple[ProviderForm, ...] = (
    ProviderForm("openai.chat", STREAM, write.write, decode.decoder),
    # Asked only by callers of this very form, so nothing ever has to be decoded here.
    ProviderForm("openai.completions", STREAM, pass_on, decode.decoder),
)

EMBED_CALLERS: tuple[EmbedCaller, ...] = (
    EmbedCaller("openai.embeddings", embeddings.read, embeddings.encode, error_body),
)

EMBED_PROVIDERS: tuple[EmbedProvider, ...] = (EmbedProvider("openai.embeddings", embeddings.write, embeddings.decode),)
