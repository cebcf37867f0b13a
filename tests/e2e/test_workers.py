"""`serve --workers`: processes on one port that answer, are replaced, finish what they began, and end together."""

import http.client
import json
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import psutil
import pytest

from tests.e2e.program import ENDS_WITHIN_S, PATIENCE_S, Serving, alive, complaints, descendants, run, serving, until
from tests.valkey import valkey

pytestmark = pytest.mark.e2e

CONNECTIONS = 64
"""So many that chance does not leave one of two workers out: once in 2⁶³."""

FIRST = b'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"Once"}}]}\n\n'
LAST = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


class Provider(ThreadingHTTPServer):
    """Begins every answer at once, and ends it when `go_on` is set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Telling)
        self.go_on = Event()


class Telling(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        self._begin("application/json")
        self.wfile.write(b'{"object":"list","data":[{"id":"tale","object":"model"}]}')

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._begin("text/event-stream")
        self.wfile.write(FIRST)
        self.wfile.flush()
        self.server.go_on.wait(PATIENCE_S)
        self.wfile.write(LAST)

    def _begin(self, content_type: str) -> None:
        self.send_response(200)
        self.send_header("content-type", content_type)
        self.send_header("connection", "close")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the standard library
        pass


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.go_on.set()
        server.shutdown()
        thread.join(PATIENCE_S)


@pytest.fixture
def crew(provider: Provider, tmp_path: Path) -> Iterator[Serving]:
    folder = tmp_path / "config"
    folder.mkdir()
    address = f"http://127.0.0.1:{provider.server_port}/v1"
    (folder / "providers.yaml").write_text(
        f'providers:\n  teller: {{type: openai_compatible, base_url: "{address}", models: [tale]}}\n'
    )
    with serving("--workers", "2", "--no-discovery", state=tmp_path) as running:
        yield running


def workers(crew: Serving) -> set[int]:
    return {it.pid for it in descendants(crew.process.pid) if "--worker" in arguments_of(it)}


def arguments_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


@contextmanager
def connected(crew: Serving) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", crew.port, timeout=PATIENCE_S)
    try:
        yield connection
    finally:
        connection.close()


def answered_by(crew: Serving) -> int:
    """The process that holds the other end of a new connection, once it has answered there to the admin token."""
    token = (crew.state / "state" / "admin-token").read_text()
    with connected(crew) as connection:
        connection.request("GET", "/api/admin/snapshot", headers={"authorization": f"Bearer {token}"})
        assert connection.sock is not None
        own = connection.sock.getsockname()
        reply = connection.getresponse()
        assert reply.status == 200
        assert json.loads(reply.read())["gateway"]["port"] == crew.port
        (holder,) = [pid for pid in workers(crew) if own in peers(pid)]
        return holder


def peers(pid: int) -> set[tuple[object, ...]]:
    """The other ends of a process's connections."""
    return {tuple(connection.raddr) for connection in psutil.Process(pid).net_connections("tcp4")}


def answering(crew: Serving) -> set[int]:
    until(lambda: is_answered(crew), what="an answer")
    return {answered_by(crew) for _ in range(CONNECTIONS)}


def said_by(crew: Serving, event: str) -> str:
    """The message of the next event of that name on standard error."""
    assert crew.process.stderr is not None
    while line := crew.process.stderr.readline():
        if (told := json.loads(line))["event"] == event:
            return str(told["message"])
    raise AssertionError("it has ended")


def is_answered(crew: Serving) -> bool:
    """Linux resets a connection whose handshake meets a listener that comes or goes; the next one is fine."""
    try:
        return crew.get("/health/liveliness")[0] == 200
    except ConnectionResetError:
        return False


def test_all_answer_and_one_that_is_killed_is_replaced_while_the_other_goes_on(crew: Serving) -> None:
    before = workers(crew)
    assert len(before) == 2
    assert answering(crew) == before
    victim, other = sorted(before)
    psutil.Process(victim).kill()
    until(lambda: victim not in workers(crew), what="the end of the one that was killed")
    until(lambda: is_answered(crew), within_s=ENDS_WITHIN_S, what="an answer of the other one")
    assert crew.process.stderr is not None
    assert f"(pid {victim}) was ended by signal 9" in said_by(crew, "workers")
    assert "listens again (pid " in said_by(crew, "workers")
    after = workers(crew)
    assert len(after) == 2
    assert other in after
    assert victim not in after
    assert answering(crew) == after


def test_a_stream_that_has_begun_is_finished_before_the_end(crew: Serving, provider: Provider) -> None:
    ask = {"model": "tale", "stream": True, "messages": [{"role": "user", "content": "Tell me"}]}
    with connected(crew) as connection:
        connection.request("POST", "/v1/chat/completions", json.dumps(ask), {"content-type": "application/json"})
        reply = connection.getresponse()
        assert b"Once" in reply.readline()
        crew.process.send_signal(signal.SIGTERM)
        until(lambda: refused(crew.port), what="nobody listening any more")
        assert crew.process.poll() is None
        provider.go_on.set()
        assert reply.read().endswith(b"data: [DONE]\n\n")
    crew.process.wait(PATIENCE_S)
    assert crew.process.returncode == 0
    assert crew.process.stderr is not None
    assert complaints(crew.process.stderr.read()) == []


def refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        pass  # it was in the queue of one that has just stopped listening
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nobody_is_left_over(crew: Serving, number: signal.Signals) -> None:
    left = descendants(crew.process.pid)
    assert crew.end(number) < ENDS_WITHIN_S
    assert crew.process.returncode == (0 if number is signal.SIGINT else -number)
    until(lambda: not [worker for worker in left if alive(worker)], within_s=ENDS_WITHIN_S, what="no orphans")


@pytest.mark.parametrize("arguments", [(), ("--workers", "2")])
def test_nobody_joins_a_port_that_workers_share(crew: Serving, arguments: tuple[str, ...]) -> None:
    done = run("serve", "--port", str(crew.port), "--no-discovery", *arguments, state=crew.state)
    assert done.returncode == 2
    assert f"port {crew.port} is taken by another ai-dashboard" in done.stderr
    assert len(workers(crew)) == 2


def test_a_port_that_another_program_holds_is_told_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run("serve", "--workers", "2", "--port", str(port), "--no-discovery", state=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"ai-dashboard: port {port} is taken by ")
    assert done.stderr.count("\n") == 1


def test_what_would_stop_every_worker_is_told_once(tmp_path: Path) -> None:
    done = run("serve", "--workers", "2", "--host", "0.0.0.0", "--port", "0", "--no-discovery", state=tmp_path)
    assert done.returncode == 1
    assert done.stderr.count("--insecure") == 1


def test_the_demo_is_one_process(tmp_path: Path) -> None:
    done = run("serve", "--workers", "2", "--demo", "--port", "0", state=tmp_path)
    assert done.returncode == 2
    assert "leave --workers out" in done.stderr


def test_sighup_reaches_every_worker_and_ends_none(crew: Serving) -> None:
    before = workers(crew)
    crew.process.send_signal(signal.SIGHUP)
    numbers: dict[int, int] = {}

    def all_have() -> bool:
        numbers.update(configuration(crew) for _ in range(8))
        return len(numbers) == 2 and set(numbers.values()) == {2}

    until(all_have, what="both workers on their second configuration")
    assert workers(crew) == before


def configuration(crew: Serving) -> tuple[int, int]:
    """A worker, and the number of the configuration that it goes by."""
    token = (crew.state / "state" / "admin-token").read_text()
    with connected(crew) as connection:
        connection.request("GET", "/api/admin/snapshot", headers={"authorization": f"Bearer {token}"})
        assert connection.sock is not None
        own = connection.sock.getsockname()
        number = json.loads(connection.getresponse().read())["config"]["number"]
        (holder,) = [pid for pid in workers(crew) if own in peers(pid)]
        return holder, int(number)


# ── what workers share ───────────────────────────────────────────────────────────────────────────────────────────────


def valkeys(crew: Serving) -> set[int]:
    """The servers through which workers share what they know."""
    return {it.pid for it in descendants(crew.process.pid) if name_of(it).startswith("valkey")}


def name_of(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.NoSuchProcess:
        return ""


def shares(crew: Serving) -> set[int]:
    """How many gateways each of the workers knows of, itself included."""
    token = (crew.state / "state" / "admin-token").read_text()
    counts = set()
    for _ in range(CONNECTIONS // 4):
        with connected(crew) as connection:
            connection.request("GET", "/api/admin/snapshot", headers={"authorization": f"Bearer {token}"})
            shared = json.loads(connection.getresponse().read())["shared"]
            counts.add(shared["gateways"] if shared["up"] else 0)
    return counts


def test_workers_share_what_they_know_through_a_valkey_of_their_own_that_is_replaced(crew: Serving) -> None:
    until(lambda: shares(crew) == {2}, what="each worker knowing of the other")
    (victim,) = valkeys(crew)
    psutil.Process(victim).kill()
    assert crew.get("/health")[0] == 200
    until(lambda: valkeys(crew) not in (set(), {victim}), what="another Valkey")
    until(lambda: shares(crew) == {2}, what="each worker knowing of the other again")
    assert not list((crew.state / "state").glob("*.rdb"))


def test_workers_share_through_the_redis_that_they_are_told_of(provider: Provider, tmp_path: Path) -> None:
    with valkey() as server:
        env = {"REDIS_URL": server.url}
        with serving("--workers", "2", "--no-discovery", state=tmp_path, env=env) as crew:
            assert valkeys(crew) == set()
            until(lambda: shares(crew) == {2}, what="each worker knowing of the other")
