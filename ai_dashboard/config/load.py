"""A folder into a `Config`: read, expand, validate, look up keys, diagnose. Never raises for what an operator wrote.

Precedence is flag, environment, file, default; flags are the command line's concern.
"""

import stat
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from pydantic import SecretStr

from ai_dashboard.config.diagnose import check_gateway, check_mappings, check_providers
from ai_dashboard.config.diagnose_budgets import check_budgets
from ai_dashboard.config.diagnose_cache import check_cache
from ai_dashboard.config.diagnose_dashboard import screen_settings
from ai_dashboard.config.diagnose_experiments import check_experiments
from ai_dashboard.config.diagnose_monitoring import check_monitoring
from ai_dashboard.config.diagnose_regions import check_regions
from ai_dashboard.config.diagnose_tenants import check_tenants
from ai_dashboard.config.environment import with_variables, with_vllm_variables
from ai_dashboard.config.expand import MISSING, Env, expand
from ai_dashboard.config.saved import cut_short
from ai_dashboard.config.schema import GatewaySettings, Mappings, MultiRegion, Provider, ProvidersFile
from ai_dashboard.config.schema.base import Section
from ai_dashboard.config.schema.dashboard import DashboardSettings
from ai_dashboard.config.validate import Source, validate
from ai_dashboard.config.yaml_read import MAX_CHARS, YamlProblem, decode, parse
from ai_dashboard.config.yaml_tree import Map, Mark
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.diagnostics import Diagnostic, Severity
from ai_dashboard.core.screen import ScreenSettings

PROVIDERS = "providers.yaml"
MAPPINGS = "model-mappings.yaml"
REGIONS = "multi-region.yaml"
GATEWAY = "gateway.yaml"
DASHBOARD = "dashboard.yaml"

FILES = (PROVIDERS, MAPPINGS, REGIONS, GATEWAY, DASHBOARD)
"""The files that are read, in the order in which a person would read them."""

SERVING = FILES[:-1]
"""Those of them that say what is served."""

SECTIONS: Mapping[str, type[Section]] = MappingProxyType(
    {
        PROVIDERS: ProvidersFile,
        MAPPINGS: Mappings,
        REGIONS: MultiRegion,
        GATEWAY: GatewaySettings,
        DASHBOARD: DashboardSettings,
    }
)
"""The shape of each file."""

S = TypeVar("S", bound=Section)

NO_DRAFTS: Mapping[str, bytes] = MappingProxyType({})

_MAX_BYTES = 4 * MAX_CHARS  # no character takes more than four bytes in UTF-8


@dataclass(frozen=True, slots=True)
class Config:
    """What the operator wrote, or the defaults. `origin` says in words where it came from. Keys of providers are
    already looked up: `Provider.api_key` is the one to send, or None. `screen` is what of `dashboard` is in force."""

    providers: Mapping[str, Provider]
    mappings: Mappings
    gateway: GatewaySettings
    origin: str
    regions: MultiRegion = field(default_factory=MultiRegion)
    dashboard: DashboardSettings = field(default_factory=DashboardSettings)
    screen: ScreenSettings = field(default_factory=ScreenSettings)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The outcome of reading a folder. `config` is None when a diagnostic is an error."""

    config: Config | None
    diagnostics: tuple[Diagnostic, ...]
    folder: Path | None


def load(folder: Path | None, env: Env, drafts: Mapping[str, bytes] = NO_DRAFTS) -> Loaded:
    """The configuration in `folder`, or the defaults when there is none. `drafts` are read instead of the files whose
    names they bear."""
    found: list[Diagnostic] = []
    provider_source, mapping_source, region_source, gateway_source, dashboard_source = (
        read_source(folder, name, env, drafts, found) for name in FILES
    )
    if folder is not None:
        if not drafts:
            found.extend(cut_short(folder, FILES))
        if provider_source is not None and not provider_source.written:
            message = f"there is no such file in {folder}"
            fix = "create it, or name another folder"
            found.append(Diagnostic(Severity.WARNING, PROVIDERS, 0, 0, "", message, fix))

    written = _section(ProvidersFile, provider_source, found)
    mappings = _section(Mappings, mapping_source, found)
    regions = _section(MultiRegion, region_source, found)
    gateway = _section(GatewaySettings, gateway_source, found)
    dashboard = _section(DashboardSettings, dashboard_source, found)
    screen = ScreenSettings()
    if dashboard_source is not None and dashboard is not None:
        screen = screen_settings(dashboard, dashboard_source, found)

    providers: dict[str, Provider] = {}
    if provider_source is not None and written is not None:
        providers = {name: with_key(provider, env) for name, provider in written.providers.items()}
        found = [finding for finding in found if not _is_about_unused(finding, providers)]
        providers = with_vllm_variables(providers, env, provider_source, found)
        found.extend(check_providers(providers, provider_source))
        if mapping_source is not None and mappings is not None:
            found.extend(check_mappings(mappings, providers, mapping_source))
        if region_source is not None and regions is not None:
            found.extend(check_regions(regions, providers, region_source, provider_source))
    if gateway_source is not None and gateway is not None:
        gateway = with_variables(gateway, env, found)
        found.extend(check_gateway(gateway, gateway_source))
        found.extend(check_monitoring(gateway, gateway_source))
        if written is not None and mappings is not None:
            found.extend(check_experiments(gateway.experiments, mappings, providers, gateway_source))
            found.extend(check_cache(gateway.cache, providers, gateway_source))
            found.extend(check_budgets(gateway.budgets, providers, gateway_source))
            found.extend(check_tenants(gateway, providers, regions or MultiRegion(), gateway_source, folder))

    diagnostics = tuple(sorted(found, key=_reading_order))
    refused = any(finding.severity is Severity.ERROR for finding in diagnostics)
    if refused or mappings is None or regions is None or gateway is None or dashboard is None:
        return Loaded(None, diagnostics, folder)
    origin = f"files in {folder}" if folder else "defaults"
    config = Config(MappingProxyType(providers), mappings, gateway, origin, regions, dashboard, screen)
    return Loaded(config, diagnostics, folder)


def with_key(provider: Provider, env: Env) -> Provider:
    """The provider with the key to send to it: its own, else that of its variables, best first."""
    secret = provider.api_key.get_secret_value() if provider.api_key else ""
    secrets = (secret, *(env.get(name, "") for name in provider.key_variables))
    key = next((stripped for text in secrets if (stripped := text.strip())), None)
    return provider.model_copy(update={"api_key": SecretStr(key) if key else None})


def read_source(
    folder: Path | None, name: str, env: Env, drafts: Mapping[str, bytes], found: list[Diagnostic]
) -> Source | None:
    """The tree of a file with its variables filled in, empty without such a file; None when it cannot be used."""
    absent = Source(name, Map(Mark(1, 1, 0), {}), written=False)
    if folder is None:
        return absent
    try:
        raw = drafts[name] if name in drafts else _bytes(folder / name)
        tree, missing = expand(parse(decode(raw)), env, name)
    except FileNotFoundError:
        return absent
    except OSError as error:
        reason = error.strerror or str(error)
        found.append(
            Diagnostic(Severity.ERROR, name, 0, 0, "", f"cannot be read: {reason}", "check its rights and type")
        )
        return None
    except YamlProblem as problem:
        mark = problem.mark
        found.append(Diagnostic(Severity.ERROR, name, mark.line, mark.column, "", problem.message, problem.fix))
        return None
    found.extend(missing)
    return Source(name, tree)


def _bytes(path: Path) -> bytes:
    """A regular file's content; a pipe or a device could keep us waiting for ever."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(0, "it is not a regular file")
    with path.open("rb") as file:
        return file.read(_MAX_BYTES + 1)


def _section(section: type[S], source: Source | None, found: list[Diagnostic]) -> S | None:
    if source is None:
        return None
    value, diagnostics = validate(section, source)
    found.extend(diagnostics)
    return value


def _is_about_unused(finding: Diagnostic, providers: Mapping[str, Provider]) -> bool:
    """Whether it asks for a variable of an entry that nobody uses: templates may name what does not exist."""
    if finding.file != PROVIDERS or finding.severity is not Severity.WARNING or not finding.message.startswith(MISSING):
        return False
    unused = (name for name, provider in providers.items() if not provider.active)
    return any(finding.path.startswith(f"providers.{name}.") for name in unused)


def _reading_order(finding: Diagnostic) -> tuple[int, int, int]:
    place = FILES.index(finding.file) if finding.file in FILES else len(FILES)
    return place, finding.line, finding.column
