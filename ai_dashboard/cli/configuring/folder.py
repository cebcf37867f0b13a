"""Which folder a `config` action works on, who says so, and what it is told to read."""

import argparse
import getpass
import os
import sys
import time
from pathlib import Path

from ai_dashboard.config.load import FILES
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
    """The store of that folder. Whatever it changes is in the audit log."""
    from ai_dashboard.gateway.state import audit_folder
    from ai_dashboard.telemetry.audit import Audit

    env = dict(os.environ)
    return ConfigStore(folder_of(args), env, time.time, journal=Audit(audit_folder(env), time.time))


def who() -> str:
    """The person at the keyboard, for the index of backups."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def file_name(text: str) -> str:
    """The name of a configuration file, or argparse's own complaint."""
    if text not in FILES:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(FILES)}")
    return text


def read_text(source: str) -> str:
    """The text in a file, or on standard input for `-`. Raises `ConfigError`."""
    try:
        raw = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        return raw.decode()
    except OSError as error:
        raise ConfigError((f"ai-dashboard: {source}: {error.strerror or error}",)) from None
    except UnicodeDecodeError as error:
        raise ConfigError((f"ai-dashboard: {source}: byte {error.start} is not UTF-8; save it as UTF-8",)) from None
