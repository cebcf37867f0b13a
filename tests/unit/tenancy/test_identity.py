"""Who is let in by what, and as whom."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest

from ai_dashboard.config.schema import GatewaySettings
from ai_dashboard.core.costs import Allowance
from ai_dashboard.core.errors import KeysUnreadable, Unauthorized
from ai_dashboard.core.tenancy import Key, KeyLimits
from ai_dashboard.tenancy.identity import MAX_TOKENS_KNOWN, Identity
from ai_dashboard.tenancy.key_book import KeyBook
from ai_dashboard.tenancy.keys import Wanted
from ai_dashboard.tenancy.tokens import TokenCheck

NOW = 1_790_000_000.0
ADMIN = "the-admin-token"
CALLING = frozenset({"chat", "read"})
ALL = CALLING | {"admin"}
SECRET = "a-secret-of-thirty-two-bytes-or-more"


@dataclass
class Turned:
    """A clock."""

    now: float = NOW

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now


@dataclass
class InMemory:
    """A home that can be broken."""

    keys: dict[str, Key] = field(default_factory=dict)
    broken: bool = False
    turns: int = 0

    async def load(self) -> dict[str, Key]:
        self._check()
        return dict(self.keys)

    async def keep(self, keys: Iterable[Key]) -> None:
        self._check()
        self.keys |= {key.id: key for key in keys}
        self.turns += 1

    async def turn(self, *, patiently: bool = False) -> str:
        self._check()
        return str(self.turns)

    def _check(self) -> None:
        if self.broken:
            raise KeysUnreadable("the disk is gone")


@dataclass
class Door:
    """A gateway's, under one configuration."""

    settings: GatewaySettings
    clock: Turned = field(default_factory=Turned)
    home: InMemory = field(default_factory=InMemory)

    def __post_init__(self) -> None:
        self.book = KeyBook(self.home, clock=self.clock, entropy=secrets.token_bytes)
        given = self.settings.auth.jwt
        tokens = TokenCheck.of(given, None) if given is not None else None
        self.identity = Identity(self.settings, self.book, tokens, admin_token=ADMIN, wall=self.clock.wall)

    def refused(self, presented: bytes | None) -> str:
        with pytest.raises(Unauthorized) as error:
            self.identity.identify(presented)
        return error.value.message


def door(**written: Any) -> Door:  # noqa: ANN401 - whatever gateway.yaml may hold
    return Door(GatewaySettings.model_validate(written))


def token(**claims: object) -> bytes:
    return jwt.encode({"exp": NOW + 60, "sub": "ada", **claims}, SECRET).encode()


JWT = {"jwt": {"algorithm": "HS256", "secret": SECRET}}


@pytest.mark.parametrize("presented", [None, b"", b"sk-anything", b"sk-aid-unknown", token()])
def test_where_no_key_is_configured_everybody_may_call(presented: bytes | None) -> None:
    caller = door().identity.identify(presented)
    assert (caller.tenant, caller.key_id, caller.scopes) == ("default", "", CALLING)
    assert not door().identity.needs_key


def test_the_admin_token_opens_everything() -> None:
    for settings in ({}, {"auth": {"master_key": "hush"}}):
        caller = door(**settings).identity.identify(ADMIN.encode())
        assert (caller.key_id, caller.scopes) == ("admin", ALL)


def test_the_master_key_lets_callers_in_and_not_into_the_admin_api_and_others_nowhere() -> None:
    shut = door(auth={"master_key": "hush"})
    assert shut.identity.identify(b"hush").scopes == CALLING
    assert shut.refused(None) == "this gateway needs a key"
    assert shut.refused(b"hush ") == "this key is not known here"
    assert shut.refused(token()) == "this key is not known here"


async def test_a_key_brings_its_tenants_rights_and_its_own() -> None:
    made = door(
        tenants={"acme": {"limits": "5/second", "allowed_models": ["gpt-*"], "allowed_providers": ["a", "b"]}},
    )
    limits = KeyLimits(rpm=60, budget_monthly=2.5)
    new = await made.book.create(Wanted("ci", "acme", ("chat",), ("*-mini",), ("b", "c"), limits))
    caller = made.identity.identify(new.secret.encode())
    assert (caller.tenant, caller.key_id, caller.scopes) == ("acme", new.key.id, frozenset({"chat"}))
    assert (len(caller.models), caller.providers) == (2, frozenset({"b"}))
    assert [limit.name.split(":")[0] for limit in caller.limits] == ["tenant", "key"]
    assert caller.budget == Allowance(monthly=2_500_000_000)
    assert made.identity.identify(new.secret.encode()) is caller
    assert made.refused(None) == "this gateway needs a key"


async def test_a_key_that_is_disabled_expired_or_revoked_opens_nothing() -> None:
    made = door()
    new = await made.book.create(Wanted(expires_at=NOW + 100))
    presented = new.secret.encode()
    made.identity.identify(presented)
    made.clock.now += 100
    assert made.refused(presented) == "this key has expired"
    made.clock.now -= 1
    made.identity.identify(presented)
    await made.book.change(new.key.id, Wanted(), disabled=True)
    assert made.refused(presented) == "this key is disabled"
    await made.book.change(new.key.id, Wanted(), disabled=False)
    made.clock.now += 1000
    made.identity.identify(presented)
    await made.book.revoke(new.key.id)
    assert made.refused(presented) == "this key is revoked"
    assert made.refused(None) == "this gateway needs a key"


async def test_keys_that_cannot_be_read_let_nobody_in_who_was_not() -> None:
    made = door()
    new = await made.book.create(Wanted())
    await made.book.look()
    made.home.broken = True
    await made.book.look()
    assert made.identity.identify(new.secret.encode()).key_id == new.key.id
    fresh = Door(made.settings, home=made.home)
    await fresh.book.look()
    assert fresh.book.trouble == "the disk is gone"
    assert fresh.refused(None) == "this gateway needs a key"
    assert fresh.refused(new.secret.encode()) == "this key is not known here"
    made.home.broken = False
    await fresh.book.look()
    assert fresh.identity.identify(new.secret.encode()).key_id == new.key.id


def test_tokens() -> None:
    shut = door(auth=JWT, tenants={"acme": {"max_concurrent": 3}})
    caller = shut.identity.identify(token(tenant="acme"))
    assert (caller.tenant, caller.key_id, caller.scopes) == ("acme", "jwt:ada", CALLING)
    assert len(caller.limits) == 1
    assert shut.identity.identify(token(role="admin")).scopes == ALL
    assert shut.refused(token(exp=NOW - 100)) == "the token is not accepted: it has expired"
    assert shut.refused(b"sk-anything") == "this key is not known here"
    assert shut.refused(None) == "this gateway needs a key"


def test_a_token_that_was_checked_once_is_good_until_it_expires_and_no_longer() -> None:
    shut = door(auth=JWT)
    brought = token()
    first = shut.identity.identify(brought)
    assert shut.identity.identify(brought) is first
    shut.clock.now += 69
    assert shut.identity.identify(brought) is first
    shut.clock.now += 1
    assert shut.refused(brought) == "this key has expired"


def test_no_more_than_so_many_tokens_are_remembered() -> None:
    shut = door(auth=JWT)
    for number in range(MAX_TOKENS_KNOWN + 5):
        shut.identity.identify(token(sub=str(number)))
    assert len(shut.identity._by_token) == MAX_TOKENS_KNOWN
