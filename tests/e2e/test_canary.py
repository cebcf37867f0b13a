"""A secret in every place that can hold one, and a search for each of them in all that the program says or keeps.

The secrets look like nothing in particular: what is found by its look alone would be found here.
"""

import http.client
import json
import secrets
import sqlite3
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from ai_dashboard.cli import main as cli
from ai_dashboard.core.plan import Plan, RouteFacts
from ai_dashboard.gateway.desk import Desk
from tests.e2e.program import PATIENCE_S, Serving, descendants, serving, until
from tests.e2e.provider import MODELS, Provider, providing
from tests.integration.gateway.scene import house
from tests.openapi import asks, values

pytestmark = pytest.mark.e2e

PLACES = (
    "api key", "api key of a variable", "header", "master key", "admin key", "signing secret",
    "password of redis", "key of the collector",
)  # fmt: skip

PROVIDERS = """
providers:
  ours: {{type: openai_compatible, base_url: "{address}/v1", api_key: "{api key}", models: [m, tell, boom, cut]}}
  named: {{type: openai_compatible, base_url: "{address}/v1", api_key: "${{CANARY_KEY}}", models: [m, tell]}}
  headed:
    type: openai_compatible
    base_url: "{address}/v1"
    headers: {{x-team-token: "{header}"}}
    models: [m, tell, boom]
  gone: {{type: openai_compatible, base_url: "http://127.0.0.1:9/v1", api_key: "{api key}", models: [gone]}}
"""

GATEWAY = """
auth:
  master_key: "{master key}"
  jwt: {{algorithm: HS256, secret: "{signing secret}"}}
redis: {{url: "redis://:{password of redis}@127.0.0.1:9/0"}}
request_log: {{bodies: redacted}}
logging: {{level: debug, file: always}}
otel: {{enabled: true, endpoint: "{address}/v1/traces"}}
"""

WRONG = {
    "a master key that is a list": "auth: {{master_key: [{master key}]}}",
    "a secret that is too short to be one": 'auth: {{jwt: {{algorithm: HS256, secret: "{short secret}"}}}}',
    "a secret for a key that is none": 'auth: {{mastr_key: "{master key}"}}',
    "an address that is none": 'redis: {{url: "redis://:{password of redis}@127.0.0.1:x/0"}}',
    "an address of another kind": 'redis: {{url: "postgres://:{password of redis}@127.0.0.1/0"}}',
    "a file that is cut short": 'auth:\n  master_key: "{master key}',
    "a secret where a section belongs": 'auth: "{master key}"',
}


@dataclass
class Planted:
    """What is secret, and everything that was said: by where it was said."""

    secrets: dict[str, str]
    folder: Path
    heard: dict[str, str] = field(default_factory=dict)

    def found(self) -> list[str]:
        """Where which of them can be read, also as it is written in an address."""
        return [
            f"{place} in {where}: …{_around(text, written)}…"
            for where, text in self.heard.items()
            for place, secret in self.secrets.items()
            for written in {secret, quote(secret, safe="")}
            if written in text
        ]


def _around(text: str, secret: str) -> str:
    at = text.index(secret)
    return text[max(0, at - 60) : at].replace("\n", " ")


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing() as it:
        yield it


@pytest.fixture
def planted(provider: Provider, tmp_path: Path) -> Planted:
    made = {place: f"Zq{secrets.token_hex(20)}" for place in PLACES}
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "providers.yaml").write_text(PROVIDERS.format(address=provider.address, **made))
    (folder / "gateway.yaml").write_text(GATEWAY.format(address=provider.address, **made))
    return Planted(made, tmp_path)


Command = Callable[..., tuple[int, str]]
"""A command of the program: its exit code, and all that it says."""


@pytest.fixture
def command(planted: Planted, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """In this process, which is faster than one of its own."""
    monkeypatch.setenv("CANARY_KEY", planted.secrets["api key of a variable"])
    monkeypatch.setenv("AI_DASHBOARD_ADMIN_KEY", planted.secrets["admin key"])
    monkeypatch.setenv("AI_DASHBOARD_STATE_DIR", str(planted.folder / "state"))

    def run(*arguments: str) -> tuple[int, str]:
        code = cli.main([*arguments])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


@contextmanager
def started(planted: Planted, *arguments: str) -> Iterator[Serving]:
    env = {
        "CANARY_KEY": planted.secrets["api key of a variable"],
        "AI_DASHBOARD_ADMIN_KEY": planted.secrets["admin key"],
        "OTEL_EXPORTER_OTLP_HEADERS": f"x-api-key={planted.secrets['key of the collector']}",
    }
    with serving("--no-discovery", *arguments, state=planted.folder, env=env) as running:
        yield running


def test_no_secret_is_said_or_kept_anywhere(planted: Planted, provider: Provider, command: Command) -> None:
    bearer = {"authorization": f"Bearer {planted.secrets['admin key']}"}
    with started(planted) as running:
        status, text = _ask(running, "POST", "/api/admin/keys", bearer, {"name": "ci", "tenant": "acme"})
        assert status == 200
        made = json.loads(text)
        planted.secrets["a key of ours"] = made["secret"]
        planted.secrets["a key in a prompt"] = f"sk-proj-{secrets.token_hex(20)}"
        _let_callers_come(planted, running)
        until(lambda: _rows(planted.folder) >= len(MODELS) + 4, what="rows")
        _hear_the_admin_api(planted, running, bearer, made["key"]["id"])
        _hear_the_commands(planted, running, command)
        for process in (psutil.Process(running.process.pid), *descendants(running.process.pid)):
            planted.heard[f"command line of {process.pid}"] = "\0".join(process.cmdline())
        running.process.terminate()
        assert running.process.stderr is not None
        planted.heard["standard error"] = running.process.stderr.read()
        assert running.process.wait(PATIENCE_S) == 0
    _hear_files(planted)
    _hear_the_backup(planted, command)
    for number, (_, spans) in enumerate(provider.traces):
        planted.heard[f"traces {number}"] = spans.decode("latin-1")
    assert planted.found() == []
    # It is a search for something that was there: the provider was sent every one that is meant for it.
    sent = json.dumps(provider.seen)
    assert all(planted.secrets[place] in sent for place in ("api key", "api key of a variable", "header"))
    assert "[" in planted.heard["state/requests.sqlite"]
    assert {headers["x-api-key"] for headers, _ in provider.traces} == {planted.secrets["key of the collector"]}
    assert "gen_ai.operation.name" in planted.heard["traces 0"]
    assert any(name.startswith("state/logs/") and "llm_" in text for name, text in planted.heard.items())


def _let_callers_come(planted: Planted, running: Serving) -> None:
    """Requests that are answered, refused and cut, with every key there is, also in the wrong place."""
    master = {"authorization": f"Bearer {planted.secrets['master key']}"}
    told = f"my key is {planted.secrets['a key in a prompt']}; Authorization: Bearer {planted.secrets['a key of ours']}"
    own = planted.secrets["a key of ours"]
    chat = {"messages": [{"role": "user", "content": told}], "user": own, "metadata": {"note": own}}
    master |= {"x-note": own, "x-session-id": own}
    _ask(running, "POST", "/v1/chat/completions", master, chat | {"model": own})  # whoever wrote it may read it
    for model in MODELS:
        for stream in (False, True):
            status, text = _ask(
                running, "POST", "/v1/chat/completions", master, chat | {"model": model, "stream": stream}
            )
            planted.heard[f"the reply of {model}, {stream}, {status}"] = text
    for provider in ("named", "headed", "gone"):
        for model in ("m", "tell"):
            name = f"{provider}/{model if provider != 'gone' else 'gone'}"
            planted.heard[f"the reply of {name}"] = _ask(
                running, "POST", "/v1/chat/completions", master, chat | {"model": name}
            )[1]
    key = planted.secrets["a key of ours"]
    google = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
    path = f"/v1beta/models/m:generateContent?key={key}"
    planted.heard["a key in an address"] = _ask(running, "POST", path, {}, google)[1]
    for place, secret in planted.secrets.items():
        given = {"x-api-key": secret, "x-note": secret, "x-session-id": f"Bearer {secret}"}
        planted.heard[f"the reply to a caller with the {place}"] = _ask(
            running, "POST", "/v1/messages", given, {"model": "m", "max_tokens": 9, "messages": "none"}
        )[1]


def _hear_the_admin_api(planted: Planted, running: Serving, bearer: Mapping[str, str], key: str) -> None:
    """Everything but the files as they are, which are for whoever may read them."""
    document = json.loads(_ask(running, "GET", "/api/admin/openapi.json", bearer)[1])
    record = json.loads(_ask(running, "GET", "/api/admin/requests", bearer)[1])["records"][-1]["id"]
    known = values(request=record, backup="none", key=key, provider="ours", model="m")
    heard = 0
    for path, ask in asks(document, known):
        if path != "/api/admin/config/text":
            status, planted.heard[f"GET {path}"] = _ask(running, "GET", ask, bearer)
            heard += status == 200
    assert heard > 30
    for model in ("m", "tell", "gone"):
        planted.heard[f"the route of {model}"] = _ask(running, "GET", f"/api/admin/route?model={model}", bearer)[1]
    status, planted.heard["figures"] = _ask(running, "GET", "/metrics", bearer)
    assert status == 200
    planted.heard["all rows"] = _ask(running, "GET", "/api/admin/log?whole=1&limit=500", bearer)[1]
    base = json.loads(_ask(running, "GET", "/api/admin/config/text?file=providers.yaml", bearer)[1])["hash"]
    text = (planted.folder / "config" / "providers.yaml").read_text().replace("ours:", "mine:")
    change = {"file": "providers.yaml", "text": text, "base": base}
    for step in ("propose", "commit"):
        status, planted.heard[step] = _ask(running, "POST", f"/api/admin/config/{step}", bearer, change)
        assert status == 200, planted.heard[step]


def _hear_the_commands(planted: Planted, running: Serving, command: Command) -> None:
    row = _newest(planted.folder)
    for asked in (
        ("status", "--json"), ("requests", "--export", "jsonl"), ("requests", "--export", "har"),
        ("requests", "show", row), ("why", row), ("route", "m"), ("config", "show", "--origin"), ("config", "check"),
        ("keys", "list"), ("balance",), ("audit", "--json"), ("logs", "--level", "debug", "-n", "2000", "--json"),
        ("logs", "--file", "--json"), ("models", "--json"), ("costs",), ("budget",), ("doctor",),
    ):  # fmt: skip
        folder = ("--config-dir", str(planted.folder / "config"))
        here = {"config": folder, "doctor": folder, "audit": ()}
        _, planted.heard[" ".join(asked)] = command(*asked, *here.get(asked[0], ("--url", running.url)))
        assert len(planted.heard[" ".join(asked)]) > 40


def _hear_files(planted: Planted) -> None:
    """All that is kept beside the configuration itself, which holds what it was given."""
    for path in sorted((planted.folder / "state").rglob("*")):
        if path.is_file():
            planted.heard[str(path.relative_to(planted.folder))] = path.read_bytes().decode("latin-1")


def _hear_the_backup(planted: Planted, command: Command) -> None:
    """What is said of it, and its list of contents. The contents are what they are."""
    target = planted.folder / "saved.tar.gz"
    folder = ("--config-dir", str(planted.folder / "config"))
    code, planted.heard["backup"] = command("backup", "--json", str(target), *folder)
    assert code == 0
    with tarfile.open(target) as archive:
        listed = archive.extractfile("manifest.json")
        assert listed is not None
        planted.heard["manifest"] = listed.read().decode() + "\n".join(archive.getnames())
    assert "requests.sqlite" in planted.heard["manifest"]


def test_a_password_in_an_address_is_refused_without_being_said(planted: Planted, command: Command) -> None:
    planted.secrets["password in an address"] = secret = secrets.token_hex(20)
    providers = planted.folder / "config" / "providers.yaml"
    providers.write_text(providers.read_text().replace("http://127.0.0.1:9", f"http://ops:{secret}@127.0.0.1:9"))
    for asked in (("config", "check"), ("serve", "--port", "0", "--no-discovery")):
        code, planted.heard[asked[0]] = command(*asked, "--config-dir", str(planted.folder / "config"))
        assert code
        assert "the address holds a user name or password" in planted.heard[asked[0]]
    assert planted.found() == []


async def test_a_crash_of_our_own_is_logged_without_secrets(
    planted: Planted, provider: Provider, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(_desk: Desk, facts: RouteFacts) -> Plan:
        raise KeyError(facts.task)

    monkeypatch.setattr(Desk, "plan", crash)
    master = planted.secrets["master key"]
    entry = {"api_key": planted.secrets["api key"], "headers": {"x-team-token": planted.secrets["header"]}}
    async with house(
        {"first": provider.address}, settings={"auth": {"master_key": master}}, entries={"first": entry}
    ) as it:
        body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
        reply = await it.http.post(f"/v1/chat/completions?key={master}", json=body)
        assert reply.status_code == 500
        planted.heard = {"the log": caplog.text, "the reply": reply.text, "the row": str(await it.record())}
    assert "Traceback" in planted.heard["the log"]
    assert planted.found() == []


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_with_a_file_is_said_without_its_secrets(what: str, planted: Planted, command: Command) -> None:
    planted.secrets["short secret"] = secrets.token_hex(8)
    (planted.folder / "config" / "gateway.yaml").write_text(WRONG[what].format(**planted.secrets))
    _, planted.heard["config check"] = command("config", "check", "--config-dir", str(planted.folder / "config"))
    assert "gateway.yaml:" in planted.heard["config check"]
    assert planted.found() == []


def _ask(running: Serving, method: str, path: str, headers: Mapping[str, str], body: object = None) -> tuple[int, str]:
    """Status, and head and body as text."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=PATIENCE_S)
    connection.request(
        method, path, None if body is None else json.dumps(body), {"content-type": "application/json", **headers}
    )
    reply = connection.getresponse()
    try:
        said = reply.read()
    except http.client.IncompleteRead as cut:
        said = cut.partial
    connection.close()
    text = said.decode("utf-8", "replace")
    return reply.status, text if text.startswith(("{", "[")) else f"{reply.headers}\n{text}"


def _rows(folder: Path) -> int:
    file = sqlite3.connect(folder / "state" / "requests.sqlite")
    (count,) = file.execute("SELECT count(*) FROM requests").fetchone()
    file.close()
    return int(count)


def _newest(folder: Path) -> str:
    file = sqlite3.connect(folder / "state" / "requests.sqlite")
    (name,) = file.execute("SELECT id FROM requests WHERE attempts != '[]' ORDER BY number DESC").fetchone()
    file.close()
    return str(name)
