"""Ollama's forms, for the registry."""

from ai_dashboard.dialects.embeddings import EmbedCaller, EmbedProvider
from ai_dashboard.dialects.forms import CallerForm, ProviderForm
from ai_dashboard.dialects.ollama.decode import decoder
from ai_dashboard.dialects.ollama.embed import (
    decode_embed,
    decode_embeddings,
    encode_embed,
    encode_embeddings,
    read_embed,
    read_embeddings,
    write_embed,
    write_embeddings,
)  # fmt: skip
from ai_dashboard.dialects.ollama.encode import encoder
from ai_dashboard.dialects.ollama.errors import error_body, error_frame
from ai_dashboard.dialects.ollama.read import read_chat, read_generate
from ai_dashboard.dialects.ollama.tap import tap
from ai_dashboard.dialects.ollama.write import write_chat, write_generate

STREAM = "application/x-ndjson"

KEEP_ALIVE = b" "
"""Ollama's clients parse every line, also an empty one. A space in front of the next line is part of its JSON."""

CALLERS = (
    CallerForm("ollama.chat", STREAM, read_chat, encoder, tap, error_body, error_frame, KEEP_ALIVE),
    CallerForm("ollama.generate", STREAM, read_generate, encoder, tap, error_body, error_frame, KEEP_ALIVE),
)

PROVIDERS = (
    ProviderForm("ollama.chat", STREAM, write_chat, decoder),
    ProviderForm("ollama.generate", STREAM, write_generate, decoder),
)

EMBED_CALLERS = (
    EmbedCaller("ollama.embed", read_embed, encode_embed, error_body),
    EmbedCaller("ollama.embeddings", read_embeddings, encode_embeddings, error_body),
)

EMBED_PROVIDERS = (
    EmbedProvider("ollama.embed", write_embed, decode_embed),
    EmbedProvider("ollama.embeddings", write_embeddings, decode_embeddings),
)
