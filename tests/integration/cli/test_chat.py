"""`chat` and `compare` at a real gateway."""

import asyncio
import io
import json
import signal
import sys

import pytest

from ai_dashboard.cli import main as cli
from tests.integration.gateway.scene import (
    ADMIN_TOKEN,
    DONE,
    HELLO,
    ROLE,
    STOP,
    House,
    Play,
    cut,
    frame,
    hanging,
    house,
    reply,
    stream,
    until,
)

USED = b'data: {"id": "up-1", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 7}}\n\n'
ANSWER = stream(
    ROLE, frame({"reasoning_content": "Hm"}), HELLO, frame({"content": "\x1b]52;c;eA==\x07!\n"}), STOP, USED, DONE
)
PRICES = {"cost_per_1k_tokens": {"m": {"input": 1.0, "output": 2.0}}}


@pytest.fixture(autouse=True)
def operator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_DASHBOARD_ADMIN_KEY", ADMIN_TOKEN)


async def command(home: House, *arguments: str) -> int:
    return await asyncio.to_thread(cli.main, [*arguments, "--url", home.url])


async def test_the_answer_and_nothing_else_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    async with house({"first": Play(ANSWER)}) as home:
        assert (
            await command(home, "chat", "m", "Hi", "--system", "be brief", "--max-tokens", "5", "--temperature", "0")
            == 0
        )
        asked = home.plays["first"].asked[0]
    said = capsys.readouterr()
    assert (said.out, said.err) == ("Hello\x1b]52;c;eA==\x07!\n", "")  # a file gets what was said, as it was said
    assert (asked["max_tokens"], asked["temperature"], asked["messages"][0]["content"]) == (5, 0, "be brief")


async def test_programs_get_the_answer_with_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    async with house({"first": Play(ANSWER)}, entries={"first": PRICES}) as home:
        assert await command(home, "chat", "m", "Hi", "--json") == 0
        record = await home.record()
    said = json.loads(capsys.readouterr().out)
    assert (said["id"], said["provider"], said["model"], said["thinking"]) == (record.id, "first", "m", "Hm")
    assert (said["text"], said["cost_usd"], said["error"]) == ("Hello\x1b]52;c;eA==\x07!\n", 0.017, None)
    assert said["total_s"] >= said["ttft_s"] > 0


async def test_a_prompt_may_come_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    for prompt in (("-",), ()):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"caf\xc3\xa9 \xff\n")))
        async with house({"first": Play(ANSWER)}) as home:
            assert await command(home, "chat", "m", *prompt) == 0
            assert home.plays["first"].asked[0]["messages"][0]["content"] == "café �"


@pytest.mark.parametrize(
    ("play", "model", "words"),
    [(Play(ANSWER), "nobody", "nobody"), (Play(reply(500, b"{}")), "m", "500"),
     (Play(cut(ROLE, HELLO)), "m", "ai-dashboard: ")],
)  # fmt: skip
async def test_no_whole_answer_is_a_sentence_and_exit_1(
    play: Play, model: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with house({"first": play}) as home:
        assert await command(home, "chat", model, "Hi") == 1
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_a_gateway_that_is_not_there_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (("chat", "m", "Hi"), ("chat", "m", "Hi", "--json"), ("compare", "m", "n", "Hi")):
        assert cli.main([*arguments, "--url", "http://127.0.0.1:9"]) == 1
        said = capsys.readouterr()
        assert said.err.startswith("ai-dashboard: no gateway answers at http://127.0.0.1:9")
        assert said.out == ""


async def test_ctrl_c_stops_the_provider() -> None:
    """The signal goes to the whole process, so the command runs in one of its own."""
    async with house({"first": Play(hanging(ROLE, HELLO))}) as home:
        process = await asyncio.create_subprocess_exec(
            *_program("chat", "m", "Hi", "--url", home.url),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            stdin=asyncio.subprocess.DEVNULL,
        )
        assert process.stdout is not None
        assert await process.stdout.read(5) == b"Hello"
        process.send_signal(signal.SIGINT)
        _, said = await process.communicate()
        await until(lambda: home.plays["first"].left_at is not None)
    assert (process.returncode, said) == (130, b"")


def _program(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "ai_dashboard", *arguments]


async def test_a_conversation_goes_on_from_what_was_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = iter(["Hi", "  ", "And then?"])

    def typed(_prompt: str) -> str:
        if (line := next(said, None)) is None:
            raise EOFError
        return line

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", typed)
    async with house({"first": Play(stream(ROLE, HELLO, STOP, DONE))}) as home:
        assert await command(home, "chat", "m") == 0
        _, second = home.plays["first"].asked
    assert [it["content"] for it in second["messages"]] == ["Hi", "Hello", "And then?"]
    assert capsys.readouterr().out == "Hello\nHello\n\n"


async def test_several_models_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    plays = {"first": Play(ANSWER, models=("m",)), "second": Play(reply(500, b"{}"), models=("n",))}
    entries: dict[str, dict[str, object]] = {"first": dict(PRICES), "second": {"models": ["n"]}}
    async with house(plays, entries=entries) as home:
        assert await command(home, "compare", "m", "n", "Hi") == 1
        said = capsys.readouterr().out
        assert await command(home, "compare", "m", "m", "Hi", "--json") == 0
        whole = json.loads(capsys.readouterr().out)
    head, first, second, *texts = said.splitlines()
    assert head.split() == ["model", "provider", "first", "token", "total", "tok/s", "tokens", "in/out", "cost"]
    assert first.split()[:2] == ["m", "first"]
    assert first.split()[-2:] == ["3/7", "$0.02"]
    assert second.split()[0] == "n"
    assert "✗" in second
    assert [line.strip("─ ") for line in texts if line.startswith("──")] == ["m", "n"]
    assert [it["cost_usd"] for it in whole] == [0.017, 0.017]


@pytest.mark.parametrize(
    "arguments",
    [("chat",), ("chat", "m", ""), ("chat", "m", "Hi", "--max-tokens", "0"), ("chat", "m", "Hi", "--temperature", "9"),
     ("compare", "m", "Hi"), ("compare", *"abcdefghi", "Hi"), ("compare", "m", "n", " ")],
)  # fmt: skip
def test_what_cannot_be_meant_is_exit_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(list(arguments))
    assert ended.value.code == 2
    assert "Traceback" not in capsys.readouterr().err
