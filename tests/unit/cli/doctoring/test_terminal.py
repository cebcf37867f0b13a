"""Findings about terminals."""

from collections.abc import Mapping

import pytest

from ai_dashboard.cli.doctoring.finding import Finding, Level
from ai_dashboard.cli.doctoring.terminal import Terminal, check_terminal

GOOD = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


def found(
    columns: int = 120,
    rows: int = 40,
    encoding: str = "utf-8",
    env: Mapping[str, str] = GOOD,
    tmux: Mapping[str, str] | None = None,
) -> list[Finding]:
    return list(
        check_terminal(Terminal(columns, rows, encoding, env), lambda command, _what: (tmux or {}).get(command, ""))
    )


def said(**more: object) -> list[tuple[Level, str]]:
    return [(it.level, it.text) for it in found(**more)]  # type: ignore[arg-type]


def test_a_good_one_is_well() -> None:
    assert said() == [(Level.OK, "120×40, TERM=xterm-256color"), (Level.OK, "true colours")]


def test_none_is_a_note() -> None:
    assert said(columns=0) == [(Level.NOTE, "standard output is no terminal: nothing to look at")]


@pytest.mark.parametrize(("columns", "rows"), [(59, 40), (120, 14), (20, 5)])
def test_a_small_one_has_a_remedy(columns: int, rows: int) -> None:
    first = found(columns=columns, rows=rows)[0]
    assert (first.level, "--compact" in first.fix) == (Level.WARNING, True)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "", "no-such-thing"])
def test_letters_have_to_be_unicode(encoding: str) -> None:
    (letters,) = [it for it in found(encoding=encoding) if it.level is Level.PROBLEM]
    assert "UTF-8" in letters.text
    assert [it for it in found(encoding="UTF8") if it.level is Level.PROBLEM] == []


@pytest.mark.parametrize(
    ("env", "level"),
    [
        ({"TERM": "xterm-256color"}, Level.NOTE),
        ({"TERM": "xterm-direct"}, Level.OK),
        ({"TERM": "vt100"}, Level.WARNING),
        ({"TERM": "dumb"}, Level.WARNING),
        ({}, Level.WARNING),
        (GOOD | {"NO_COLOR": "1"}, Level.NOTE),
        (GOOD | {"COLORTERM": "24BIT"}, Level.OK),
    ],
)
def test_colours(env: Mapping[str, str], level: Level) -> None:
    assert found(env=env)[-1].level is level


def test_tmux_is_asked_only_where_it_is() -> None:
    slow = {"show-options": "500", "display-message": "256,mouse"}
    assert len(found(tmux=slow)) == 2
    within = GOOD | {"TMUX": "/tmp/tmux-0/default,1,0"}
    assert [(it.level, "escape" in it.text) for it in found(env=within, tmux=slow)[2:]] == [
        (Level.WARNING, True),
        (Level.NOTE, False),
    ]
    well = {"show-options": "10", "display-message": "256,RGB"}
    assert len(found(env=within, tmux=well)) == len(found(env=within)) == 2
