"""Who is measured: how each is started against the pretend provider, and where to get it if it is not here.

A contender is looked for on PATH; `BENCH_<NAME>` names it elsewhere (`BENCH_VLLM_ROUTER=/opt/router/bin/vllm-router`).
"""

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

NGINX_CONF = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx-error.log;
events {{ worker_connections 8192; }}
http {{
  access_log off; client_max_body_size 64m; client_body_buffer_size 256k;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream provider {{ server 127.0.0.1:{upstream}; keepalive 1024; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port}; keepalive_requests 100000000; tcp_nodelay on;
    proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
    location / {{ proxy_pass http://provider; }}
  }}
}}
"""

LITELLM_CONF = """
model_list:
  - model_name: bench
    litellm_params: {{model: openai/bench, api_base: "http://127.0.0.1:{upstream}/v1", api_key: sk-1234}}
  - model_name: bench-paced
    litellm_params: {{model: openai/bench-paced, api_base: "http://127.0.0.1:{upstream}/v1", api_key: sk-1234}}
"""

OURS_CONF = """
providers:
  pretend:
    type: openai_compatible
    base_url: http://127.0.0.1:{upstream}/v1
    models: [bench, bench-paced]
"""


@dataclass(frozen=True, slots=True)
class Start:
    """How to start one contender: a command, its environment, and headers that requests to it need."""

    command: list[str]
    env: dict[str, str] = field(default_factory=dict)
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contender:
    """`prepare(program, folder, port, upstream)` writes what it needs into `folder` and says how to start it."""

    name: str
    program: str
    install: str
    prepare: Callable[[str, Path, int, int], Start]

    def found(self) -> str | None:
        """The program, or None when it is not on this machine."""
        named = os.environ.get(f"BENCH_{self.name.upper().replace('-', '_')}")
        return named or shutil.which(self.program)


def _ours(program: str, folder: Path, port: int, upstream: int) -> Start:
    (folder / "providers.yaml").write_text(OURS_CONF.format(upstream=upstream))
    command = [
        program,
        "-m",
        "ai_dashboard",
        "serve",
        "--port",
        str(port),
        "--config-dir",
        str(folder),
        "--no-discovery",
    ]
    return Start(command, {"AI_DASHBOARD_STATE_DIR": str(folder)})


def _nginx(program: str, folder: Path, port: int, upstream: int) -> Start:
    conf = folder / "nginx.conf"
    conf.write_text(NGINX_CONF.format(folder=folder, port=port, upstream=upstream))
    return Start([program, "-p", str(folder), "-c", str(conf)])


def _vllm_router(program: str, _folder: Path, port: int, upstream: int) -> Start:
    where = ["--host", "127.0.0.1", "--port", str(port), "--worker-urls", f"http://127.0.0.1:{upstream}"]
    quiet = ["--policy", "round_robin", "--log-level", "error", "--prometheus-port", str(port + 1)]
    return Start([program, *where, *quiet])


def _litellm(program: str, folder: Path, port: int, upstream: int) -> Start:
    conf = folder / "litellm.yaml"
    conf.write_text(LITELLM_CONF.format(upstream=upstream))
    command = [program, "--config", str(conf), "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
    unguarded = "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY"  # it listens on loopback, for this run only
    return Start(command, {"LITELLM_LOG": "ERROR", unguarded: "true"})


def _portkey(program: str, _folder: Path, port: int, upstream: int) -> Start:
    headers = ("x-portkey-provider: openai", f"x-portkey-custom-host: http://127.0.0.1:{upstream}/v1")
    return Start([program, f"--port={port}", "--headless"], {"NODE_ENV": "production"}, headers)


CONTENDERS = (
    Contender("ours", sys.executable, "", _ours),
    Contender("nginx", "nginx", "apt-get install nginx-light", _nginx),
    Contender("vllm-router", "vllm-router", "pip install vllm-router", _vllm_router),
    Contender("portkey", "gateway", "npm install @portkey-ai/gateway", _portkey),
    Contender("litellm", "litellm", "pip install 'litellm[proxy]'", _litellm),
)
