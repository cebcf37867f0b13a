"""Why a candidate was left out, for people: what the reason means, and what can be done about it.

A reason begins with a word (`breaker_open`, `residency`, `no API key`), and says more behind it. Words that are not
listed here are said as they are.
"""

from collections.abc import Mapping
from types import MappingProxyType

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.plan import Excluded


@dataclass(frozen=True, slots=True)
class Meaning:
    """Of one word. `remedy` is for an operator, and may name the `{provider}` and the `{model}`."""

    means: str
    remedy: str = ""


_SUPPORTS = "ask for a model that can, or list it under `supports` of {model} in providers.yaml if this one can"
_ASK_LESS = "ask for less, or for another model"
_BACK_ON = "`ai-dashboard providers enable {provider}` has it asked again"

MEANINGS: Mapping[str, Meaning] = MappingProxyType({
    "disabled": Meaning("switched off in providers.yaml", "set `status: active` for {provider} in providers.yaml"),
    "template": Meaning(
        "only a template in providers.yaml", "give {provider} its address and `status: active` in providers.yaml"
    ),
    "no API key": Meaning(
        "its API key is missing", "set the variable of {provider}'s key where the gateway starts, or its `api_key`"
    ),
    "no such provider": Meaning("no provider has this name", "name {provider} in providers.yaml, or change the rule"),
    "disabled_by_operator": Meaning("disabled by an operator", _BACK_ON),
    "draining": Meaning("drained by an operator", _BACK_ON),
    "auth_failed": Meaning("it refuses our key", "check the `api_key` of {provider}, and what the key may be used for"),
    "unavailable": Meaning(
        "it is down", "start {provider}, or mend its `base_url`; it is back by itself once a check finds it well"
    ),
    "breaker_open": Meaning(
        "its breaker is open", "`ai-dashboard providers reset {provider}` has it asked at once, if the cause is mended"
    ),
    "cooldown": Meaning("rate limited by itself", "wait, or have another provider step in (`fallback_chains`)"),
    "rate_limit": Meaning(
        "what it lets through is spent", "wait, raise its `rate_limits`, or have another provider step in"
    ),
    "context": Meaning(
        "prompt and answer do not fit into its window (tokens)",
        "send less, reserve less for the answer, or ask for a model with a larger `context_length`",
    ),
    "no_vision": Meaning("it takes no images", _SUPPORTS),
    "no_tools": Meaning("it calls no tools", _SUPPORTS),
    "no_json": Meaning("it keeps to no JSON schema", _SUPPORTS),
    "no_thinking": Meaning("it does not think first", _SUPPORTS),
    "no_embeddings": Meaning("it makes no embeddings", "ask for a model that makes embeddings"),
    "no_chat": Meaning("it does not chat", "ask for a model that chats"),
    "residency": Meaning(
        "a residency rule keeps the request away from it",
        "add a provider that the rule allows, or change the rule in multi-region.yaml",
    ),
    "local_only": Meaning("the request is to stay on machines of our own", _ASK_LESS),
    "region": Meaning("it does not answer in the region that is required", _ASK_LESS),
    "min_quality": Meaning("not good enough for what is required", _ASK_LESS),
    "max_cost": Meaning("too dear for what is required", _ASK_LESS),
    "max_latency_ms": Meaning("too slow for what is required", _ASK_LESS),
    "not_local": Meaning("it is not one of our own machines", "ask with another strategy"),
    "not_asked_for": Meaning("the caller does without it"),
    "min_context": Meaning("its window is too small for the capability", "lower `min_context`, or prefer others"),
    "min_model_size": Meaning(
        "it is too small for the capability", "lower `min_model_size`, or prefer others"
    ),
    "condition": Meaning("its share of the load has a condition"),
})  # fmt: skip
"""By the word that a reason begins with."""


def in_words(left_out: Excluded) -> str:
    """What the reason means, with all that it says."""
    word, detail = _parted(left_out.reason)
    meaning = MEANINGS.get(word)
    if meaning is None:
        return left_out.reason
    return f"{meaning.means}: {detail.rstrip('.')}" if detail else meaning.means


def remedy(left_out: Excluded) -> str:
    """What an operator or the caller can do about it; empty where nothing is known to help."""
    meaning = MEANINGS.get(_parted(left_out.reason)[0])
    return meaning.remedy.format(provider=left_out.provider, model=left_out.model) if meaning is not None else ""


def _parted(reason: str) -> tuple[str, str]:
    """The word, and what is said behind it."""
    if reason in MEANINGS:
        return reason, ""
    word, colon, detail = reason.partition(":")
    if colon and word in MEANINGS:
        return word, detail.strip()
    word, _, detail = reason.partition(" ")
    return word, detail
