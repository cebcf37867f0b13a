"""Where the configuration is: a folder that was named, `./config`, or the platform's own place, in this order."""

from pathlib import Path

from ai_dashboard.config.expand import Env
from ai_dashboard.config.load import PROVIDERS
from ai_dashboard.core.errors import ConfigError

FOLDER_VARIABLE = "AI_DASHBOARD_CONFIG_DIR"


def find_folder(flag: str | Path | None, env: Env, cwd: Path) -> Path | None:
    """The folder to read, or None when there is none. Raises `ConfigError` when one was named and does not exist."""
    named = {"--config-dir": flag, f"${FOLDER_VARIABLE}": env.get(FOLDER_VARIABLE)}
    for origin, text in named.items():
        if text:
            return _existing(cwd / Path(text).expanduser(), origin)
    if (cwd / "config" / PROVIDERS).is_file():
        return cwd / "config"
    usual = usual_folder()
    return usual if usual.is_dir() else None


def usual_folder() -> Path:
    """The platform's place for this program's configuration, whether it exists or not."""
    from platformdirs import user_config_path

    return user_config_path("ai-dashboard")


def _existing(folder: Path, origin: str) -> Path:
    if folder.is_dir():
        return folder
    problem = "is not a folder" if folder.exists() else "does not exist"
    raise ConfigError((f"{origin}: {folder} {problem} (create it, or leave {origin} out to start on what is found)",))
