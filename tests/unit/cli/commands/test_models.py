"""Models in words; talking to a gateway is tested in tests/integration/gateway/test_models_api.py."""

from typing import Any

import pytest

from ai_dashboard.cli.commands.models import Shown, judged, lines, progress
from ai_dashboard.cli.main import main

GIB = 1 << 30
NOW = 1_000_000.0


def model(name: str, **changes: object) -> dict[str, Any]:
    usual = {
        "provider": "gpu", "kind": "ollama", "name": name, "local": True, "window": 8192, "max_output": None,
        "input_usd": 0.0, "output_usd": None, "loaded": True, "vram": 5 * GIB, "last_used": NOW - 7200, "requests": 1,
    }  # fmt: skip
    return usual | changes


def test_nobody_lists_any() -> None:
    assert lines({"models": [], "log_since": None}, NOW) == ["no models: no provider lists any"]


def test_what_is_not_known_is_a_dash_and_names_are_harmless() -> None:
    unknown = model("\x1b[2J", window=None, loaded=None, last_used=None, input_usd=2.5)
    head, first, second, note = lines({"models": [model("a:8b"), unknown], "log_since": None}, NOW)
    assert head.split()[:3] == ["provider", "model", "window"]
    assert first.split() == ["gpu", "a:8b", "8,192", "–", "free", "–", "yes", "5.0G", "2h00", "ago,", "1", "time"]
    assert second.split() == ["gpu", "�[2J", "–", "–", "2.50", "–", "–", "–"]
    assert "no request log" in note


def test_what_goes_stands_on_top_with_what_that_frees() -> None:
    rows = [
        {"provider": "gpu", "model": name, "bytes": 2 * GIB, "last_used": None, "verdict": verdict, "why": "so"}
        for name, verdict in (("stays", "kept"), ("goes", "unused"))
    ]
    _, first, second, total = judged({"models": rows, "freed": 2 * GIB, "dry_run": True})
    assert first.split() == ["–", "gpu", "goes", "2.0G", "could", "go:", "so"]
    assert second.split()[:3] == ["✓", "gpu", "stays"]
    assert total == "1 model: would free 2.0G"
    assert judged({"models": rows[:1], "freed": 0, "dry_run": True})[-1] == "nothing is unused"
    assert judged({"models": [], "freed": 0, "dry_run": True}) == ["no Ollama provider has a model on its disk"]


def test_progress_has_a_bar_a_share_and_a_speed() -> None:
    assert progress(GIB, 4 * GIB, 2.0, GIB) == "▕█████               ▏  25 %  1.0G of 4.0G  512M/s"
    assert progress(9, 4, 0.0, 0).startswith("▕████████████████████▏ 100 %")


STEPS: tuple[dict[str, Any], ...] = (
    {"status": "pulling\x1b[2J"},
    {"status": "pulling 6a07", "total": 4, "completed": 1},
    {"status": "pulling 6a07", "total": 4, "completed": 4},
    {"status": "success"},
)


@pytest.mark.parametrize("rewrites", [True, False])
def test_a_terminal_sees_one_line_a_step_and_a_file_no_more(rewrites: bool, capsys: pytest.CaptureFixture[str]) -> None:
    shown = Shown(rewrites=rewrites)
    for step in STEPS:
        shown.show(step, 0.0)
    shown.end()
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert out.count("\n") == 3
    assert ("100 %" in out) == rewrites


@pytest.mark.parametrize(
    "arguments",
    [["pull"], ["rm"], ["list", "m"], ["clean"], ["clean", "--unused", "soon"], ["clean", "--unused", "0d"],
     ["list", "--dry-run"], ["pull", "m", "--unused", "30d"], ["clean", "--unused", "30d"],
     ["clean", "--unused", "30d", "--json"], ["burn"]],
)  # fmt: skip
def test_what_cannot_be_meant_is_exit_2(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: "--json" in arguments)
    with pytest.raises(SystemExit) as ended:
        main(["models", *arguments])
    assert ended.value.code == 2


def test_a_gateway_that_is_not_there_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["models"], ["models", "pull", "m"], ["models", "rm", "m"]):
        assert main([*arguments, "--url", "http://127.0.0.1:9"]) == 1
        assert "no gateway of yours answers" in capsys.readouterr().err
