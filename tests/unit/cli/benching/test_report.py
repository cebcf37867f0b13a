"""A load in a table and two charts."""

import pytest

from ai_dashboard.cli.benching.figures import figures
from ai_dashboard.cli.benching.load import OK, Answer, Load
from ai_dashboard.cli.benching.report import lines

LOAD = Load("http://127.0.0.1:4000", "secret-token", "llama\x1b[31m", None, 8, 10.0, 32)
ANSWERS = [Answer(n / 10, n / 10 + 0.25, 0.05, 5, "home", 0.0002, OK) for n in range(90)]
REFUSED = [Answer(1.0, 1.1, outcome="429")]


def test_everything_is_said_in_few_lines() -> None:
    text = lines(LOAD, figures(ANSWERS + REFUSED), 100)
    assert text[0] == "llama�[31m: 8 askers for 10 s at http://127.0.0.1:4000"
    assert text[2:6] == [
        "answered       90 of 91 in 9.2 s",
        "throughput     9.8 requests/s, 49 tokens/s",
        "by             home 90",
        "not answered   429 1",
    ]
    assert text[8].split() == ["first", "token", "50ms", "50ms", "50ms", "50ms", "50ms"]
    assert text[10].split()[3:] == ["200µs"] * 5
    assert "requests/s" in text
    assert "secret-token" not in "\n".join(text)


@pytest.mark.parametrize("width", [1, 40, 80, 300])
def test_charts_fit_the_terminal(width: int) -> None:
    text = lines(LOAD, figures(ANSWERS), width)
    charts = text[text.index("requests/s") :]
    assert all(len(line) <= min(max(width, 40), 100) for line in charts)
    assert any(set(line) & {chr(0x2800 + dots) for dots in range(1, 256)} for line in charts)


def test_without_an_answer_there_is_nothing_to_draw() -> None:
    text = lines(LOAD, figures(REFUSED), 80)
    assert text[-1] == "not answered   429 1"
    assert lines(LOAD, figures([]), 80)[2].startswith("answered       0 of 0")
