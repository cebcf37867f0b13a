from ai_dashboard.config.actions import actions
from ai_dashboard.config.key_names import normal


def test_every_action_that_shares_a_screen_has_keys() -> None:
    known = actions()
    assert known.keys["requests.copy"] == ("y",)
    assert known.keys["move.down"] == ("down", "j")
    assert {action for members in known.together.values() for action in members} <= set(known.keys)
    assert {"requests.copy", "app.quit", "move.down"} <= set(known.together["OverviewScreen"])


def test_the_usual_keys_are_spelled_as_everybodys_are() -> None:
    assert all(normal(key) == key for keys in actions().keys.values() for key in keys)
