import pytest

from ai_dashboard.config.actions import Actions
from ai_dashboard.config.diagnose_dashboard import keys_in_force, screen_settings
from ai_dashboard.config.schema.dashboard import DashboardSettings
from ai_dashboard.config.validate import Source, validate
from ai_dashboard.config.yaml_read import parse
from ai_dashboard.core.diagnostics import Diagnostic, Severity
from ai_dashboard.core.screen import ScreenSettings

KNOWN = Actions(
    keys={
        "app.quit": ("q",),
        "app.refresh": ("r",),
        "list.copy": ("y",),
        "list.down": ("down", "j"),
        "files.one": ("1",),
        "app.one": ("1",),
        "far.away": ("x",),
    },
    together={
        "List": ("app.quit", "app.refresh", "list.copy", "list.down"),
        "Files": ("app.quit", "app.one", "files.one"),
        "Far": ("far.away",),
    },
)


def read(text: str) -> tuple[ScreenSettings, list[Diagnostic]]:
    source = Source("dashboard.yaml", parse(text))
    settings, found = validate(DashboardSettings, source)
    assert settings is not None, found
    return screen_settings(settings, source, found, KNOWN), found


def test_an_action_goes_to_the_keys_that_it_is_given() -> None:
    screen, found = read(
        "theme: light\ncompact: yes\nkeys:\n  list.copy: ctrl+y\n  list.down: [J, F2]\n  app.quit: '?,f3'"
    )
    assert found == []
    assert screen.keys == (("list.copy", "ctrl+y"), ("list.down", "J,f2"), ("app.quit", "question_mark,f3"))
    assert (screen.theme, screen.compact) == ("light", True)


@pytest.mark.parametrize(
    ("keys", "message", "fix"),
    [
        ("list.copi: c", "there is no action `list.copi`; its usual key stays", "did you mean `list.copy`?"),
        (
            "zzzz: c",
            "there is no action `zzzz`; its usual key stays",
            "`?` in the app lists the actions with their ids",
        ),
        ("list.copy: crtl+c", "there is no key `crtl+c`; its usual key stays", None),
        ("list.copy: ctrl+a", "`ctrl+a` is screen's own prefix and would not arrive; its usual key stays", None),
        ("list.copy: [c, Ctrl+B]", "there is no key `Ctrl+B`; its usual key stays", None),
        ("list.copy: [c, ctrl+B]", "`ctrl+b` is tmux's own prefix and would not arrive; its usual key stays", None),
        ("list.copy: []", "no key is named; its usual key stays", "name one, or delete the entry"),
        ("list.copy: q", "`q` is the key of `app.quit` on the same screen (List); its usual key stays", None),
        ("far.away: q", None, None),
    ],
)
def test_what_is_wrong_with_a_key_is_said_and_leaves_the_usual_one(
    keys: str, message: str | None, fix: str | None
) -> None:
    screen, found = read(f"keys: {{{keys}}}")
    if message is None:
        assert (found, len(screen.keys)) == ([], 1)
        return
    [finding] = found
    assert (finding.severity, finding.message, screen.keys) == (Severity.WARNING, message, ())
    assert (finding.line, finding.column) == (1, 8)
    assert fix is None or finding.fix == fix


def test_two_actions_may_swap_their_keys() -> None:
    screen, found = read("keys: {app.quit: r, app.refresh: q}")
    assert found == []
    assert screen.keys == (("app.quit", "r"), ("app.refresh", "q"))


def test_of_two_that_want_one_key_the_first_has_it() -> None:
    screen, found = read("keymap: {app.quit: f9, list.copy: f9}")
    assert screen.keys == (("app.quit", "f9"),)
    assert [finding.path for finding in found] == ["keymap.list.copy"]


def test_what_shares_a_key_by_default_is_meant_to() -> None:
    _, doubts = keys_in_force({"files.one": ("1", "f1")}, KNOWN)
    assert doubts == ()


def test_an_entry_that_loses_its_key_takes_others_that_counted_on_it_along() -> None:
    keys, doubts = keys_in_force({"app.quit": ("ctrl+a",), "app.refresh": ("q",)}, KNOWN)
    assert keys == {}
    assert [doubt.action for doubt in doubts] == ["app.quit", "app.refresh"]


@pytest.mark.parametrize("text", ["theme: purple", "refresh_s: 0", "refresh_s: 61", "keys: [a]"])
def test_what_is_no_setting_is_refused(text: str) -> None:
    settings, [finding] = validate(DashboardSettings, Source("dashboard.yaml", parse(text)))
    assert settings is None
    assert finding.severity is Severity.ERROR


def test_without_a_file_everything_is_as_usual() -> None:
    found: list[Diagnostic] = []
    source = Source("dashboard.yaml", parse(""), written=False)
    assert screen_settings(DashboardSettings(), source, found) == ScreenSettings()
    assert found == []
