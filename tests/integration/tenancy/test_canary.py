"""A key and a token are brought in every place in which a caller could put them, and looked for wherever anything is
kept, shown or passed on."""

import logging
import secrets
import traceback
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import jwt
import orjson
import pytest

from ai_dashboard.cli.commands.requests import details
from ai_dashboard.config.schema import GatewaySettings
from ai_dashboard.config.schema.request_log import RequestLogSettings
from ai_dashboard.core.errors import Unauthorized
from ai_dashboard.core.request_log import LogEntry, LoggedRequest
from ai_dashboard.gateway.clock import SystemClock
from ai_dashboard.gateway.keys_api import KeysApi
from ai_dashboard.telemetry.audit import Audit
from ai_dashboard.telemetry.export import as_csv, as_jsonl
from ai_dashboard.telemetry.har import as_har
from ai_dashboard.telemetry.log_reader import LogReader, Question
from ai_dashboard.telemetry.request_log import RequestLog
from ai_dashboard.tenancy.identity import Identity
from ai_dashboard.tenancy.key_book import KeyBook
from ai_dashboard.tenancy.key_homes import SqliteKeys
from ai_dashboard.tenancy.tokens import TokenCheck
from tests.integration.gateway.admin_stage import door
from tests.unit.telemetry.entries import ATTEMPT, PLAN, entry

JWT_SECRET = "the-secret-by-which-tokens-are-signed"
MASTER = "the-master-key-of-this-gateway"
CLOCK = SystemClock()

SETTINGS = GatewaySettings.model_validate(
    {"auth": {"master_key": MASTER, "jwt": {"algorithm": "HS256", "secret": JWT_SECRET}}}
)


def everywhere(secret: str) -> Iterator[LogEntry]:
    """Requests that have it in their path, model, error, warnings, attempts, plan and bodies."""
    failed = replace(ATTEMPT, error="upstream_auth_failed", message=f"Incorrect API key provided: {secret}.")
    body = {
        "model": secret,
        "user": secret,
        "metadata": {"api_key": secret},
        "messages": [{"content": f"it is {secret}"}],
    }
    pieces = [{"delta": {"content": piece}} for piece in (secret[:9], secret[9:])]
    stream = b"".join(b"data: %b\n\n" % orjson.dumps(piece) for piece in pieces)
    yield entry(asked=secret, plan=replace(PLAN, asked=secret))._replace(path=f"/v1beta/models/m:generate?key={secret}")
    yield entry(message=f"refused {secret}", warnings=(f"`{secret}` was left out",))
    yield entry(attempts=(failed, ATTEMPT))
    yield entry()._replace(request_body=orjson.dumps(body), response_body=stream)
    yield entry()._replace(request_body=f"not json {secret}".encode(), response_body=b"Bearer " + secret.encode())


async def test_what_opens_the_gateway_is_kept_and_shown_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    book = KeyBook(SqliteKeys(tmp_path / "keys.sqlite"), clock=CLOCK, entropy=secrets.token_bytes)
    audit = Audit(tmp_path / "audit", CLOCK.wall)
    async with door(KeysApi(book, dict, audit).handlers()) as it:
        made = (await it.http.post("/keys", json={"name": "canary"})).json()
        key, key_id = made["secret"], made["key"]["id"]
        shown += [(await it.http.get(name)).text for name in ("/keys", f"/keys/{key_id}", f"/keys/{key}")]
        shown.append((await it.http.post(f"/keys/{key_id}", json={"rpm": 5})).text)
        assert await it.command("keys", "show", "canary") == 0
        assert await it.command("keys", "list") == 0
    assert SETTINGS.auth.jwt is not None
    token = jwt.encode({"exp": CLOCK.wall() + 60, "sub": "ada", "tenant": "acme"}, JWT_SECRET)
    expired = jwt.encode({"exp": CLOCK.wall() - 600}, JWT_SECRET)
    checked = TokenCheck.of(SETTINGS.auth.jwt, None)
    identity = Identity(SETTINGS, book, checked, admin_token="the-admin-token", wall=CLOCK.wall)
    shown += [repr(identity.identify(it.encode())) for it in (key, token, MASTER)]
    shown += [repr(identity), repr(book), repr(book.views()), repr(SETTINGS), repr(checked)]
    await book.revoke(key_id)
    for brought in (key, expired, key + "x", token[:-2], MASTER + "x"):
        try:
            identity.identify(brought.encode())
        except Unauthorized as error:
            shown += [repr(error), error.message, error.hint, "".join(traceback.format_exception(error))]
    canaries = (key, token, expired)

    path = tmp_path / "requests.sqlite"
    settings = RequestLogSettings(bodies="redacted")
    log = RequestLog[LogEntry](path, settings, lambda it: it, clock=CLOCK)
    log.start()
    for secret in canaries:
        for noted in everywhere(secret):
            log.note(noted)
    await log.written()
    requests = (await LogReader(path, CLOCK).page(Question(whole=True, limit=1000))).requests
    log.close()
    assert len(requests) == 5 * len(canaries)
    shown += told(requests)
    # The client of this test writes down whom it asks; it is not what is tested.
    ours = (record for record in caplog.records if not record.name.startswith(("httpx", "httpcore")))
    shown += [*(record.getMessage() for record in ours), *capsys.readouterr()]
    shown += files(tmp_path)
    shown += commands()
    for secret in (*canaries, MASTER, JWT_SECRET):
        assert [text[:200] for text in shown if secret in text] == []


def told(requests: tuple[LoggedRequest, ...]) -> list[str]:
    """Every form in which rows leave the log."""
    exports = (as_jsonl(requests), as_csv(requests), as_har(requests, "http://127.0.0.1:4000"))
    return [*("".join(export) for export in exports), *("\n".join(details(asdict(it))) for it in requests)]


def files(folder: Path) -> list[str]:
    """All of the state folder."""
    return [path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file()]


def commands() -> list[str]:
    """What every process on this machine was started with, as far as it can be seen."""
    seen = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            seen.append(path.read_bytes().decode("latin-1"))
        except OSError:
            continue  # it has ended meanwhile
    return seen
