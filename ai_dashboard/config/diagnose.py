"""What is wrong or doubtful although every file has the right form: providers, the gateway, and their rules together.

Each check reads one thing and says one thing. Entries that are `disabled` or `template` are looked at by nobody here,
except where a rule leads to them.
"""

from collections.abc import Iterator, Mapping

from ai_dashboard.config.diagnose_ensembles import check_ensembles
from ai_dashboard.config.diagnose_rules import check_rules
from ai_dashboard.config.hosts import is_http, is_local_host, is_loopback, split_url, too_much
from ai_dashboard.config.schema import GatewaySettings, Mappings, Provider
from ai_dashboard.config.validate import Source
from ai_dashboard.core.diagnostics import Diagnostic, Severity


def check_providers(providers: Mapping[str, Provider], source: Source) -> Iterator[Diagnostic]:
    """Addresses and keys of the active providers. Keys have been looked up already."""
    ports: dict[tuple[str, int], str] = {}
    for name, provider in providers.items():
        if provider.active:
            yield from _address(provider, source)
            yield from _key(provider, source)
            yield from _port(name, provider, ports, source)


def check_gateway(gateway: GatewaySettings, source: Source) -> Iterator[Diagnostic]:
    """Whether the gateway may be reached by people who should not."""
    if not is_loopback(gateway.listen.host) and gateway.auth.master_key is None:
        yield source.say(
            Severity.WARNING,
            ("listen", "host"),
            "the gateway would listen beyond this machine without a key",
            "set `auth.master_key: os.environ/VAR`, or listen on 127.0.0.1",
        )


def check_mappings(mappings: Mappings, providers: Mapping[str, Provider], source: Source) -> Iterator[Diagnostic]:
    """Rules that lead nowhere, chains that bite their tail, and sections that nothing reads yet."""
    yield from check_rules(mappings, providers, source)
    yield from check_ensembles(mappings, providers, source)
    yield from _without_effect(mappings, source)


def _address(provider: Provider, source: Source) -> Iterator[Diagnostic]:
    path = ("providers", provider.name, "base_url")
    if not provider.base_url:
        fix = "add `base_url: http://host:port`, or set `status: disabled`"
        yield source.say(Severity.ERROR, path, "an active provider needs a `base_url`", fix, at_key=True)
    elif more := too_much(provider.base_url):
        fix = "put the key into `api_key`, or what else is needed into `headers`"
        yield source.say(Severity.ERROR, path, f"the address holds {more}", fix)
    elif not is_http(provider.base_url):
        fix = "write `http://host:port` or `https://host`, or set `status: template`"
        yield source.say(Severity.ERROR, path, "this is not an http or https address", fix)


def _key(provider: Provider, source: Source) -> Iterator[Diagnostic]:
    path = ("providers", provider.name)
    # A key that is written in the file and came out empty is a missing variable, which has been reported there.
    if provider.api_key is not None or source.has((*path, "api_key")):
        return
    if provider.requires_api_key is False or not (provider.needs_key or provider.env_var):
        return
    if provider.key_variables:
        variables = " or ".join(provider.key_variables)
        message, fix = f"its key is missing: {variables} is not set", f"export {variables}, or set `status: disabled`"
    else:
        message, fix = "it requires a key, and nothing says where it is", "add `env_var: NAME_OF_THE_VARIABLE`"
    where = "env_var" if provider.env_var else "requires_api_key"
    yield source.say(Severity.WARNING, (*path, where), message, fix, at_key=True)


def _port(name: str, provider: Provider, ports: dict[tuple[str, int], str], source: Source) -> Iterator[Diagnostic]:
    _, host, port = split_url(provider.base_url)
    if port is None or not is_local_host(host):
        return
    place = ("loopback" if is_loopback(host) else host, port)
    first = ports.setdefault(place, name)
    if first != name:
        fix = "give each server a port of its own; two entries for one server count its load twice"
        message = f"port {port} is the port of `{first}`, too"
        yield source.say(Severity.WARNING, ("providers", name, "base_url"), message, fix)


def _without_effect(mappings: Mappings, source: Source) -> Iterator[Diagnostic]:
    sections = {("special_cases",): mappings.special_cases, ("custom_strategies",): mappings.custom_strategies}
    for path, value in sections.items():
        if value:
            yield source.say(Severity.INFO, path, "read and kept, has no effect in this version", at_key=True)
