"""All forms that are spoken here, and what stands between any two of them."""

from collections.abc import Mapping
from types import MappingProxyType

from ai_dashboard.core.chat import Ask, Form, Target
from ai_dashboard.dialects.anthropic import forms as anthropic
from ai_dashboard.dialects.embeddings import EmbedCaller, EmbedProvider, EmbedTranslation
from ai_dashboard.dialects.forms import CallerForm, Decoder, ProviderForm, Relay, ReplyHead, Written
from ai_dashboard.dialects.google import forms as google
from ai_dashboard.dialects.kinds import Kind
from ai_dashboard.dialects.ollama import forms as ollama
from ai_dashboard.dialects.openai import forms as openai
from ai_dashboard.dialects.openai import responses_forms as responses
from ai_dashboard.dialects.openai.responses_store import must_be_kept_by_provider
from ai_dashboard.dialects.relay import Translation
from ai_dashboard.dialects.resumable import Resumable

CALLERS: Mapping[Form, CallerForm] = MappingProxyType({
    form.form: form
    for form in (
        *openai.CALLERS, *responses.CALLERS, *anthropic.CALLERS, *google.CALLERS, *ollama.CALLERS,
    )
})  # fmt: skip
PROVIDERS: Mapping[Form, ProviderForm] = MappingProxyType({
    form.form: form
    for form in (
        *openai.PROVIDERS, *responses.PROVIDERS, *anthropic.PROVIDERS, *google.PROVIDERS, *ollama.PROVIDERS,
    )
})  # fmt: skip
EMBED_CALLERS: Mapping[Form, EmbedCaller] = MappingProxyType({
    form.form: form for form in (*openai.EMBED_CALLERS, *google.EMBED_CALLERS, *ollama.EMBED_CALLERS)
})  # fmt: skip
EMBED_PROVIDERS: Mapping[Form, EmbedProvider] = MappingProxyType({
    form.form: form for form in (*openai.EMBED_PROVIDERS, *google.EMBED_PROVIDERS, *ollama.EMBED_PROVIDERS)
})  # fmt: skip

MAX_WARNINGS = 50
MAX_WARNING_CHARS = 300
"""Of a caller who sends a thousand fields that nobody knows, or one with a name of a megabyte."""


def write(ask: Ask, form: Form, target: Target, kind: Kind) -> Written:
    """The ask, written in the provider's form. What only providers of the caller's own form can be told is among the
    warnings. Raises `CallerError` for what makes no sense to send."""
    if form != ask.form and (error := must_be_kept_by_provider(ask)) is not None:
        raise error
    provider = PROVIDERS[form] if ask.operation == "chat" else EMBED_PROVIDERS[form]
    written = provider.write(ask, target, kind)
    if ask.own_fields and form != ask.form:
        named = tuple(f"`{name}` is left out: only providers that take {ask.form} know it" for name in ask.own_fields)
        return Written(written.request, told((*named, *written.warnings)))
    return Written(written.request, told(written.warnings)) if written.warnings else written


def told(warnings: tuple[str, ...]) -> tuple[str, ...]:
    """Warnings that may go into a header and onto the record, whatever the caller's own names in them are."""
    shown = tuple("".join(char if char.isprintable() else "?" for char in it[:MAX_WARNING_CHARS]) for it in warnings)
    more = len(shown) - MAX_WARNINGS
    return shown if more <= 0 else (*shown[:MAX_WARNINGS], f"{more} more of the kind")


def relay(ask: Ask, form: Form, head: ReplyHead) -> Relay:
    """What reads a reply in the provider's form and writes it in the caller's."""
    if ask.operation == "embed":
        encode = EMBED_CALLERS[ask.form].encode if form != ask.form else None
        return EmbedTranslation(ask, EMBED_PROVIDERS[form].decode, encode)
    caller = CALLERS[ask.form]
    if form == ask.form:
        return caller.tap(ask)
    decoder = PROVIDERS[form].decoder(ask, head.id)
    return Translation(decoder, caller.encoder(ask, head), commits_at_end=not ask.stream)


def resumable(ask: Ask, form: Form, head: ReplyHead) -> Resumable:
    """As `relay` for a stream, always by events: one that can be gone on with when it breaks off."""
    return Resumable(decoder(ask, form, head.id), CALLERS[ask.form].encoder(ask, head))


def decoder(ask: Ask, form: Form, reply_id: str) -> Decoder:
    """What reads a reply in the provider's form."""
    return PROVIDERS[form].decoder(ask, reply_id)


def stream_type(form: Form) -> str:
    """The content type of a stream in a form."""
    return PROVIDERS[form].stream_type
