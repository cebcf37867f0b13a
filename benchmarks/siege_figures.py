"""What a siege finds: figures with the bounds that were set for them before they were measured."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure. `most` and `least` are the bounds that it is held to, None where it is only told."""

    title: str
    value: float
    unit: str = ""
    most: float | None = None
    least: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether it is within its bounds; None when it has none."""
        if self.most is None and self.least is None:
            return None
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)

    @property
    def wanted(self) -> str:
        """The bounds, for people."""
        match self.least, self.most:
            case None, None:
                return ""
            case None, most:
                return f"≤ {_number(most)}"
            case least, None:
                return f"≥ {_number(least)}"
            case least, most:
                return _number(least) if least == most else f"{_number(least)} to {_number(most)}"


@dataclass(frozen=True, slots=True)
class Report:
    """One scenario and what was found."""

    scenario: str
    findings: tuple[Finding, ...]

    def line(self) -> str:
        """The result in one line: what was missed, or that nothing was."""
        missed = [finding for finding in self.findings if finding.met is False]
        held = sum(finding.met is True for finding in self.findings)
        told = "; ".join(f"{item.title} {_shown(item)}, wanted {item.wanted}" for item in missed)
        return f"{self.scenario}: {held} held" + (f", {len(missed)} MISSED ({told})" if missed else "")

    def kept(self) -> dict[str, Any]:
        """For JSON."""
        findings = [asdict(finding) | {"met": finding.met} for finding in self.findings]
        return {"scenario": self.scenario, "findings": findings}


def table(reports: list[Report]) -> str:
    """Markdown: a row for every figure, misses in bold."""
    lines = ["| scenario | figure | reached | wanted |", "|---|---|---|---|"]
    for report in reports:
        for number, finding in enumerate(report.findings):
            shown = f"**{_shown(finding)}**" if finding.met is False else _shown(finding)
            scenario = "" if number else report.scenario
            lines.append(f"| {scenario} | {finding.title} | {shown} | {finding.wanted} |")
    return "\n".join(lines)


def _shown(finding: Finding) -> str:
    return f"{_number(finding.value)} {finding.unit}".strip()


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 or float(value).is_integer() else f"{value:.2f}"
