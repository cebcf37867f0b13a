"""The experiments of `gateway.yaml` held against the rules and providers: could every arm answer, and which applies?"""

import re
from collections.abc import Iterator, Mapping

from ai_dashboard.config.schema import ChainLink, Experiment, Mappings, Provider
from ai_dashboard.config.validate import Source
from ai_dashboard.core.diagnostics import Diagnostic, Severity


def check_experiments(
    experiments: Mapping[str, Experiment], mappings: Mappings, providers: Mapping[str, Provider], source: Source
) -> Iterator[Diagnostic]:
    """Experiments that compare nothing, compete for a model, or lead to nobody."""
    taken: dict[str, str] = {}
    for name, experiment in experiments.items():
        path = ("experiments", name)
        if not any(arm.weight for arm in experiment.arms.values()):
            message, fix = "no arm has a weight: nobody would be chosen", "give at least one a weight"
            yield source.say(Severity.ERROR, (*path, "arms"), message, fix, at_key=True)
        for model in experiment.models if experiment.enabled else ():
            if (first := taken.setdefault(model, name)) != name:
                message, fix = f"`{model}` takes part in `{first}` already", "disable one of the two"
                yield source.say(Severity.ERROR, (*path, "models"), message, fix)
        for arm, settings in experiment.arms.items():
            if not leads_somewhere(settings.model, mappings, providers):
                message = f"no rule and no provider knows `{settings.model}`"
                fix = "name a model, an alias, or `provider/model`"
                yield source.say(Severity.WARNING, (*path, "arms", arm), message, fix, at_key=True)


def leads_somewhere(name: str, mappings: Mappings, providers: Mapping[str, Provider]) -> bool:
    """Whether somebody could answer for a name. Servers of your own that list nothing may have anything."""
    return (
        mappings.routing_rules.default_provider is not None
        or name in mappings.exact_matches
        or name in mappings.capabilities
        or name in mappings.load_balancing
        or ChainLink(model=name).resolved(providers).provider is not None
        or any(_matches(rule.pattern, name) for rule in mappings.patterns)
        or any(provider.active and _may_have(provider, name) for provider in providers.values())
    )


def _may_have(provider: Provider, model: str) -> bool:
    return any(entry.name in (model, f"{model}:latest") for entry in provider.models) or (
        provider.local and not provider.models
    )


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except (re.error, OverflowError, RecursionError):
        return True  # what is wrong with it is said where it stands
