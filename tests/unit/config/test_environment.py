"""The environment wins over the files, in the terms of the key that it stands for."""

from collections.abc import Callable

import pytest

from ai_dashboard.config.environment import SETTINGS, has_effect, setting_variables
from ai_dashboard.config.load import Loaded
from ai_dashboard.config.schema.gateway import NOT_YET

Read = Callable[..., Loaded]

ONE = """\
providers:
  gpu: {type: vllm, base_url: http://127.0.0.1:8001, hourly_cost: 1}
  old: {type: vllm, status: disabled}
"""
TWO = ONE + "  more: {type: vllm, base_url: http://127.0.0.1:8002}\n"


@pytest.mark.parametrize("name", SETTINGS)
def test_every_variable_has_a_key_or_is_known_to_have_none_yet(name: str) -> None:
    assert has_effect(name) == (SETTINGS[name][0] not in NOT_YET)


def test_settings_of_the_environment_are_in_force(read: Read) -> None:
    env = {
        "AI_DASHBOARD_PORT": "5001",
        "MAX_QUEUE_SIZE": " 7 ",
        "PRIORITY_AGE_BOOST_SECONDS": "2.5",
        "SEMANTIC_CACHE_THRESHOLD": "0.9",
        "SEMANTIC_CACHE_EMBEDDING_MODEL": "hashing",
    }
    config = read(gateway="listen: {host: '::1', port: 4100}\nqueue: {max_size: 3, adaptive: false}", env=env).config
    assert config is not None
    gateway = config.gateway
    assert (gateway.listen.host, gateway.listen.port) == ("::1", 5001)
    assert (gateway.queue.max_size, gateway.queue.age_boost_s, gateway.queue.adaptive) == (7, 2.5, False)
    assert (gateway.cache.semantic.threshold, gateway.cache.semantic.embedder) == (0.9, "hashing")


def test_a_budget_alone_is_for_a_month(read: Read) -> None:
    config = read(env={"BUDGET_LIMIT": "12.5"}).config
    assert config is not None
    assert config.gateway.budgets.total.monthly == 12.5


@pytest.mark.parametrize(
    ("env", "url"),
    [
        ({"REDIS_URL": "redis://a:1/2"}, "redis://a:1/2"),
        ({"REDIS_HOST": "b"}, "redis://b:6379/0"),
        ({"REDIS_HOST": "b", "REDIS_PORT": "7000"}, "redis://b:7000/0"),
        ({"REDIS_HOST": "b", "REDIS_URL": "redis://a:1/2"}, "redis://a:1/2"),
        ({"REDIS_PORT": "7000"}, "redis://file:1/0"),
    ],
)
def test_redis_is_where_the_environment_says(read: Read, env: dict[str, str], url: str) -> None:
    config = read(gateway="redis: {url: redis://file:1/0}", env=env).config
    assert config is not None
    assert config.gateway.redis.url is not None
    assert config.gateway.redis.url.get_secret_value() == url


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("AI_DASHBOARD_PORT", "many", "should be a whole number"),
        ("AI_DASHBOARD_PORT", "70000", "should be at most 65535"),
        ("SEMANTIC_CACHE_THRESHOLD", "7", "should be at most 1"),
        ("MAX_QUEUE_SIZE", "0", "should be more than 0"),
        ("REDIS_URL", "http://a", "should begin with redis://"),
        ("VLLM_ENDPOINT", "ftp://x", "should be an address"),
        ("VLLM_HOURLY_RATE", "cheap", "should be a number of US dollars"),
        ("VLLM_HOURLY_RATE", "-1", "should be a number of US dollars"),
    ],
)
def test_nonsense_is_refused_by_the_name_of_the_variable(read: Read, name: str, value: str, says: str) -> None:
    loaded = read(ONE, env={name: value})
    assert loaded.config is None
    [finding] = loaded.diagnostics
    assert (finding.file, finding.path) == ("environment", name)
    assert says in finding.message
    assert finding.fix == f"unset {name}"


def test_a_variable_that_is_empty_is_missing() -> None:
    assert setting_variables({"AI_DASHBOARD_PORT": " ", "REDIS_HOST": ""}) == {}


def test_the_vllm_server_is_where_the_environment_says_and_that_is_said(read: Read) -> None:
    loaded = read(ONE, env={"VLLM_ENDPOINT": "gpu-box", "VLLM_HOURLY_RATE": "0.16"})
    assert loaded.config is not None
    assert loaded.config.providers["gpu"].base_url == "http://gpu-box:8001"
    assert loaded.config.providers["gpu"].hourly_cost == 0.16
    assert loaded.config.providers["old"].base_url == ""
    assert [str(finding) for finding in loaded.diagnostics] == [
        "providers.yaml:2:21: info: providers.gpu.base_url: VLLM_ENDPOINT wins over what is written here"
    ]


def test_one_address_is_not_for_two_servers(read: Read) -> None:
    loaded = read(TWO, env={"VLLM_ENDPOINT": "http://gpu-box:9"})
    assert loaded.config is not None
    assert loaded.config.providers["gpu"].base_url == "http://127.0.0.1:8001"
    [finding] = loaded.diagnostics
    assert "gpu, more are several servers: none is changed" in finding.message
