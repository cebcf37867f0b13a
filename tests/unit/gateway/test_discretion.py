"""What is taken out of a text, and what is left alone; over real sockets in tests/integration/gateway."""

from types import MappingProxyType
from typing import Any

import pytest

from ai_dashboard.config.load import Config
from ai_dashboard.config.schema import GatewaySettings, Mappings, ProvidersFile
from ai_dashboard.core.errors import UpstreamError, UpstreamRejected
from ai_dashboard.gateway.discretion import SHORTEST_SECRET, mask_secrets, without_addresses
from ai_dashboard.gateway.generation import Generation, build_generation

KEY = "plain-secret-0123456789"


def generation(**entries: dict[str, Any]) -> Generation:
    written = {name: {"type": "openai_compatible", **entry} for name, entry in entries.items()}
    providers = ProvidersFile.model_validate({"providers": written}).providers
    return build_generation(1, Config(MappingProxyType(providers), Mappings(), GatewaySettings(), "a test"))


def masked(message: str, **entry: object) -> str:
    error = UpstreamError(message)
    mask_secrets(error, generation(p={"base_url": "http://127.0.0.1:1", **entry}).upstreams["p"])
    return error.message


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (f"key {KEY} is wrong", "key … is wrong"),
        (f"{KEY}{KEY}", "……"),
        (f"key {KEY[:-1]}", "key …"),
        (f"key {KEY[:SHORTEST_SECRET]}…", "key …"),
        (f"key {KEY[: SHORTEST_SECRET - 1]}", f"key {KEY[: SHORTEST_SECRET - 1]}"),
        ("boom", "boom"),
        ("cut by its provider…", "cut by its provider…"),
    ],
)
def test_a_key_leaves_the_message_even_when_it_was_cut(said: str, left: str) -> None:
    assert masked(said, api_key=KEY) == left


@pytest.mark.parametrize("key", ["x", "EMPTY", ""])
def test_what_keeps_no_secret_garbles_no_message(key: str) -> None:
    said = "HTTP 500: xylophone EMPTY"
    assert masked(said, api_key=key, headers={"X-Api-Key": key, "Authorization": "Bearer "}) == said


def test_headers_that_hold_secrets_are_masked_and_others_are_not() -> None:
    headers = {"Authorization": f"Bearer {KEY}", "X-Team": "the-blue-team"}
    assert masked(f"{KEY} of the-blue-team", headers=headers) == "… of the-blue-team"


def test_a_reply_that_is_passed_on_is_masked_too() -> None:
    error = UpstreamRejected("no", upstream_status=400, body=KEY.encode(), content_type="text/plain")
    mask_secrets(error, generation(p={"base_url": "http://127.0.0.1:1", "api_key": KEY}).upstreams["p"])
    assert error.body == "…".encode()


def test_an_address_becomes_its_providers_name_though_one_begins_another() -> None:
    both = generation(short={"base_url": "http://127.0.0.1:80"}, long={"base_url": "http://127.0.0.1:8001"})
    text = "127.0.0.1:8001: refused; 127.0.0.1:80: silent"
    assert without_addresses(text, both) == "long: refused; short: silent"
