"""How a gateway begins: its first configuration, and how it listens."""

import random
from pathlib import Path
from types import MappingProxyType

from ai_dashboard.config.load import FILES, Config, Loaded
from ai_dashboard.config.redact import redact
from ai_dashboard.config.schema import GatewaySettings, Mappings
from ai_dashboard.core.control import ConfigFile
from ai_dashboard.core.diagnostics import Severity
from ai_dashboard.gateway.generation import Completed, Generation, build_generation
from ai_dashboard.transport.http1 import Limits, Server


def first_generation(loaded: Loaded, chance: random.Random, completed: Completed) -> Generation:
    """What is in force from the start; of files that were refused nothing is, and it says why."""
    if loaded.config is not None:
        return build_generation(1, loaded.config, chance=chance, completed=completed)
    errors = [finding for finding in loaded.diagnostics if finding.severity is Severity.ERROR]
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    nothing = Config(MappingProxyType({}), Mappings(), GatewaySettings(), "refused files")
    return build_generation(0, nothing, refused=f"{errors[0]}{more}", completed=completed)


def limits_of(settings: GatewaySettings) -> Limits:
    """What callers are held to."""
    limits = settings.limits
    return Limits(
        max_header_bytes=int(limits.max_header_kb * 1024),
        max_body_bytes=int(limits.max_body_mb * (1 << 20)),
        header_read_s=limits.header_read_s,
        max_connections=limits.max_connections,
    )


async def listen_privately(server: Server, socket: Path) -> None:
    """Listen under a name that appears only once it is safe: whoever sees it can connect, and only the owner can."""
    draft = socket.with_name(f".{socket.name}")
    await server.listen_unix(draft)
    draft.chmod(0o600)
    draft.rename(socket)


def read_files(folder: Path) -> tuple[ConfigFile, ...]:
    """The files of a configuration as they are on disk, secrets masked."""
    files = []
    for name in FILES:
        path = folder / name
        try:
            text = path.read_bytes().decode("utf-8", "replace")
        except OSError:
            files.append(ConfigFile(name, str(path), "", missing=True))
        else:
            files.append(ConfigFile(name, str(path), redact(text)))
    return tuple(files)
