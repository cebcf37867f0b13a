import pytest

from ai_dashboard.core.diagnostics import Diagnostic, Severity
from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.findings import SEVERITY, draw_finding, select
from ai_dashboard.tui.picture import Picture
from tests.tui.fakes import FINDINGS, HOSTILE, busy, config

ERROR = Diagnostic(Severity.ERROR, "z.yaml", 3, 1, "", "not YAML")


def test_errors_come_first_then_by_place() -> None:
    view = select(Picture(busy(config=config(*FINDINGS, ERROR, usable=False))))
    assert [finding.severity for finding in view.findings] == [Severity.ERROR, Severity.WARNING, Severity.INFO]
    assert view.summary == "configuration #17 refused: nothing of it is served · 2 files"
    assert select(Picture()).summary == "waiting for the gateway"


def test_a_finding_names_its_place_and_its_fix() -> None:
    assert [text_of(line) for line in draw_finding(FINDINGS[1], 100)] == [
        "⚠ warning providers.yaml:9:5 providers.openai.timeout: unknown key",
        "  → remove it or write timeout_s",
    ]
    assert [text_of(line) for line in draw_finding(FINDINGS[0], 100)] == ["· info model-mappings.yaml no such file"]


@pytest.mark.parametrize("width", [20, 40, 78, 118])
@pytest.mark.parametrize("finding", [*FINDINGS, Diagnostic(Severity.ERROR, HOSTILE, 1, 1, HOSTILE, HOSTILE, HOSTILE)])
def test_no_line_is_wider_than_the_panel(finding: Diagnostic, width: int) -> None:
    assert all(width_of(line) <= width for line in draw_finding(finding, width))


def test_severities_differ_without_colour() -> None:
    assert len({glyph for glyph, _ in SEVERITY.values()}) == len(Severity)
