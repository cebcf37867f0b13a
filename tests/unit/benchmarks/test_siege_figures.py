"""Figures with bounds: what counts as held, and how a report says so."""

import pytest

from benchmarks.siege_figures import Finding, Report, table


@pytest.mark.parametrize(
    ("finding", "met", "wanted"),
    [
        (Finding("told only", 7), None, ""),
        (Finding("at the upper bound", 50, "ms", most=50), True, "≤ 50"),
        (Finding("over it", 50.1, "ms", most=50), False, "≤ 50"),
        (Finding("at the lower bound", 900, least=900), True, "≥ 900"),
        (Finding("under it", 899, least=900), False, "≥ 900"),
        (Finding("exactly", 1_000_000, least=1_000_000, most=1_000_000), True, "1,000,000"),
        (Finding("one too many", 3, least=1, most=2), False, "1 to 2"),
        (Finding("nothing allowed", 0, most=0), True, "≤ 0"),
        (Finding("not a number holds no bound", float("nan"), most=1), False, "≤ 1"),
    ],
)
def test_a_finding_is_held_to_its_bounds(finding: Finding, met: bool | None, wanted: str) -> None:
    assert finding.met is met
    assert finding.wanted == wanted


def test_a_report_says_in_one_line_what_was_missed() -> None:
    report = Report(
        "streams", (Finding("gap", 9.5, "ms", most=50), Finding("lost", 3, most=0), Finding("chunks/s", 8347))
    )
    assert report.line() == "streams: 1 held, 1 MISSED (lost 3, wanted ≤ 0)"


def test_the_table_names_a_scenario_once_and_prints_misses_in_bold() -> None:
    report = Report("streams", (Finding("gap", 9.5, "ms", most=50), Finding("lost", 3, most=0)))
    assert table([report]).splitlines()[2:] == ["| streams | gap | 9.50 ms | ≤ 50 |", "|  | lost | **3** | ≤ 0 |"]


def test_what_is_kept_holds_every_figure_with_its_verdict() -> None:
    kept = Report("streams", (Finding("lost", 3, most=0),)).kept()
    finding = {"title": "lost", "value": 3, "unit": "", "most": 0, "least": None, "met": False}
    assert kept == {"scenario": "streams", "findings": [finding]}
