"""What the command says, and what it refuses before it asks anybody."""

import dataclasses
import json
from typing import Any

import pytest

from ai_dashboard.cli.commands.cache import forgotten, lines
from ai_dashboard.cli.main import main
from ai_dashboard.core.cache import CacheFigures, ExactFigures, NearMiss, SemanticFigures


def told(figures: CacheFigures) -> dict[str, Any]:
    """As it comes over the admin API."""
    read: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(figures)))
    return read


EXACT = ExactFigures(hits=3, misses=1, bypasses=2, joined=5, entries=4, bytes=1 << 20, max_bytes=1 << 28, shared=True)


def test_figures_for_people() -> None:
    semantic = SemanticFigures("local", 0.85, 1, 3, 2, mean_similarity=0.91, near=(NearMiss(0, 0.97, "negations"),))
    assert lines(told(CacheFigures(True, EXACT, semantic, 12.25, 0.5))) == [
        "exact     3 hits of 4 (75 %)  2 bypassed  5 waited for another's answer",
        "          4 answers in memory and Redis, 0 evicted",
        "          1.0 of 256 MiB",
        "semantic  1 hits of 4 (25 %)  2 near misses  mean similarity 0.910",
        "          0 prompts, threshold 0.85, by local, 0 times without a vector",
        "          near: 0.970 (negations)",
        "saved     12.2 s, $0.5000 where the price is known",
    ]


def test_what_is_off_and_why() -> None:
    assert "cache.enabled: true" in lines(told(CacheFigures(False)))[0]
    assert "semantic  off: no numpy" in lines(told(CacheFigures(True, problem="no numpy")))
    assert "(–)" in lines(told(CacheFigures(True)))[0]


def test_an_invalidation_that_redis_has_not_heard_says_so() -> None:
    assert len(forgotten({"exact": 1, "semantic": 0, "complete": True})) == 1
    assert "when it is back" in forgotten({"exact": 1, "semantic": 0, "complete": False})[1]


@pytest.mark.parametrize(
    "arguments", [["invalidate"], ["invalidate", "--all", "--model", "m"], ["feedback"], ["stats", "entry"], ["drop"]]
)
def test_what_makes_no_sense_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["cache", *arguments])
    assert refused.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_where_nobody_answers_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", "--url", "http://127.0.0.1:1"]) == 1
    assert "no gateway of yours answers" in capsys.readouterr().err
