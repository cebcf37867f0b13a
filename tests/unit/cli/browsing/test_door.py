"""Who is let in."""

from collections.abc import Mapping

import pytest

from ai_dashboard.cli.browsing.door import Door, Verdict

DOOR = Door("127.0.0.1:4080", "the-token")
OURS = {"Host": "127.0.0.1:4080"}
COOKIE = {"ai-dashboard-4080": "the-token"}


@pytest.mark.parametrize(
    ("path", "headers", "cookies", "query", "verdict"),
    [
        ("/", OURS, {}, {"token": "the-token"}, Verdict.GIVE_COOKIE),
        ("/", OURS, COOKIE, {}, Verdict.WELCOME),
        ("/ws", OURS | {"Origin": "http://127.0.0.1:4080"}, COOKIE, {}, Verdict.WELCOME),
        ("/static/js/textual.js", OURS, COOKIE, {}, Verdict.WELCOME),
        ("/", OURS, {}, {}, Verdict.NO_TOKEN),
        ("/", OURS, {}, {"token": "another"}, Verdict.NO_TOKEN),
        ("/", OURS, {}, {"token": ""}, Verdict.NO_TOKEN),
        ("/", OURS, {}, {"token": "é\udc80"}, Verdict.NO_TOKEN),
        ("/", OURS, {"ai-dashboard-4080": "another"}, {}, Verdict.NO_TOKEN),
        ("/", OURS, {"ai-dashboard-8080": "the-token"}, {}, Verdict.NO_TOKEN),
        ("/ws", OURS, {}, {"token": "the-token"}, Verdict.NO_TOKEN),
        ("/ws", OURS | {"Origin": "http://127.0.0.1:9"}, COOKIE, {}, Verdict.WRONG_NAME),
        ("/ws", OURS | {"Origin": "null"}, COOKIE, {}, Verdict.WRONG_NAME),
        ("/", {"Host": "evil.example:4080"}, COOKIE, {}, Verdict.WRONG_NAME),
        ("/", {}, COOKIE, {"token": "the-token"}, Verdict.WRONG_NAME),
    ],
)
def test_the_door(
    path: str, headers: Mapping[str, str], cookies: Mapping[str, str], query: Mapping[str, str], verdict: Verdict
) -> None:
    assert DOOR.verdict(path, headers, cookies, query) is verdict


def test_the_address_opens_it_and_the_cookie_is_of_its_port() -> None:
    assert DOOR.address == "http://127.0.0.1:4080/?token=the-token"
    assert DOOR.cookie == "ai-dashboard-4080"
