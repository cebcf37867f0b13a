"""The environment variables that this program knows, and what each is for."""

from collections.abc import Mapping

from ai_dashboard.config.environment import (
    REDIS_HOST,
    REDIS_PORT,
    SETTINGS,
    VLLM_ENDPOINT,
    VLLM_HOURLY_RATE,
    has_effect,
)
from ai_dashboard.config.locate import FOLDER_VARIABLE
from ai_dashboard.config.schema import USUAL_KEYS, Provider
from ai_dashboard.core.data import dataclass
from ai_dashboard.gateway.state import ADMIN_KEY_VARIABLE

NO_EFFECT = "no effect in this version"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a variable is for; whether its value is a secret."""

    words: str
    secret: bool = False


def effects(providers: Mapping[str, Provider]) -> dict[str, Effect]:
    """By name. Keys are named with the providers that they are sent to."""
    known = {
        FOLDER_VARIABLE: Effect("the configuration folder"),
        ADMIN_KEY_VARIABLE: Effect("the key of the admin API", secret=True),
        "AI_DASHBOARD_STATE_DIR": Effect("the state folder"),
        "NO_COLOR": Effect("the screen without colours"),
        "OLLAMA_HOST": Effect("discovery: an Ollama server"),
        "OPENAI_BASE_URL": Effect("discovery: a server that OPENAI_API_KEY belongs to"),
        VLLM_ENDPOINT: Effect("the address of the vLLM server; discovery"),
        VLLM_HOURLY_RATE: Effect("hourly_cost of vLLM servers"),
        REDIS_HOST: Effect("gateway.yaml redis.url, where REDIS_URL is not set"),
        REDIS_PORT: Effect("gateway.yaml redis.url, with REDIS_HOST"),
    }
    for name, path in SETTINGS.items():
        known[name] = Effect(f"gateway.yaml {'.'.join(path)}" if has_effect(name) else NO_EFFECT)
    usual = [name for names in USUAL_KEYS.values() for name in names]
    for name in dict.fromkeys([*usual, *(it.env_var for it in providers.values() if it.env_var)]):
        users = [provider.name for provider in providers.values() if provider.active and name in provider.key_variables]
        known[name] = Effect(
            f"key of {', '.join(users)}" if users else "a key that no active provider uses", secret=True
        )
    return known
