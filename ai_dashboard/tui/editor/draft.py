"""What the editor knows of one file beside its text: what the text was made from, what others have made of it
meanwhile, and what the gateway says of it."""

from enum import StrEnum

from ai_dashboard.core.control import ConfigText, ProposalView
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.diagnostics import Diagnostic, Severity


class News(StrEnum):
    """What it means that the file on disk is what it is. FOLLOW: nothing was edited here, so the text follows the file.
    AGREE: both have become the same. CONFLICT: somebody has to decide."""

    NONE = "none"
    FOLLOW = "follow"
    AGREE = "agree"
    CONFLICT = "conflict"


@dataclass(slots=True)
class Draft:
    """One file. `base` is what the text was made from; `theirs` what is on disk, while that is something else and
    nobody has decided."""

    file: str
    base: ConfigText
    theirs: ConfigText | None = None
    proposal: ProposalView | None = None
    problem: str = ""

    @property
    def is_new(self) -> bool:
        """Whether there is no such file yet."""
        return not self.base.hash

    def modified(self, text: str) -> bool:
        """Whether there is something to save or to lose."""
        return text != self.base.text

    def noticed(self, disk: ConfigText, text: str) -> News:
        """Take note of what is on disk."""
        if disk.hash == self.base.hash:
            self.theirs = None
            return News.NONE
        if disk.text == text:
            self.base, self.theirs = disk, None
            return News.AGREE
        if not self.modified(text):
            self.base, self.theirs = disk, None
            return News.FOLLOW
        if self.theirs is not None and self.theirs.hash == disk.hash:
            return News.NONE
        self.theirs = disk
        return News.CONFLICT

    def keep_mine(self) -> None:
        """Go on from what is on disk now: the next save replaces it."""
        if self.theirs is not None:
            self.base, self.theirs = self.theirs, None

    def take_theirs(self) -> str:
        """The text to go on with."""
        self.keep_mine()
        return self.base.text

    def findings(self) -> tuple[Diagnostic, ...]:
        """What the gateway found in this file, as it was when it was last looked at."""
        if self.proposal is None:
            return ()
        return tuple(found for found in self.proposal.diagnostics if found.file == self.file)


_RANK = {severity: rank for rank, severity in enumerate(Severity)}


def in_order(findings: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """Errors first, then by place."""
    return tuple(sorted(findings, key=lambda it: (_RANK[it.severity], it.file, it.line, it.column)))


def worst_by_row(findings: tuple[Diagnostic, ...]) -> dict[int, Diagnostic]:
    """For each row, counted from 0, its gravest finding."""
    return {it.line - 1: it for it in reversed(in_order(findings)) if it.line > 0}


def next_row(rows: list[int], row: int, direction: int) -> int | None:
    """The row after (or with -1 before) this one, and around the end."""
    ordered = sorted(rows, reverse=direction < 0)
    beyond = [it for it in ordered if (it - row) * direction > 0]
    return next(iter(beyond or ordered), None)


def why(proposal: ProposalView) -> str:
    """What the backups' index says of a change: what it does, in a line."""
    first, rest = proposal.changes[:2], len(proposal.changes) - 2
    more = f", and {rest} more" if rest > 0 else ""
    return f"{'; '.join(first)}{more}"[:200] or "edited, without effect on the configuration"
