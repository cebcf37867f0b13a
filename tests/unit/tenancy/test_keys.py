"""Keys: made of enough chance, kept as a hash, and of two versions always the same one holds."""

import base64
import hashlib
import secrets
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.core.tenancy import Key, KeyLimits
from ai_dashboard.tenancy.keys import (
    PREFIX,
    Wanted,
    changed,
    digest_of,
    make_key,
    merged,
    newer,
    read,
    revoked,
    state_of,
    view_of,
    written,
)

NOW = 1_790_000_000.0


def some_key(**different: object) -> Key:
    _, key = make_key(Wanted(), NOW, secrets.token_bytes)
    return replace(key, **different)  # type: ignore[arg-type]  # of any field


def test_a_key_has_256_bits_and_only_its_hash_is_kept() -> None:
    asked_for: list[int] = []

    def entropy(count: int) -> bytes:
        asked_for.append(count)
        return secrets.token_bytes(count)

    secret, key = make_key(Wanted(name="ci", tenant="acme", models=("gpt-*",)), NOW, entropy)
    assert secret.startswith(PREFIX)
    assert len(base64.urlsafe_b64decode(secret.removeprefix(PREFIX) + "=")) == 32
    assert asked_for == [32, 6]
    assert key.digest == hashlib.sha256(secret.encode()).hexdigest() == digest_of(secret.encode()).hex()
    assert key.shown == f"sk-aid-…{secret[-4:]}"
    assert secret not in repr(key)
    assert secret not in written(key).decode()
    assert key.digest not in repr(asdict(view_of(key, NOW)))


def test_no_two_keys_are_alike() -> None:
    assert len({make_key(Wanted(), NOW, secrets.token_bytes)[0] for _ in range(1000)}) == 1000


def test_what_is_written_is_read_again() -> None:
    key = some_key(models=("a*",), limits=KeyLimits(rpm=5, budget_daily=1.5), expires_at=NOW + 1, disabled=True)
    assert read(written(key)) == key
    for text in (b"", b"{}", b"null", b'{"id": 1}'):
        assert read(text) is None


@pytest.mark.parametrize(
    ("different", "state"),
    [
        ({}, "active"),
        ({"expires_at": NOW + 0.1}, "active"),
        ({"expires_at": NOW}, "expired"),
        ({"disabled": True, "expires_at": NOW}, "disabled"),
        ({"revoked_at": NOW, "disabled": True}, "revoked"),
    ],
)
def test_states(different: dict[str, object], state: str) -> None:
    assert state_of(some_key(**different), NOW) == state


def test_a_change_counts_although_the_clock_stands_still_or_goes_back() -> None:
    key = some_key()
    later = changed(key, NOW - 100, Wanted(name="new"), disabled=True)
    assert (later.name, later.disabled, later.digest, later.created_at) == ("new", True, key.digest, key.created_at)
    assert newer(key, later) is newer(later, key) is later


BASE = some_key(id="key_1")
VERSIONS = st.builds(
    lambda at, gone, name: replace(BASE, changed_at=at, revoked_at=1.0 if gone else None, name=name),
    st.integers(0, 3),
    st.booleans(),
    st.sampled_from("ab"),
)


@given(st.lists(VERSIONS, min_size=1, max_size=6), st.randoms())
def test_a_key_that_was_revoked_anywhere_stays_so_in_whatever_order_it_is_heard(
    versions: list[Key], turn: object
) -> None:
    result = merged(versions)["key_1"]
    assert (result.revoked_at is not None) == any(it.revoked_at is not None for it in versions)
    alike = [it for it in versions if (it.revoked_at is None) == (result.revoked_at is None)]
    assert result.changed_at == max(it.changed_at for it in alike)
    backwards = merged(reversed(versions))["key_1"]
    assert (backwards.revoked_at, backwards.changed_at) == (result.revoked_at, result.changed_at)


def test_revoking_is_for_good_and_remembers_when() -> None:
    key = revoked(some_key(), NOW)
    assert revoked(key, NOW + 100).revoked_at == NOW
