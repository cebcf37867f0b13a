"""A provider in this process, for gateways that run in others. The model that is asked for decides what it answers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

MODELS = ("m", "tell", "boom", "cut")

USAGE = {"prompt_tokens": 3, "completion_tokens": 7, "total_tokens": 10}
FRAMES = (
    b'data: {"id":"up-1","choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"}}]}\n\n',
    b'data: {"id":"up-1","choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
)


class Provider(ThreadingHTTPServer):
    """`seen` are the headers of the asks that reached it, `traces` what it was sent as a collector of them."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.seen: list[dict[str, str]] = []
        self.traces: list[tuple[dict[str, str], bytes]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answering(BaseHTTPRequestHandler):
    """`tell` refuses and repeats every header that it was sent, `boom` fails with them, `cut` breaks off, others
    answer."""

    protocol_version = "HTTP/1.1"
    server: Provider

    def do_GET(self) -> None:
        self._reply(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in MODELS]})

    def do_POST(self) -> None:
        sent, headers = self.rfile.read(int(self.headers["content-length"])), dict(self.headers.items())
        if self.path.endswith("/traces"):
            self.server.traces.append((headers, sent))
            self._reply(200, {})
            return
        asked = json.loads(sent)
        self.server.seen.append(headers)
        match asked["model"]:
            case "tell":
                self._reply(401, {"error": {"message": f"bad key: {headers}", "code": "invalid_api_key"}})
            case "boom":
                self._reply(500, {"error": {"message": f"broken: {headers}"}})
            case model if asked.get("stream"):
                self._stream(FRAMES[:1] if model == "cut" else FRAMES)
            case _:
                message = {"role": "assistant", "content": "Hello"}
                choice = {"index": 0, "message": message, "finish_reason": "stop"}
                body = {"id": "up-1", "object": "chat.completion", "choices": [choice], "usage": USAGE}
                self._reply(200, body)

    def _reply(self, status: int, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, frames: tuple[bytes, ...]) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(sum(map(len, FRAMES))))
        self.end_headers()
        self.wfile.write(b"".join(frames))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the standard library
        pass


@contextmanager
def providing() -> Iterator[Provider]:
    with Provider() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
