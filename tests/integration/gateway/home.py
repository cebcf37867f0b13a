"""A gateway on a folder of real files, which may change, and the plays that they may name."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from ai_dashboard.config.load import load
from ai_dashboard.core.snapshot import HostView
from ai_dashboard.gateway.gateway import Gateway, Options
from ai_dashboard.telemetry.audit import Audit
from tests.integration.gateway.scene import ADMIN, ADMIN_TOKEN, WHOLE, Play, Script, playing, reply

QUIET = "health: {interval_s: 3600, attempts: 1, timeout_s: 2}\n"
FAILS = reply(500, b'{"error": {"message": "broken"}}')


@dataclass
class Home:
    """A gateway on a folder, and the plays that its files may name."""

    folder: Path
    gateway: Gateway
    http: httpx.AsyncClient
    plays: Mapping[str, Play]

    def providers(self, *names: str) -> str:
        """The text of a `providers.yaml` with these, which all list the model `m`."""
        return providers_of({name: self.plays[name] for name in names})

    def write(self, *names: str) -> None:
        (self.folder / "providers.yaml").write_text(self.providers(*names))

    async def chat(self, headers: Mapping[str, str] | None = None, **fields: object) -> httpx.Response:
        body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]} | fields
        return await self.http.post("/v1/chat/completions", json=body, headers=headers or {})

    async def admin(self, path: str, body: object = None) -> httpx.Response:
        if body is None:
            return await self.http.get(f"/api/admin/config/{path}", headers=ADMIN)
        return await self.http.post(f"/api/admin/config/{path}", headers=ADMIN, json=body)

    async def hash(self, file: str = "providers.yaml") -> str:
        return str((await self.admin(f"text?file={file}")).json()["hash"])

    async def commit(self, text: str, file: str = "providers.yaml", why: str = "a test") -> httpx.Response:
        return await self.admin("commit", {"file": file, "text": text, "base": await self.hash(file), "why": why})

    @property
    def number(self) -> int:
        return self.gateway.generation.number

    def told(self, words: str) -> bool:
        return any(words in finding.message for finding in self.gateway.diagnostics)


def providers_of(plays: Mapping[str, Play]) -> str:
    entries = "".join(
        f"  {name}: {{type: openai_compatible, base_url: '{play.address}', models: [m]}}\n"
        for name, play in plays.items()
    )
    return f"# who answers\nproviders:\n{entries}"


@asynccontextmanager
async def home(
    folder: Path,
    plays: Mapping[str, Play],
    *names: str,
    settings: str = "",
    audit: Audit | None = None,
    options: Options = Options(host="127.0.0.1", port=0, admin_token=ADMIN_TOKEN),  # noqa: B008 - it is frozen
) -> AsyncIterator[Home]:
    """A gateway in front of `names`; the other plays listen too."""
    async with AsyncExitStack() as stack:
        for play in plays.values():
            await stack.enter_async_context(playing(play))
        (folder / "providers.yaml").write_text(providers_of({name: plays[name] for name in names}))
        (folder / "gateway.yaml").write_text(QUIET + settings)
        gateway = await stack.enter_async_context(
            Gateway(load(folder, {}), options, read_host=HostView, env={}, audit=audit)
        )
        url = f"http://127.0.0.1:{gateway.address[1]}"
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=10, trust_env=False))
        yield Home(folder, gateway, http, plays)


def two(**scripts: Script) -> dict[str, Play]:
    return {name: Play(scripts.get(name, reply(200, WHOLE))) for name in ("a", "b")}
