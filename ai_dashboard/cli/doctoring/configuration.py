"""The files, and the keys that providers need. Of keys only names are told."""

from collections.abc import Iterator
from pathlib import Path

from ai_dashboard.cli.doctoring.finding import Finding, Level
from ai_dashboard.config.load import Loaded
from ai_dashboard.config.locate import usual_folder
from ai_dashboard.config.schema import Provider
from ai_dashboard.config.stale import stale
from ai_dashboard.core.diagnostics import Diagnostic, Severity

CONFIG = "config"
KEYS = "keys"

_LEVELS = {Severity.ERROR: Level.PROBLEM, Severity.WARNING: Level.WARNING}
_ABOUT_KEYS = ("api_key", "env_var", "requires_api_key")


def check_config(loaded: Loaded) -> Iterator[Finding]:
    """What `config check` finds, but for keys, which have a check of their own."""
    folder, config = loaded.folder, loaded.config
    if folder is None:
        fix = f"`ai-dashboard config init` writes what is found into {usual_folder()}"
        yield Finding(CONFIG, Level.NOTE, "no files: the defaults, and what is found on this machine", fix)
    elif config is None:
        yield Finding(CONFIG, Level.PROBLEM, f"nothing is served from {folder}", "mend the errors below")
    else:
        active = sum(provider.active for provider in config.providers.values())
        yield Finding(CONFIG, Level.OK, f"{folder}: {active} of {len(config.providers)} providers are active")
    lacking = {provider.name for provider in without_key(loaded)}
    for found in (*loaded.diagnostics, *stale(folder)):
        if found.severity in _LEVELS and not _is_about_key(found, lacking):
            yield Finding(CONFIG, _LEVELS[found.severity], _text(found), found.fix or "see `ai-dashboard config check`")


def check_keys(loaded: Loaded) -> Iterator[Finding]:
    """Every active provider that needs a key and has none."""
    if loaded.config is None:
        return
    lacking = without_key(loaded)
    for provider in lacking:
        names = " or ".join(provider.key_variables)
        text = f"{provider.name} has no key: {f'{names} is not set' if names else 'nothing says where it is'}"
        fix = f"export {names}" if names else f"add `env_var: NAME` to it in {loaded.folder or 'providers.yaml'}"
        yield Finding(KEYS, Level.PROBLEM, text, f"{fix}, or set `status: disabled`")
    there = [it.name for it in loaded.config.providers.values() if it.active and it.api_key is not None]
    if not lacking:
        yield Finding(KEYS, Level.OK, f"there for {', '.join(there)}" if there else "no active provider needs one")


def without_key(loaded: Loaded) -> list[Provider]:
    """The active providers that cannot be asked because their key is missing."""
    providers = loaded.config.providers.values() if loaded.config is not None else ()
    return [
        it
        for it in providers
        if it.active and it.api_key is None and it.requires_api_key is not False and (it.needs_key or it.env_var != "")
    ]


def _is_about_key(found: Diagnostic, lacking: set[str]) -> bool:
    return any(found.path == f"providers.{name}.{field}" for name in lacking for field in _ABOUT_KEYS)


def _text(found: Diagnostic) -> str:
    place = f"{Path(found.file).name}:{found.line}" if found.line else found.file
    return f"{place}: {found.path + ': ' if found.path else ''}{found.message}"
