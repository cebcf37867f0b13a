"""The older completions, for callers. A provider of the same form is passed the caller's bytes; for any other the
prompt becomes a user's message.

A reply in this form has one text for each choice and nothing else: calls and thinking have no place in it. Several
prompts in one ask, or prompts as token ids, cannot be said otherwise; such an ask is strict, so that a provider of
another form refuses it and never answers half of it.
"""

from ai_dashboard.core.chat import GATEWAY_FIELDS, Ask, JsonObject
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.openai.fields import CHAT_FIELDS, OLLAMA_ONLY, SAMPLING
from ai_dashboard.dialects.openai.read import (
    include_usage_of,
    model_of,
    parse_object,
    passed_headers,
    stream_of,
    wishes,
)  # fmt: skip

COPIED = (CHAT_FIELDS | OLLAMA_ONLY | SAMPLING | GATEWAY_FIELDS | {"thinking"}) - {"messages", "logprobs"}
"""Fields that mean the same in a chat."""

READ = frozenset({"model", "prompt", "logprobs", "echo", "best_of"})
"""Fields that are read into something else."""


@dataclass(slots=True, unsafe_hash=True)
class CompletionsAsk(Ask):
    """`echo` is what each text of the reply begins with: the prompt, when the caller wants it back."""

    echo: str = ""


def read(call: Call) -> CompletionsAsk:
    """Read and check an ask. Raises `CallerError` that names the field, or line and column of broken JSON."""
    body = parse_object(call.raw)
    model = model_of(body)
    prompt, unsaid = _prompt(body.get("prompt"))
    own = [name for name, value in body.items() if name not in COPIED and name not in READ and value is not None]
    if (best_of := body.get("best_of")) is not None and best_of not in (1, body.get("n")):
        own.append("best_of")
    capability, strict = wishes(body, call.headers)
    return CompletionsAsk(
        model=model,
        stream=stream_of(body),
        body=_canonical(body, prompt),
        raw=call.raw,
        include_usage=include_usage_of(body),
        capability=capability,
        form="openai.completions",
        headers=passed_headers(call.headers),
        own_fields=(*unsaid, *own),
        strict=strict or bool(unsaid),
        echo=prompt if body.get("echo") is True else "",
    )


def _canonical(body: JsonObject, prompt: str) -> JsonObject:
    canonical = {name: value for name, value in body.items() if name in COPIED}
    canonical["messages"] = [{"role": "user", "content": prompt}]
    logprobs = body.get("logprobs")
    if isinstance(logprobs, int) and logprobs is not False:
        canonical["logprobs"] = True
        if logprobs is not True and logprobs > 0:
            canonical["top_logprobs"] = logprobs
    return canonical


def _prompt(prompt: object) -> tuple[str, tuple[str, ...]]:
    """The text of a prompt, and what of it cannot be said in a chat."""
    if isinstance(prompt, str):
        return prompt, ()
    if isinstance(prompt, list) and prompt:
        if all(isinstance(item, str) for item in prompt):
            return "\n".join(prompt), ("prompt[1:]",) if len(prompt) > 1 else ()
        if _are_tokens(prompt) or all(isinstance(item, list) and _are_tokens(item) for item in prompt):
            return "", ("prompt",)
    raise CallerError("`prompt` is missing, or neither text nor token ids nor a list of either")


def _are_tokens(value: list[object]) -> bool:
    return all(type(item) is int for item in value)
