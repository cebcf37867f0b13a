"""What is told of environment variables is what they do."""

from ai_dashboard.cli.configuring.variables import NO_EFFECT, effects
from ai_dashboard.config.environment import SETTINGS, has_effect
from ai_dashboard.config.schema import Provider

SPECIFIED = {
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "OLLAMA_API_KEY",
    "GEMINI_API_KEY",
    "VLLM_ENDPOINT",
    "REDIS_HOST",
    "REDIS_PORT",
    "REDIS_URL",
    "SEMANTIC_CACHE_THRESHOLD",
    "SEMANTIC_CACHE_EMBEDDING_MODEL",
    "MAX_QUEUE_SIZE",
    "PRIORITY_AGE_BOOST_SECONDS",
    "BUDGET_LIMIT",
    "VLLM_HOURLY_RATE",
    "AI_DASHBOARD_CONFIG_DIR",
    "AI_DASHBOARD_PORT",
    "AI_DASHBOARD_ADMIN_KEY",
    "NO_COLOR",
}


def test_every_variable_that_people_may_set_is_known() -> None:
    assert set(effects({})) >= SPECIFIED


def test_keys_are_secret_and_told_with_those_who_get_them() -> None:
    home = Provider(name="home", type="openai", base_url="https://api.openai.com", env_var="HOME_KEY")
    away = Provider(name="away", type="openai", base_url="https://api.openai.com")
    told = effects({"home": home, "away": away})
    assert (told["HOME_KEY"].words, told["HOME_KEY"].secret) == ("key of home", True)
    assert told["OPENAI_API_KEY"].words == "key of away"
    assert told["ANTHROPIC_API_KEY"].words == "a key that no active provider uses"
    assert told["AI_DASHBOARD_ADMIN_KEY"].secret


def test_a_variable_without_effect_is_told_as_such() -> None:
    told = effects({})
    assert {name for name in SETTINGS if told[name].words == NO_EFFECT} == {
        name for name in SETTINGS if not has_effect(name)
    }
