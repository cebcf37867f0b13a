"""Where configuration and state are, for whoever saves or replaces both of them."""

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

from ai_dashboard.config.locate import FOLDER_VARIABLE, find_folder, usual_folder
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import ConfigError
from ai_dashboard.gateway.state import audit_folder, state_folder

CONFIG = "config"
STATE = "state"
GROUPS = (CONFIG, STATE)


@dataclass(frozen=True, slots=True)
class Places:
    """Whole paths, whether they exist or not."""

    config: Path
    state: Path
    audit: Path

    def of(self, group: str) -> Path:
        """The folder of a group of files."""
        return self.config if group == CONFIG else self.state


def places_of(args: argparse.Namespace) -> Places:
    """The folders that the arguments and the environment mean. Raises `ConfigError` for folders that lie in each other:
    nobody could tell whose file is whose."""
    env, cwd = dict(os.environ), Path.cwd()
    config, state = _config(args.config_dir, env, cwd).resolve(), (cwd / state_folder(env)).resolve()
    if config.is_relative_to(state) or state.is_relative_to(config):
        raise ConfigError(
            (f"ai-dashboard: configuration ({config}) and state ({state}) share a folder; give each one of its own",)
        )
    return Places(config, state, cwd / audit_folder(env))


def _config(flag: str | None, env: Mapping[str, str], cwd: Path) -> Path:
    """One that was named need not be there yet."""
    if named := flag or env.get(FOLDER_VARIABLE):
        return cwd / Path(named).expanduser()
    return find_folder(None, env, cwd) or usual_folder()
