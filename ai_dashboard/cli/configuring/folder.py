"""Which folder a `config` action works on, and who says so."""

import argparse
import getpass
import os
import time
from pathlib import Path

from ai_dashboard.config.locate import find_folder, usual_folder
from ai_dashboard.config.store import ConfigStore
from ai_dashboard.core.errors import ConfigError


def folder_of(args: argparse.Namespace) -> Path:
    """The folder. Raises `ConfigError` when there is none."""
    folder = find_folder(args.config_dir, dict(os.environ), Path.cwd())
    if folder is None:
        raise ConfigError((f"ai-dashboard: there is no configuration folder (`config init` makes {usual_folder()})",))
    return folder


def store_of(args: argparse.Namespace) -> ConfigStore:
    """The store of that folder."""
    return ConfigStore(folder_of(args), dict(os.environ), time.time)


def who() -> str:
    """The person at the keyboard, for the index of backups."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
