import pytest

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.gateway.masking import masked, without_keys


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("high", "high"),
        ("sk-0123456789abcdef", "sk-…cdef"),
        ("note: gsk_0123456789abcdef!", "note: …cdef!"),
        ("Bearer 0123456789", "Bearer …"),
        ("basic dXNlcjpwYXNz", "basic …"),
        ("a bearer of news", "a bearer of news"),
        ("pk-012345678901", "pk-…8901"),
        ("basic 01234567", "basic …"),
    ],
)
def test_what_looks_like_a_key_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_facts_without_keys_are_the_same_object() -> None:
    for facts in (
        RouteFacts("m"),
        RouteFacts("m", headers=(("x-priority", "high"),), user="u", metadata=(("a", "b"),)),
    ):
        assert without_keys(facts) is facts


def test_what_callers_write_freely_is_looked_at() -> None:
    key = "sk-0123456789abcdef"
    found = without_keys(RouteFacts(key, headers=(("x-a", key),), metadata=(("b", key),), user=key, tenant="acme"))
    assert found == RouteFacts(
        "sk-…cdef", headers=(("x-a", "sk-…cdef"),), metadata=(("b", "sk-…cdef"),), user="sk-…cdef", tenant="acme"
    )
