"""The state folder: what the gateway keeps for itself between starts. Only its owner can read it."""

import os
from collections.abc import Mapping
from pathlib import Path

ADMIN_KEY_VARIABLE = "AI_DASHBOARD_ADMIN_KEY"
TOKEN_FILE = "admin-token"  # noqa: S105 - the name of a file


def state_folder(env: Mapping[str, str]) -> Path:
    """`$AI_DASHBOARD_STATE_DIR`, or the platform's own place for state."""
    if named := env.get("AI_DASHBOARD_STATE_DIR"):
        return Path(named)
    import platformdirs

    return platformdirs.user_state_path("ai-dashboard")


def admin_token(folder: Path, env: Mapping[str, str]) -> str:
    """The key that opens the admin API: `$AI_DASHBOARD_ADMIN_KEY`, or the token in the state folder, made when there is
    none. Where the folder cannot be written the token lives as long as the process."""
    if key := env.get(ADMIN_KEY_VARIABLE):
        return key
    import secrets

    path = folder / TOKEN_FILE
    fresh = secrets.token_urlsafe(32)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written aside and linked into place: of two gateways that start at once, both read the same token.
        draft = folder / f".{TOKEN_FILE}.{secrets.token_hex(8)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(fresh)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return path.read_text().strip() or fresh
    except OSError:
        return fresh


def known_admin_token(folder: Path, env: Mapping[str, str]) -> str | None:
    """The token of a gateway of the same user, None when there is none to be read."""
    if key := env.get(ADMIN_KEY_VARIABLE):
        return key
    try:
        return (folder / TOKEN_FILE).read_text().strip() or None
    except OSError:
        return None


def audit_folder(env: Mapping[str, str]) -> Path:
    """Where it is written down who changed what."""
    return state_folder(env) / "audit"


def log_folder(env: Mapping[str, str]) -> Path:
    """Where events are kept as lines."""
    return state_folder(env) / "logs"
