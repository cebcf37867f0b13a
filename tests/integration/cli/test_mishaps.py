"""What `ai-dashboard route` says when something is wrong, read as somebody would who has never seen it before: what
happened, where, and what to do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from ai_dashboard.cli.main import main
from ai_dashboard.config.load import load
from ai_dashboard.core.snapshot import BreakerState
from tests.integration.gateway.scene import ADMIN_TOKEN, WHOLE, House, Play, house, playing, reply

PROVIDERS = """
providers:
  home:
    type: openai_compatible
    base_url: '{home}'
    models: [{{name: small, context_length: 1000, supports: [tools]}}]
  shaky: {{type: openai_compatible, base_url: '{shaky}', models: [tiny]}}
  down: {{type: openai_compatible, base_url: 'http://127.0.0.1:9', models: [gone]}}
  keyless:
    type: openai
    base_url: https://api.openai.example
    requires_api_key: true
    env_var: KEYLESS_KEY
    models: [gpt-5]
  off: {{type: vllm, base_url: 'http://127.0.0.1:8', status: disabled, models: [retired]}}
  spent:
    type: openai_compatible
    base_url: '{spent}'
    models: [busy]
    rate_limits: {{requests_per_minute: 1}}
  drained: {{type: openai_compatible, base_url: '{drained}', models: [leaving]}}
  us: {{type: openai_compatible, base_url: '{us}', models: [yankee]}}
"""
MAPPINGS = """
capabilities: {vision: {preferred_models: [nobody-has-this]}}
exact_matches: {alias: {provider: home, backend_model: other}, other: {provider: home, backend_model: alias}}
fallback_chains: {small: [tiny-2], tiny-2: [small]}
"""
REGIONS = """
provider_regions: {us: {available_regions: [us-east]}}
data_residency: {rules: {eu_users: {strict: true, regions: [eu-west]}}}
"""
GATEWAY = """
health: {interval_s: 3600, attempts: 1, timeout_s: 2}
retries: {max: 0}
"""


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A gateway to which all of it has happened."""
    monkeypatch.setenv("AI_DASHBOARD_ADMIN_KEY", ADMIN_TOKEN)
    plays = {
        "home": Play(reply(200, WHOLE), ("small",)),
        "shaky": Play(reply(500, b"{}"), ("tiny",)),
        "spent": Play(reply(200, WHOLE), ("busy",)),
        "drained": Play(reply(200, WHOLE), ("leaving",)),
        "us": Play(reply(200, WHOLE), ("yankee",)),
    }
    async with AsyncExitStack() as stack:
        addresses = {name: (await stack.enter_async_context(playing(play))).address for name, play in plays.items()}
        (tmp_path / "providers.yaml").write_text(PROVIDERS.format_map(addresses))
        (tmp_path / "model-mappings.yaml").write_text(MAPPINGS)
        (tmp_path / "multi-region.yaml").write_text(REGIONS)
        (tmp_path / "gateway.yaml").write_text(GATEWAY)
        async with house(loaded=load(tmp_path, {})) as home:
            await home.gateway.refresh()
            for _ in range(3):
                assert (await home.chat(model="tiny", stream=False)).status_code == 502
            assert (await home.chat(model="spent/busy", stream=False)).status_code == 200
            home.gateway.operate("drained", "drain")
            home.picture()  # counts what has happened
            assert home.gateway.runtime.provider("shaky").target("tiny").breaker is BreakerState.OPEN
            yield home


MISHAPS: dict[str, tuple[list[str], int, list[str]]] = {
    "a wrong name": (["smal"], 1, ["knows the model 'smal'", "did you mean small"]),
    "no key": (
        ["gpt-5"],
        1,
        ["keyless", "its API key is missing", "what to do: set the variable of keyless's key where the gateway starts"],
    ),
    "a provider that is down": (
        ["gone"],
        0,
        [
            "last resort, nothing else is up",
            "it is down: ",
            "connection refused",
            "what to do: start down, or mend its",
        ],
    ),
    "an open breaker": (
        ["tiny"],
        0,
        [
            "its breaker is open: it failed too often, tried again in",
            "what to do: `ai-dashboard providers reset shaky`",
        ],
    ),
    "too long for the window": (
        ["small", "--tokens", "900", "--max-tokens", "101"],
        1,
        ["do not fit into its window (tokens): 1001 > 1000", "what to do: send less"],
    ),
    "pictures for a model that takes none": (
        ["small", "--need", "vision"],
        1,
        [
            "it takes no images: its `supports` lists tools",
            "told 400 feature_missing",
            "what to do: ask for a model that",
        ],
    ),
    "data that may not leave": (
        ["yankee", "--header", "x-residency=eu_users"],
        1,
        ["eu_users (answers in us-east, allowed: eu-west)", "told 451 residency_refused", "multi-region.yaml"],
    ),
    "a residency group that nobody knows": (
        ["yankee", "--header", "x-residency=mars"],
        1,
        ["there is no residency group 'mars'", "the groups are: eu_users"],
    ),
    "a limit that is spent": (
        ["spent/busy"],
        0,
        ["what it lets through is spent", "what to do: wait, raise its `rate_limits`"],
    ),
    "requirements that are too strict": (
        ["small", "--header", "x-requirements=min_quality=high"],
        1,
        ["not good enough for what is required: medium, below high", "told 422 requirements_unmet", "ask for less"],
    ),
    "a provider that is switched off": (
        ["retired"],
        1,
        ["switched off in providers.yaml", "what to do: set `status: active` for off in providers.yaml"],
    ),
    "a provider that an operator drains": (
        ["drained/leaving"],
        1,
        ["drained by an operator", "what to do: `ai-dashboard providers enable drained`"],
    ),
    "a capability without a model": (
        ["vision"],
        1,
        [
            "the rule leads to nobody",
            "what to do: name a provider, or a model that one lists, in `capabilities.vision`",
        ],
    ),
    "names that lead to each other": (["alias"], 0, ["home      other", "by exact_matches.alias"]),
    "a strategy that does not exist": (
        ["small", "--strategy", "rond_robin"],
        1,
        ["there is no strategy 'rond_robin'", "did you mean round_robin"],
    ),
}


async def test_what_is_said(home: House, capsys: pytest.CaptureFixture[str]) -> None:
    for name, (words, code, expected) in MISHAPS.items():
        assert await asyncio.to_thread(main, ["route", *words, "--url", home.url]) == code, name
        told = capsys.readouterr()
        said = told.out + told.err
        assert [part for part in expected if part not in said] == [], f"{name}:\n{said}"
        assert "Traceback" not in said


async def test_why_tells_a_request_from_its_beginning_to_its_end(
    home: House, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = {"x-priority": "high", "x-note": "sk-0123456789abcdef"}
    await home.chat(model="tiny", stream=False, headers=headers, max_tokens=9)
    record = await home.record(5)
    assert await asyncio.to_thread(main, ["why", record.id[:8], "--url", home.url]) == 0
    said = capsys.readouterr().out
    for part in (
        f"request {record.id}",
        "tiny by openai, in one piece; about 1 token in; up to 9 out",
        "x-priority: high; x-note: sk-…cdef",
        "tiny  by listing",
        "its breaker is open: it failed too often",
        "try 1  shaky/tiny  first: begun at",
        "status 500",
        "answered  502, by the gateway itself; the last that was asked is shaky/tiny",
        "error     upstream_error",
    ):
        assert part in said, f"{part!r} is missing:\n{said}"
    assert await asyncio.to_thread(main, ["why", "zzz", "--url", home.url]) == 1
    assert "5 of 5 finished requests are" in capsys.readouterr().err


async def test_providers_are_operated_and_listed(home: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert await asyncio.to_thread(main, ["providers", "disable", "us", "--url", home.url]) == 0
    assert "disabled by the operator" in capsys.readouterr().out
    assert (await home.chat(model="yankee", stream=False)).status_code == 503
    assert await asyncio.to_thread(main, ["providers", "enable", "us", "--url", home.url]) == 0
    assert (await home.chat(model="yankee", stream=False)).status_code == 200
    capsys.readouterr()
    assert await asyncio.to_thread(main, ["providers", "--url", home.url]) == 0
    rows = {row.split()[0]: row for row in capsys.readouterr().out.splitlines()}
    assert "drained by the operator" in rows["drained"]
    assert rows["off"].endswith("switched off in providers.yaml")
    for words, said in (
        (["drain", "uss"], "did you mean us"),
        (["enable", "off"], "set `status: active` for off in providers.yaml"),
        (["enable", "keyless"], "set KEYLESS_KEY, and start the gateway again"),
    ):
        assert await asyncio.to_thread(main, ["providers", *words, "--url", home.url]) == 1
        assert said in capsys.readouterr().err
