"""What a start does without: whoever starts a gateway waits for nothing that no caller has asked for yet."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import argparse, asyncio, sys
from ai_dashboard.cli.main import _load
serve = _load("serve")
from ai_dashboard.cli.opening import opened, order_from

async def listen(order):
    async with opened(order) as gateway:
        reader, writer = await asyncio.open_connection(*gateway.address)
        writer.write(b"GET /health/liveliness HTTP/1.1\\r\\nhost: localhost\\r\\n\\r\\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        print(*sorted(sys.modules), sep="\\n")
        writer.close()

parser = argparse.ArgumentParser()
serve.arguments(parser)
asyncio.run(listen(order_from(parser.parse_args(["--port", "0", "--no-discovery"]))))
"""

UNWANTED = (
    "ai_dashboard.cli.commands.app",
    "ai_dashboard.config.discover",
    "ai_dashboard.control",
    "ai_dashboard.costs.redis_ledger",
    "ai_dashboard.demo.stage",
    "ai_dashboard.gateway.admin",
    "ai_dashboard.gateway.keys_api",
    "ai_dashboard.gateway.openapi",
    "ai_dashboard.gateway.own_routes",
    "ai_dashboard.tui",
    "cryptography",
    "httpx",
    "jwt",
    "numpy",
    "redis",
    "rich",
    "textual",
    "tree_sitter",
    "watchfiles",
)
"""Each would add to every start, some of them as much as everything of ours together."""


def test_the_first_reply_waits_for_no_module_that_it_does_without(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "AI_DASHBOARD_STATE_DIR": str(tmp_path / "state"), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    imported = set(done.stdout.split())
    assert "ai_dashboard.gateway.server" in imported
    assert [name for name in UNWANTED if name in imported] == []
