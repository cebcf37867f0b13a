"""Every value in force, and who said so: a flag, the environment, a line of a file, or the default.

The values are those of the configuration as it was understood; the lines are found by walking it beside the tree of its
file. Where a short form was read as a long one, all parts of the long one stand in the line of the short one.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, SecretStr

from ai_dashboard.config.environment import setting_variables, vllm_changes
from ai_dashboard.config.expand import Env
from ai_dashboard.config.load import (
    DASHBOARD,
    FILES,
    GATEWAY,
    MAPPINGS,
    PROVIDERS,
    REGIONS,
    Config,
    Loaded,
    load,
    read_source,
)
from ai_dashboard.config.redact import redact
from ai_dashboard.config.schema import Provider
from ai_dashboard.config.schema.base import Section
from ai_dashboard.config.yaml_tree import Data, Items, Map, Node, Scalar
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.secrets import PLAIN_HEADERS, mask

_VARIABLES = re.compile(r"\$?\$\{([A-Za-z_][A-Za-z0-9_]*)|os\.environ/([A-Za-z_][A-Za-z0-9_]*)")


class Kind(StrEnum):
    """Who said so, the strongest first."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from. `place` is the flag, the variable, or `file:line`; `named_in` the line of a file that
    names the variable."""

    kind: Kind
    place: str = ""
    named_in: str = ""

    def __str__(self) -> str:
        named = f" (in {self.named_in})" if self.named_in else ""
        return f"{self.place or self.kind}{named}"


@dataclass(frozen=True, slots=True)
class Setting:
    """One value in force; secrets are masked."""

    file: str
    path: tuple[str | int, ...]
    value: Data
    origin: Origin


@dataclass(frozen=True, slots=True)
class Effective:
    """A folder as it is understood, and every value in it. `settings` is empty when the folder is refused."""

    loaded: Loaded
    settings: tuple[Setting, ...]


DEFAULT = Origin(Kind.DEFAULT)


def effective(folder: Path | None, env: Env, flags: Mapping[tuple[str, ...], tuple[str, Data]]) -> Effective:
    """Read a folder and say where each value comes from. `flags` are those of the command line, with name and value, by
    the key of `gateway.yaml` over which they win."""
    drafts = _contents(folder)
    loaded = load(folder, env, drafts)
    if loaded.config is None:
        return Effective(loaded, ())
    settings = [it for name in FILES for it in _of_file(name, folder, loaded.config, env, drafts) if _counts(it)]
    return Effective(loaded, tuple(_with_flag(setting, flags) for setting in settings))


def _contents(folder: Path | None) -> dict[str, bytes]:
    """The files as they are now, so that values and lines are of the same text."""
    if folder is None:
        return {}
    return {name: (folder / name).read_bytes() for name in FILES if _is_readable(folder / name)}


def _is_readable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.R_OK)


def _of_file(
    name: str, folder: Path | None, config: Config, env: Env, drafts: Mapping[str, bytes]
) -> Iterator[Setting]:
    source = read_source(folder, name, env, drafts, [])
    root = source.root if source is not None and source.written else None
    walk = _Walk(name, env)
    if name == PROVIDERS:
        entries = _child(root, "providers")
        for key, provider in config.providers.items():
            yield from walk.provider(provider, config.providers, _child(entries, key), _line(entries, key))
    elif name == MAPPINGS:
        yield from walk.section(config.mappings, (), root, DEFAULT)
    elif name == REGIONS:
        yield from walk.section(config.regions, (), root, DEFAULT)
    elif name == DASHBOARD:
        yield from walk.section(config.dashboard, (), root, DEFAULT)
    else:
        named = setting_variables(env)
        for setting in walk.section(config.gateway, (), root, DEFAULT):
            above = (tuple(map(str, setting.path[:length])) for length in range(1, len(setting.path) + 1))
            variable = next((named[path][0] for path in above if path in named), None)
            said = variable is not None and setting.value is not None  # the rest of a short form says nothing
            yield replace(setting, origin=Origin(Kind.ENVIRONMENT, variable or "")) if said else setting


def _counts(setting: Setting) -> bool:
    """Keys that were not written and mean nothing are not worth a line, but in the files of settings."""
    means_nothing = setting.origin.kind is Kind.DEFAULT and setting.value in (None, "", [], {})
    return setting.file in (GATEWAY, DASHBOARD) or not means_nothing


def _with_flag(setting: Setting, flags: Mapping[tuple[str, ...], tuple[str, Data]]) -> Setting:
    flag = flags.get(tuple(map(str, setting.path))) if setting.file == GATEWAY else None
    return replace(setting, value=flag[1], origin=Origin(Kind.FLAG, flag[0])) if flag else setting


class _Walk:
    """One file, value by value."""

    def __init__(self, file: str, env: Env) -> None:
        self._file = file
        self._env = env

    def provider(
        self, provider: Provider, providers: Mapping[str, Provider], node: Node | None, line: int
    ) -> Iterator[Setting]:
        """A provider: its key may come from a variable, and its address from its type."""
        above = Origin(Kind.FILE, f"{self._file}:{line}")
        changed = vllm_changes(providers, self._env)
        for setting in self.section(provider, ("providers", provider.name), node, above):
            field = setting.path[2]
            written = isinstance(node, Map) and field in node.entries
            if (said := changed.get((provider.name, str(field)))) is not None:
                yield replace(setting, origin=Origin(Kind.ENVIRONMENT, said[0]))
            elif field == "base_url" and not written:
                yield replace(setting, origin=DEFAULT)
            elif field == "api_key" and (not written or setting.value is None):
                yield replace(setting, origin=self._of_key(provider))
            elif field != "name":
                yield setting

    def section(
        self, section: BaseModel, path: tuple[str | int, ...], node: Node | None, above: Origin
    ) -> Iterator[Setting]:
        """All values of a section. `above` is where the section itself comes from."""
        for field in type(section).model_fields:
            keys = section.names(field) if isinstance(section, Section) else (field,)
            value: object = getattr(section, field)
            entry = next((key for key in keys if isinstance(node, Map) and key in node.entries), None)
            place = (*path, field)
            if field not in section.model_fields_set:
                yield from self._value(value, place, None, DEFAULT)
            elif entry is None:
                yield from self._value(value, place, None if isinstance(node, Map) else node, above)
            else:
                child = _child(node, entry)
                yield from self._value(value, place, child, self._at(child, _line(node, entry)))

    def _value(
        self, value: object, path: tuple[str | int, ...], node: Node | None, origin: Origin
    ) -> Iterator[Setting]:
        match value:
            case BaseModel():
                yield from self.section(value, path, node, origin)
            case dict() if value and any(isinstance(item, BaseModel | tuple) for item in value.values()):
                for key, item in value.items():
                    yield from self._item(item, (*path, key), node, str(key), origin)
            case tuple() if any(isinstance(item, BaseModel) for item in value):
                for place, item in enumerate(value):
                    yield from self._item(item, (*path, place), node, place, origin)
            case _:
                yield Setting(self._file, path, _shown(value, path), origin)

    def _item(
        self, item: object, path: tuple[str | int, ...], node: Node | None, key: str | int, origin: Origin
    ) -> Iterator[Setting]:
        child = _child(node, key)
        if child is None:
            yield from self._value(item, path, None, origin)
        else:
            yield from self._value(item, path, child, self._at(child, _line(node, key)))

    def _at(self, node: Node | None, line: int) -> Origin:
        """A line of the file; the variable, where it is one that gives the value."""
        place = f"{self._file}:{line}"
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value != node.text:
            names = [first or second for first, second in _VARIABLES.findall(node.text)]
            used = [name for name in names if self._env.get(name)]
            if used:
                return Origin(Kind.ENVIRONMENT, ", ".join(used), place)
        return Origin(Kind.FILE, place)

    def _of_key(self, provider: Provider) -> Origin:
        name = next((name for name in provider.key_variables if self._env.get(name, "").strip()), None)
        return Origin(Kind.ENVIRONMENT, name) if name is not None and provider.api_key is not None else DEFAULT


def _child(node: Node | None, key: str | int) -> Node | None:
    if isinstance(node, Map) and (entry := node.entries.get(str(key))):
        return entry.node
    if isinstance(node, Items) and isinstance(key, int) and key < len(node.nodes):
        return node.nodes[key]
    return None


def _line(node: Node | None, key: str | int) -> int:
    if isinstance(node, Map) and (entry := node.entries.get(str(key))):
        return entry.mark.line
    child = _child(node, key)
    return child.mark.line if child is not None else 1


def _shown(value: object, path: tuple[str | int, ...]) -> Data:
    """A value as plain data, with every secret in it masked."""
    match value:
        case SecretStr():
            return mask(value.get_secret_value())
        case None | bool() | int() | float():
            return value
        case str():
            return redact(value) if _plain_header(path) else mask(value)
        case dict():
            return {str(key): _shown(item, (*path, str(key))) for key, item in value.items()}
        case list() | tuple():
            return [_shown(item, path) for item in value]
        case BaseModel():
            return {name: _shown(getattr(value, name), (*path, name)) for name in type(value).model_fields}
        case _:
            return str(value)


def _plain_header(path: tuple[str | int, ...]) -> bool:
    """Whether a text may be shown: it is no header, or a harmless one."""
    return "headers" not in path[:-1] or str(path[-1]).lower() in PLAIN_HEADERS
