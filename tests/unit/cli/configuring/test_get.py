"""`config get`: one value in force."""

import json

import pytest

from tests.unit.cli.configuring.conftest import Config

Said = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("file", "path", "said"),
    [
        ("gateway.yaml", "breaker.failures", "3\n"),
        ("gateway.yaml", "hedge.after", "null\n"),
        ("gateway.yaml", "stream.on_cut", "error\n"),
        ("gateway.yaml", "breaker.ramp.1", "0.25\n"),
        ("providers.yaml", "providers.one.base_url", "http://127.0.0.1:1\n"),
        ("providers.yaml", "providers.one.models.0.name", "a\n"),
    ],
)
def test_a_value_is_printed_as_it_is(config: Config, file: str, path: str, said: str, capsys: Said) -> None:
    assert config("get", file, path) == 0
    assert capsys.readouterr().out == said


def test_several_are_json(config: Config, capsys: Said) -> None:
    assert config("get", "gateway.yaml", "hedge") == 0
    assert json.loads(capsys.readouterr().out) == {"after": None, "budget_ratio": 0.1}


def test_the_origin_is_told_on_request(config: Config, capsys: Said) -> None:
    assert config("get", "providers.yaml", "providers.one.type", "--origin") == 0
    assert capsys.readouterr().out == "providers.one.type  vllm  providers.yaml:3\n"


def test_what_is_not_there_is_said_with_the_nearest(config: Config, capsys: Said) -> None:
    assert config("get", "gateway.yaml", "braker.failures") == 1
    assert "did you mean `breaker`?" in capsys.readouterr().err
