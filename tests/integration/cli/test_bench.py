"""`bench` at a real gateway."""

import asyncio
import json
from typing import Any

import pytest

from ai_dashboard.cli import main as cli
from ai_dashboard.cli.benching.load import Askers, Load
from tests.integration.gateway.scene import (
    ADMIN_TOKEN,
    DONE,
    HELLO,
    ROLE,
    STOP,
    House,
    Play,
    Script,
    cut,
    frame,
    hanging,
    house,
    reply,
    stream,
)

USED = b'data: {"id": "up-1", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 7}}\n\n'
ANSWER = stream(ROLE, HELLO, STOP, USED, DONE)
FREE = {"cost_per_1k_tokens": {"m": {"input": 0.0, "output": 0.0}}}
PRICED = {"cost_per_1k_tokens": {"m": {"input": 1.0, "output": 2.0}}}
BRIEF = ("--duration", "0.2", "--concurrency", "3")


@pytest.fixture(autouse=True)
def operator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_DASHBOARD_ADMIN_KEY", ADMIN_TOKEN)


async def bench(home: House, *arguments: str) -> int:
    return await asyncio.to_thread(cli.main, ["bench", *arguments, *BRIEF, "--url", home.url])


async def test_a_load_is_put_on_and_measured(capsys: pytest.CaptureFixture[str]) -> None:
    async with house({"first": Play(ANSWER)}, entries={"first": FREE}) as home:
        assert await bench(home, "--json", "--max-tokens", "9") == 0
        asked, headers = home.plays["first"].asked, home.plays["first"].headers
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert said["requests"] == said["answered"] == len(asked) > 3
    assert (said["load"]["model"], said["load"]["concurrency"]) == ("m", 3)
    assert said["tokens"] == 7 * len(asked)
    assert 0 < said["first"]["p50"] <= said["total"]["p50"] <= said["seconds"]
    assert 0 < said["overhead"]["p50"] < said["total"]["p50"]
    assert said["providers"] == {"first": len(asked)}
    assert len({it["messages"][0]["content"] for it in asked}) == len(asked)
    assert {it["max_tokens"] for it in asked} == {9}
    assert ADMIN_TOKEN not in str(said) + str(headers)


async def test_money_is_not_spent_unasked(capsys: pytest.CaptureFixture[str]) -> None:
    entries = {"free": FREE, "cloud": PRICED}
    async with house({"free": Play(ANSWER), "cloud": Play(ANSWER)}, entries=entries) as home:
        assert await bench(home) == 1
        said = capsys.readouterr()
        assert "an answer to m may cost money: cloud/m (about $84 for a thousand requests)" in said.err
        assert (said.out, home.plays["free"].asked, home.plays["cloud"].asked) == ("", [], [])
        assert await bench(home, "--provider", "cloud", "--yes") == 0
        assert home.plays["cloud"].asked
        assert home.plays["free"].asked == []


async def test_an_unknown_price_counts_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    entries = {"far": {"location": "remote"}}
    async with house({"far": Play(ANSWER)}, entries=entries) as home:
        assert await bench(home) == 1
        assert home.plays["far"].asked == []
    assert "its price is not known" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("play", "outcome"),
    [
        (reply(500, b"{}"), "502"),
        (cut(ROLE, HELLO), "broken by the provider"),
        (stream(ROLE, HELLO), "broken by the provider"),
    ],
)
async def test_what_fails_is_counted(play: Script, outcome: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with house({"first": Play(play)}, entries={"first": FREE}) as home:
        assert await bench(home, "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert said["answered"] == 0
    assert list(said["outcomes"]) == [outcome]


async def test_a_load_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ai_dashboard.cli.benching.load.GRACE_S", 0.1)
    async with house({"first": Play(hanging(ROLE, HELLO))}, entries={"first": FREE}) as home:
        load = Load(home.url, ADMIN_TOKEN, "m", None, 2, 0.05, 5)
        answers = await Askers(load, lambda _s, _n: None, asyncio.get_running_loop().time).run()
    assert [it.outcome for it in answers] == ["cut off", "cut off"]
    assert all(it.first is not None and it.took > 0 for it in answers)


async def test_the_first_token_is_the_first_that_says_something() -> None:
    thought = stream(ROLE, frame({"reasoning_content": "Hm"}), HELLO, STOP, DONE)
    async with house({"first": Play(thought)}, entries={"first": FREE}) as home:
        ticks = iter(range(10**6))
        load = Load(home.url, ADMIN_TOKEN, "m", None, 1, 3.0, 5)
        first = (await Askers(load, lambda _s, _n: None, lambda: next(ticks)).run())[0]
    assert first.first is not None
    assert first.first < first.took


async def test_used_wrongly_or_for_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--concurrency", "0"], ["--duration", "nan"], ["--duration", "-1"], ["--max-tokens", "x"]):
        with pytest.raises(SystemExit):
            cli.main(["bench", *arguments])
    async with house({"first": Play(ANSWER)}, entries={"first": FREE}) as home:
        assert await bench(home, "--provider", "nix") == 1
        assert await bench(home, "--model", "nix") == 1
    assert "there is no provider 'nix'" in capsys.readouterr().err
