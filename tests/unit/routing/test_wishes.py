"""What callers say about routing in headers."""

import pytest

from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.plan import Requirements, RouteFacts
from ai_dashboard.routing.wishes import with_headers

ASKED = RouteFacts("m", prompt_tokens=5)


def test_headers_without_a_meaning_here_change_nothing() -> None:
    assert with_headers(ASKED, {"accept": "*/*", "user-agent": "x"}) is ASKED


def test_each_header_and_its_field() -> None:
    headers = {
        "accept": "*/*",
        "x-capability": "code",
        "x-task": "chat",
        "x-residency": "eu_users",
        "x-strategy": "hybrid",
        "x-priority": "high",
    }
    found = with_headers(ASKED, headers)
    assert (found.capability, found.task, found.residency, found.strategy) == ("code", "chat", "eu_users", "hybrid")
    assert dict(found.headers) == {name: value for name, value in headers.items() if name != "accept"}
    assert (found.model, found.prompt_tokens) == ("m", 5)


def test_a_header_that_carries_a_key_is_no_fact() -> None:
    secret = dict.fromkeys(
        ("x-api-key", "x-goog-api-key", "x-auth-token", "x-amz-security-token", "x-forwarded-authorization"), "s3cret"
    )
    assert with_headers(ASKED, secret) is ASKED
    plain = {"x-max-tokens": "9", "x-author": "me", "x-session-id": "1", "x-monkey": "yes"}
    assert dict(with_headers(ASKED, secret | plain).headers) == plain


def test_the_body_has_said_it_already() -> None:
    asked = RouteFacts("m", capability="code", strategy="direct", requirements=Requirements(max_cost=1.0))
    headers = {"x-capability": "chat", "x-strategy": "hybrid", "x-requirements": "max_cost=2"}
    found = with_headers(asked, headers)
    assert (found.capability, found.strategy, found.requirements) == ("code", "direct", Requirements(max_cost=1.0))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("max_cost=0.01, local_only", Requirements(max_cost=0.01, local_only=True)),
        ("region=eu-west,min_quality=high,local_only=false", Requirements(region="eu-west", min_quality="high")),
        (' {"max_latency_ms": 900}', Requirements(max_latency_ms=900.0)),
        ("", None),
        (" , ", Requirements()),
    ],
)
def test_requirements_as_a_header(text: str, expected: Requirements | None) -> None:
    assert with_headers(ASKED, {"x-requirements": text}).requirements == expected


@pytest.mark.parametrize("text", ["max_cost=cheap", "max_cost=nan", "cheap", "{", '{"max_cost": NaN}', "max_cost"])
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(CallerError, match="`x-requirements"):
        with_headers(ASKED, {"x-requirements": text})
