"""A plan as people and programs read it, and the request that it is asked for."""

import argparse
import json
from pathlib import Path

import pytest

from ai_dashboard.cli.commands.route import arguments, facts_from, run
from ai_dashboard.core.errors import CallerError, ModelNotFound
from ai_dashboard.core.plan import Requirements, RouteFacts

PROVIDERS = """
providers:
  home:
    type: vllm
    base_url: http://127.0.0.1:8001
    models: [{name: m, size: 8B}]
  cloud:
    type: openai_compatible
    base_url: https://x.example.com
    models: [{name: m, size: 70B, supports: [tools]}]
"""


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    arguments(parser)
    return parser.parse_args(words)


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "providers.yaml").write_text(PROVIDERS)
    return str(tmp_path)


def test_every_option_is_a_fact() -> None:
    sizes = ["--tokens", "9", "--max-tokens", "5", "--stream", "--need", "tools", "--need", "vision"]
    wishes = ["--capability", "code", "--tenant", "acme", "--strategy", "hybrid"]
    headers = ["--header", "X-Residency=eu", "--header", "x-requirements=max_cost=0.5,local_only"]
    assert facts_from(parsed("m", *sizes, *wishes, *headers)) == RouteFacts(
        "m",
        capability="code",
        prompt_tokens=9,
        max_tokens=5,
        stream=True,
        needs=frozenset({"tools", "vision"}),
        headers=(("x-residency", "eu"), ("x-requirements", "max_cost=0.5,local_only")),
        tenant="acme",
        residency="eu",
        strategy="hybrid",
        requirements=Requirements(max_cost=0.5, local_only=True),
    )
    assert facts_from(parsed("m")) == RouteFacts("m")


@pytest.mark.parametrize("words", [("--tokens", "many"), ("--header", "x-priority"), ("--need", "speed")])
def test_what_cannot_be_read_is_complained_about(words: tuple[str, ...]) -> None:
    with pytest.raises(argparse.ArgumentError):
        parsed("m", *words)


def test_a_strategy_chooses_among_the_files_providers(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(parsed("m", "--offline", "--config-dir", folder, "--strategy", "quality_first", "--need", "tools")) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[1] == "  strategy: quality_first"
    assert [row.split()[:2] for row in said[3:]] == [["1", "cloud"], ["2", "home"]]
    assert said[3].endswith("lists the model; quality high")


def test_for_programs(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("m", "--offline", "--config-dir", folder, "--json", "--strategy", "privacy_first")
    assert run(parsed(*words)) == 0
    plan = json.loads(capsys.readouterr().out)
    assert (plan["model"], plan["rule"], plan["strategy"], plan["notes"]) == ("m", "listing", "privacy_first", [])
    assert [(it["provider"], it["model"], it["score"], it["facts"]) for it in plan["attempts"]] == [
        ("home", "m", 1.0, {})
    ]
    assert plan["excluded"] == [
        {
            "provider": "cloud",
            "model": "m",
            "reason": "not_local: privacy_first keeps requests on your own machines",
        }
    ]


def test_nobody_who_can_is_exit_code_1(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("m", "--offline", "--config-dir", folder, "--header", "x-requirements=max_cost=0", "--need", "vision")
    assert run(parsed(*words, "--strategy", "privacy_first", "--header", "x-requirements=min_quality=high")) == 1
    said = capsys.readouterr().out
    assert "not good enough for what is required: medium, below high" in said
    assert "it takes no images: its `supports` lists tools" in said
    assert "what to do: ask for less, or for another model" in said


def test_a_wrong_name_is_an_error_with_the_nearest(folder: str) -> None:
    with pytest.raises(ModelNotFound, match="'mm'"):
        run(parsed("mm", "--offline", "--config-dir", folder))
    with pytest.raises(CallerError, match="strategy 'hybird'"):
        run(parsed("m", "--offline", "--config-dir", folder, "--strategy", "hybird"))
