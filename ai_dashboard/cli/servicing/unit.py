"""The text of the systemd unit: what is run, what it may write, and what is kept from it. Pure."""

from collections.abc import Sequence
from pathlib import Path

from ai_dashboard.core.data import dataclass

UNIT = "ai-dashboard.service"

OURS = "# Written by `ai-dashboard service install`, which replaces it; `service uninstall` removes it."
"""The first line of a unit that may be replaced and removed."""

BEYOND_DRAIN_S = 10

_HARDENED = (
    "UMask=0077",
    "NoNewPrivileges=yes",
    "PrivateUsers=yes",
    "PrivateTmp=yes",
    "ProtectSystem=strict",
    "ProtectHome=read-only",
    "ProtectControlGroups=yes",
    "ProtectKernelTunables=yes",
    "RestrictSUIDSGID=yes",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "LockPersonality=yes",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
)
"""What a gateway can do without. Devices stay, since figures of GPUs come through them; and so do capabilities, since a
user's service has none and older managers fail at taking them away."""


@dataclass(frozen=True, slots=True)
class Service:
    """`command` is what is run, `state` its private folder, `config` the folder that its editor may change, `variables`
    a file that holds keys as `NAME=value` and need not be there."""

    command: Sequence[str]
    state: Path
    config: Path | None
    variables: Path
    drain_s: float


def unit_of(service: Service) -> str:
    """The whole file."""
    writable = [service.state] if service.config is None else [service.state, service.config]
    sections = {
        "Unit": (
            "Description=ai-dashboard, a gateway for language models",
            "StartLimitIntervalSec=120",
            "StartLimitBurst=5",
        ),
        "Service": (
            "Type=exec",
            f"ExecStart={' '.join(map(_argument, service.command))}",
            "ExecReload=/bin/kill -HUP $MAINPID",
            "Restart=on-failure",
            "RestartSec=3",
            "KillMode=mixed",
            f"TimeoutStopSec={round(service.drain_s) + BEYOND_DRAIN_S}",
            "LimitNOFILE=65536",
            f"Environment={_quoted(f'AI_DASHBOARD_STATE_DIR={service.state}')}",
            f"EnvironmentFile=-{_plain(service.variables)}",
            f"ReadWritePaths={' '.join(_quoted(f'-{path}') for path in writable)}",
            *_HARDENED,
        ),
        "Install": ("WantedBy=default.target",),
    }
    written = ("\n".join((f"[{name}]", *lines)) for name, lines in sections.items())
    return f"{OURS}\n\n" + "\n\n".join(written) + "\n"


def _argument(word: str) -> str:
    """A word of a command line: systemd expands `$` in those, and `%` everywhere."""
    return _quoted(word).replace("$", "$$")


def _quoted(text: str) -> str:
    """In quotes where it needs some, so that it stays one word and means itself."""
    escaped = "".join(_ESCAPES.get(letter, letter) for letter in text)
    return escaped if escaped == text.replace("%", "%%") and not set(text) & _SPLITTING else f'"{escaped}"'


def _plain(path: Path) -> str:
    """Where systemd takes the rest of the line as it is."""
    return str(path).replace("%", "%%")


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "%": "%%"}
_SPLITTING = frozenset(" ';")
