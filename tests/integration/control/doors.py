"""The doors that a screen has: to a gateway in a thread beside it, and over the unix socket that `--process` uses."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from ai_dashboard.config.load import load
from ai_dashboard.control.local import LocalPort
from ai_dashboard.control.remote import RemotePort
from ai_dashboard.core.control import ControlPort
from ai_dashboard.core.snapshot import HostView
from ai_dashboard.gateway.gateway import Gateway, Options
from ai_dashboard.gateway.thread import GatewayThread
from tests.integration.gateway.home import QUIET, providers_of
from tests.integration.gateway.scene import ADMIN_TOKEN, Play, playing

WITH_BODIES = QUIET + "request_log: {bodies: full}\n"


@asynccontextmanager
async def door(kind: str, folder: Path, plays: Mapping[str, Play]) -> AsyncIterator[tuple[Gateway, ControlPort]]:
    """A gateway in front of one play, with a request log that keeps bodies; `kind` is `local` or `process`."""
    (name,) = plays
    async with playing(plays[name]):
        (folder / "providers.yaml").write_text(providers_of(plays))
        (folder / "gateway.yaml").write_text(WITH_BODIES)
        async with _opened(kind, folder) as opened:
            yield opened


@asynccontextmanager
async def _opened(kind: str, folder: Path) -> AsyncIterator[tuple[Gateway, ControlPort]]:
    (folder / "state").mkdir()
    socket = folder / "control"

    @asynccontextmanager
    async def gateway() -> AsyncIterator[Gateway]:
        options = Options(host="127.0.0.1", port=0, admin_token=ADMIN_TOKEN, control_socket=socket)
        async with Gateway(load(folder, {}), options, read_host=HostView, env={}, state=folder / "state") as it:
            yield it

    if kind == "local":
        thread = GatewayThread(gateway)
        started = thread.start()
        port: ControlPort = LocalPort(thread, started, drain_s=0)
        yield started, port
        await port.close()
    else:
        async with gateway() as started:
            port = RemotePort("http://localhost", ADMIN_TOKEN, socket=socket)
            yield started, port
            await port.close()
