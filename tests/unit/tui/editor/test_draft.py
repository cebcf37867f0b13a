import pytest

from ai_dashboard.core.control import ConfigText, ProposalView
from ai_dashboard.core.diagnostics import Diagnostic, Severity
from ai_dashboard.tui.editor.draft import Draft, News, in_order, next_row, why, worst_by_row


def disk(text: str) -> ConfigText:
    return ConfigText("a.yaml", text, f"hash of {text}")


@pytest.mark.parametrize(
    ("mine", "theirs", "news", "modified"),
    [
        ("old", "old", News.NONE, False),
        ("mine", "old", News.NONE, True),
        ("old", "new", News.FOLLOW, True),
        ("new", "new", News.AGREE, False),
        ("mine", "new", News.CONFLICT, True),
    ],
)
def test_what_the_file_on_disk_means(mine: str, theirs: str, news: News, modified: bool) -> None:
    draft = Draft("a.yaml", disk("old"))
    assert draft.noticed(disk(theirs), mine) is news
    assert draft.modified(mine) is modified
    assert (draft.theirs is not None) is (news is News.CONFLICT)


def test_a_conflict_is_told_once_and_again_when_it_is_another_one() -> None:
    draft = Draft("a.yaml", disk("old"))
    told = [draft.noticed(disk(text), "mine") for text in ("new", "new", "newer", "old")]
    assert told == [News.CONFLICT, News.NONE, News.CONFLICT, News.NONE]
    assert draft.theirs is None


def test_keeping_mine_goes_on_from_theirs() -> None:
    draft = Draft("a.yaml", disk("old"))
    draft.noticed(disk("new"), "mine")
    draft.keep_mine()
    assert (draft.base, draft.theirs, draft.modified("mine")) == (disk("new"), None, True)


def test_taking_theirs_leaves_nothing_to_save() -> None:
    draft = Draft("a.yaml", disk("old"))
    draft.noticed(disk("new"), "mine")
    assert draft.take_theirs() == "new"
    assert not draft.modified("new")


def test_a_file_that_is_not_there_is_new() -> None:
    assert Draft("a.yaml", ConfigText("a.yaml", "", "")).is_new
    assert not Draft("a.yaml", disk("")).is_new


def finding(line: int, severity: Severity = Severity.WARNING, file: str = "a.yaml") -> Diagnostic:
    return Diagnostic(severity, file, line, 1, "", f"{severity} in {line}", "")


def test_findings_are_marked_where_they_are_the_gravest_first() -> None:
    findings = (finding(3), finding(3, Severity.ERROR), finding(0), finding(9, Severity.INFO))
    assert [it.line for it in in_order(findings)] == [3, 0, 3, 9]
    assert worst_by_row(findings) == {2: findings[1], 8: findings[3]}
    draft = Draft(
        "a.yaml", disk(""), proposal=ProposalView("a.yaml", "", (finding(1, file="b.yaml"), *findings), (), None)
    )
    assert draft.findings() == findings


@pytest.mark.parametrize(
    ("row", "direction", "found"), [(0, 1, 2), (2, 1, 5), (5, 1, 2), (5, -1, 2), (2, -1, 5), (9, -1, 5)]
)
def test_the_next_finding_goes_around_the_end(row: int, direction: int, found: int) -> None:
    assert next_row([5, 2], row, direction) == found
    assert next_row([], row, direction) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ((), "edited, without effect on the configuration"),
        (("added model a",), "added model a"),
        (("a", "b", "c", "d"), "a; b, and 2 more"),
        (("x" * 300,), "x" * 200),
    ],
)
def test_why_says_what_a_change_does(changes: tuple[str, ...], said: str) -> None:
    assert why(ProposalView("a.yaml", "", (), changes, None)) == said
