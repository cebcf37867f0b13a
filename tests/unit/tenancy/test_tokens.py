"""Tokens that are good, and every way in which one is not."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.config.schema.tenants import Jwt
from ai_dashboard.core.errors import ConfigError, Unauthorized
from ai_dashboard.tenancy.tokens import Claims, TokenCheck, looks_like_token

NOW = 1_790_000_000.0
SECRET = "a-secret-of-thirty-two-bytes-or-more"
RSA = rsa.generate_private_key(65537, 2048)
OTHER_RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())


def public_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def hs256(**settings: object) -> TokenCheck:
    return TokenCheck.of(Jwt.model_validate({"algorithm": "HS256", "secret": SECRET, **settings}), None)


PrivateKey = str | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def token(
    key: PrivateKey = SECRET, algorithm: str = "HS256", headers: dict[str, Any] | None = None, **claims: object
) -> bytes:
    said = {"exp": NOW + 60, "sub": "ada", **claims}
    return jwt.encode(
        {name: value for name, value in said.items() if value is not None}, key, algorithm, headers
    ).encode()


def refused(check: TokenCheck, brought: bytes, now: float = NOW) -> str:
    with pytest.raises(Unauthorized) as error:
        check.check(brought, now)
    assert brought.decode("latin-1") not in error.value.message
    return error.value.message.removeprefix("the token is not accepted: ")


def test_what_a_token_says() -> None:
    said = token(tenant="acme", role="admin")
    assert hs256().check(said, NOW) == Claims("ada", "acme", is_admin=True, expires=NOW + 70)
    assert hs256().check(token(), NOW) == Claims("ada", "default", is_admin=False, expires=NOW + 70)


@pytest.mark.parametrize(
    ("settings", "claims", "tenant", "is_admin"),
    [
        ({"tenant_claim": "org"}, {"org": "acme"}, "acme", False),
        ({"tenant_claim": "org.name"}, {"org": {"name": "acme"}}, "acme", False),
        ({"tenant_claim": "https://x.test/org"}, {"https://x.test/org": "acme"}, "acme", False),
        ({"role_claim": "realm_access.roles"}, {"realm_access": {"roles": ["user", "admin"]}}, "default", True),
        ({"role_claim": "roles", "admin_role": "root"}, {"roles": ["admin"]}, "default", False),
        ({}, {"role": "administrator"}, "default", False),
        ({}, {"role": {"admin": True}}, "default", False),
        ({"tenant_claim": "org.name"}, {"org": "acme"}, "default", False),
    ],
)
def test_claims_are_looked_for_where_the_operator_says(
    settings: dict[str, str], claims: dict[str, Any], tenant: str, is_admin: bool
) -> None:
    found = hs256(**settings).check(token(**claims), NOW)
    assert (found.tenant, found.is_admin) == (tenant, is_admin)


@pytest.mark.parametrize(
    ("brought", "reason"),
    [
        (token(exp=None), "it has no `exp`"),
        (token(exp=NOW - 11), "it has expired"),
        (token(exp="soon"), "its `exp` is no time"),
        (token(exp=True), "its `exp` is no time"),
        (token(nbf=NOW + 11), "it is not valid yet (`nbf`)"),
        (token("another-secret-of-thirty-two-bytes-or-more"), "its signature does not fit"),
        (token(SECRET + SECRET, "HS512"), "it is not signed with HS256"),
        (token(tenant="a b"), "`tenant` is no name of a tenant"),
        (token(tenant=["acme"]), "`tenant` is no name of a tenant"),
        (token(tenant="}{"), "`tenant` is no name of a tenant"),
        (token(tenant="x" * 65), "`tenant` is no name of a tenant"),
        (token(pad="x" * 9000), "it is too long"),
        (b"eyJhbGciOiJIUzI1NiJ9.e30.", "its signature does not fit"),
        (b"eyJ.x.y", "it is not whole"),
    ],
)
def test_what_is_refused(brought: bytes, reason: str) -> None:
    assert refused(hs256(), brought) == reason


def test_clocks_may_differ_a_little() -> None:
    hs256().check(token(exp=NOW - 9, nbf=NOW - 20), NOW)
    hs256().check(token(nbf=NOW + 9), NOW)
    assert refused(hs256(leeway_s=0), token(exp=NOW)) == "it has expired"


def test_a_token_cannot_choose_its_algorithm(tmp_path: Path) -> None:
    """The two old tricks: none at all, and the public key taken for a shared secret."""
    pem = public_pem(RSA)
    (tmp_path / "issuer.pem").write_bytes(pem)
    check = TokenCheck.of(Jwt.model_validate({"algorithm": "RS256", "key_file": "issuer.pem"}), tmp_path)
    check.check(token(RSA, "RS256"), NOW)

    def part(value: dict[str, Any]) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    claims = part({"exp": NOW + 60, "role": "admin"})
    assert refused(check, part({"alg": "none"}) + b"." + claims + b".") == "it is not signed with RS256"
    import hashlib
    import hmac

    head = part({"alg": "HS256"}) + b"." + claims
    forged = base64.urlsafe_b64encode(hmac.digest(pem, head, hashlib.sha256)).rstrip(b"=")
    assert refused(check, head + b"." + forged) == "it is not signed with RS256"
    assert refused(check, token(OTHER_RSA, "RS256")) == "its signature does not fit"


def test_audience_and_issuer_count_when_they_are_named() -> None:
    check = hs256(audience=["gateway", "other"], issuer="https://id.test")
    check.check(token(aud=["x", "gateway"], iss="https://id.test"), NOW)
    assert refused(check, token(iss="https://id.test")) == "it has no `aud`"
    assert refused(check, token(aud="x", iss="https://id.test")) == "it is for somebody else (`aud`)"
    assert refused(check, token(aud="gateway", iss="https://evil.test")) == "it is by somebody else (`iss`)"
    assert refused(check, token(aud="gateway")) == "it has no `iss`"
    hs256().check(token(aud="whoever", iss="whoever"), NOW)


def test_keys_of_a_set_are_told_apart_by_their_ids(tmp_path: Path) -> None:
    def jwk(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, kid: str) -> dict[str, Any]:
        algorithm = (
            jwt.algorithms.ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey) else jwt.algorithms.RSAAlgorithm
        )
        written = algorithm.to_jwk(key.public_key())  # type: ignore[arg-type]  # each takes its own
        return {**json.loads(written), "kid": kid}

    second = ec.generate_private_key(ec.SECP256R1())
    keys = [jwk(EC, "one"), jwk(second, "two"), jwk(RSA, "rsa")]
    (tmp_path / "keys.json").write_text(json.dumps({"keys": keys}))
    check = TokenCheck.of(Jwt.model_validate({"algorithm": "ES256", "jwks_file": str(tmp_path / "keys.json")}), None)
    check.check(token(EC, "ES256", {"kid": "one"}), NOW)
    check.check(token(second, "ES256", {"kid": "two"}), NOW)
    assert refused(check, token(EC, "ES256", {"kid": "two"})) == "its signature does not fit"
    for headers in ({"kid": "three"}, {"kid": "rsa"}, None):
        assert refused(check, token(EC, "ES256", headers)).startswith("it is signed with a key that is not known")


@pytest.mark.parametrize(
    ("settings", "content", "problem"),
    [
        ({"algorithm": "RS256", "key_file": "k"}, None, "No such file"),
        ({"algorithm": "RS256", "key_file": "k"}, b"nothing", "no public key"),
        ({"algorithm": "RS256", "key_file": "k"}, public_pem(EC), "no public key"),
        ({"algorithm": "HS256", "key_file": "k"}, b"short\n", "32 bytes"),
        ({"algorithm": "ES256", "jwks_file": "k"}, b"[]", "no JWK set"),
        ({"algorithm": "ES256", "jwks_file": "k"}, b'{"keys": []}', "no JWK set"),
        ({"algorithm": "ES256", "jwks_file": "k"}, b"\xff", "no JWK set"),
        ({"algorithm": "ES256", "jwks_file": "k"}, b'{"keys": [{"kty":"oct","k":"YWJj"}]}', "no key for ES256"),
    ],
)
def test_files_that_cannot_be_used_are_named(
    settings: dict[str, str], content: bytes | None, problem: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "k").write_bytes(content)
    with pytest.raises(ConfigError, match=re.escape(str(tmp_path / "k"))) as error:
        TokenCheck.of(Jwt.model_validate(settings), tmp_path)
    assert problem in str(error.value)


def test_a_secret_can_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    TokenCheck.of(Jwt.model_validate({"algorithm": "HS256", "key_file": "secret"}), tmp_path).check(token(), NOW)


@given(st.binary(max_size=200), st.sampled_from((b"", b"eyJ", b"eyJhbGciOiJIUzI1NiJ9.", b"eyJhbGciOiJIUzI1NiJ9.e30.")))
def test_whatever_is_brought_is_refused_in_words(brought: bytes, start: bytes) -> None:
    with pytest.raises(Unauthorized):
        hs256().check(start + brought, NOW)


def test_what_looks_like_a_token() -> None:
    assert looks_like_token(token())
    assert not looks_like_token(b"sk-aid-abc")
    assert not looks_like_token(b"eyJ.")
