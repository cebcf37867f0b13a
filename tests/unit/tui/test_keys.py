from itertools import groupby

from textual.binding import Binding, BindingsMap

from ai_dashboard.tui.keys import KEYS, Scope, bindings, hints, key_of, shown_by_id, usual
from ai_dashboard.tui.keys.key import display_of
from ai_dashboard.tui.keys.table import FILE, table

TOGETHER = (
    (Scope.APP, Scope.OVERVIEW, Scope.LIST, Scope.VIEW, Scope.SCROLL),
    (Scope.APP, Scope.INSPECTOR, Scope.LIST, Scope.VIEW, Scope.SCROLL),
    (Scope.APP, Scope.REQUEST, Scope.SCROLL),
    (Scope.APP, Scope.COMPARE, Scope.SCROLL),
    (Scope.LINE,),
    (Scope.APP, Scope.ROUTING, Scope.VIEW, Scope.SCROLL),
    (Scope.ASK,),
    (Scope.APP, Scope.CONFIG, Scope.SCROLL),
    (Scope.APP, Scope.VIEW, Scope.AWAY, Scope.PROVIDERS, Scope.OPERATE, Scope.SCROLL),
    (Scope.APP, Scope.PROVIDER, Scope.OPERATE, Scope.SCROLL),
    (Scope.APP, Scope.VIEW, Scope.AWAY, Scope.LATENCY, Scope.SCROLL),
    (Scope.APP, Scope.VIEW, Scope.AWAY, Scope.HOST, Scope.SCROLL),
    (Scope.APP, Scope.VIEW, Scope.AWAY, Scope.COSTS, Scope.SCROLL),
    (Scope.APP, Scope.VIEW, Scope.AWAY, Scope.CACHE, Scope.SCROLL),
    (Scope.APP, Scope.VIEW, Scope.AWAY, Scope.LOGS, Scope.SCROLL),
    (Scope.ALERTS,),
    (Scope.APP, Scope.PLAYGROUND, Scope.VIEW, Scope.SCROLL),
    (Scope.PROMPT,),
    (Scope.SETUP,),
    (Scope.FIT,),
    (Scope.TEXT,),
    (Scope.COMPLETE,),
    (Scope.DIFF, Scope.SCROLL),
    (Scope.CONFLICT,),
    (Scope.LEAVE,),
    (Scope.CONFIRM,),
    (Scope.HELP, Scope.SCROLL),
    (Scope.QUIT,),
    (Scope.FILTER,),
)
"""Scopes that are active at the same time."""


def test_ids_are_unique() -> None:
    ids = [key.id for key in KEYS]
    assert len(set(ids)) == len(ids)


def test_the_prefixes_of_tmux_and_screen_stay_free() -> None:
    pressed = {key for one in KEYS for key in one.keys.split(",")}
    assert not pressed & {"ctrl+a", "ctrl+b"}


def test_no_key_means_two_things_on_one_screen() -> None:
    for scopes in TOGETHER:
        # In the editor the numbers stand for its files.
        taken = {"app.screen"} if Scope.CONFIG in scopes else set()
        here = [one for one in KEYS if one.scope in scopes and one.id not in taken]
        pressed = sorted(key for one in here for key in one.keys.split(","))
        assert [key for key, group in groupby(pressed) if len(list(group)) > 1] == []


def test_every_key_explains_itself() -> None:
    assert all(key.help and key.label and key.display for key in KEYS)


def test_bindings_lead_back_to_their_key() -> None:
    for scope in Scope:
        for binding in bindings(scope):
            assert isinstance(binding, Binding)
            key = key_of(binding)
            assert key is not None
            assert key.scope is scope
    assert key_of(Binding("x", "y")) is None


def test_a_key_with_many_faces_becomes_one_binding_each() -> None:
    chosen = [key for key, _ in BindingsMap(bindings(Scope.CONFIG)) if key.isdigit()]
    assert chosen == list("123456789")


def test_the_table_that_configurations_are_held_against_is_current() -> None:
    assert FILE.read_text() == table(), "run ./dev keys"


def test_keys_are_written_as_people_know_them() -> None:
    assert display_of(["ctrl+y", "shift+tab", "question_mark", "escape", "f5", "down", "G", "space", "alt+left"]) == (
        "^y ⇧tab ? esc f5 ↓ G space alt+←"
    )


def test_hints_say_what_keys_do_as_they_are_called_now() -> None:
    said = [("cache.forget cache.forget_all", "forget"), ("cache.clear", "clear"), ("app.screen.6", "")]
    assert hints(said, lambda name: usual(name).key_display or "") == "i I forget · x clear · 6"
    assert hints([("costs.by", "by")], lambda name: name.upper()) == "COSTS.BY by"
    assert hints([], str) == ""


def test_an_action_on_another_key_shows_that_one() -> None:
    copy = next(key for key in KEYS if key.id == "requests.copy")
    assert copy.moved_to(("ctrl+y", "f2")).display == "^y f2"
    bound = BindingsMap(bindings(Scope.LIST))
    assert shown_by_id(binding for _, binding in bound)["requests.copy"] == "y"
    bound.apply_keymap({"requests.copy": "ctrl+y"})
    assert shown_by_id(binding for _, binding in bound)["requests.copy"] == "^y"
