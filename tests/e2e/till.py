"""A provider that costs seven cents an answer, and a configuration that says so."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

from tests.e2e.program import PATIENCE_S, Serving

ANSWER = json.dumps(
    {
        "id": "up-1",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 7, "total_tokens": 10},
    }
).encode()
ASK = json.dumps(
    {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 7, "temperature": 1}
).encode()


class Provider(ThreadingHTTPServer):
    """Answers once `go_on` is set. `asked` counts."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.asked = 0
        self.go_on = Event()
        self.go_on.set()


class _Answering(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        self._say(b'{"object":"list","data":[{"id":"m","object":"model"}]}')

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.server.asked += 1
        self.server.go_on.wait(PATIENCE_S)
        self._say(ANSWER)

    def _say(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the standard library
        pass


@contextmanager
def providing() -> Iterator[Provider]:
    """One, until the block ends."""
    with Provider() as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.go_on.set()
            server.shutdown()
            thread.join(PATIENCE_S)


def configure(folder: Path, provider: Provider, gateway: str = "") -> Path:
    """A folder with a configuration in front of the provider, for `serving`."""
    config = folder / "config"
    config.mkdir(parents=True)
    (config / "providers.yaml").write_text(
        f"""providers:
  paid:
    type: openai_compatible
    base_url: http://127.0.0.1:{provider.server_port}/v1
    models: [m]
    cost_per_1k_tokens: {{m: {{input: 0, output: 10}}}}
"""
    )
    if gateway:
        (config / "gateway.yaml").write_text(gateway)
    return folder


def chat(port: int, key: str = "") -> int:
    """Ask once; the status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {key}"} if key else {})
        connection.request("POST", "/v1/chat/completions", ASK, headers)
        reply = connection.getresponse()
        reply.read()
        return reply.status
    finally:
        connection.close()


def spent(gateway: Serving) -> float:
    """Dollars of this month, by its books."""
    status, said = gateway.get("/api/admin/costs")
    assert status == 200
    total = said["total"]
    assert isinstance(total, float | int)
    return total
