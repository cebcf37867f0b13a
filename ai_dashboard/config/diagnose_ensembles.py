"""The ensembles of `model-mappings.yaml` held against rules and providers: could everybody answer that they name?"""

from collections.abc import Iterator, Mapping

from ai_dashboard.config.diagnose_experiments import leads_somewhere
from ai_dashboard.config.schema import Mappings, Provider
from ai_dashboard.config.validate import Source
from ai_dashboard.core.diagnostics import Diagnostic, Severity

DEFAULT = "default"
STRATEGY = "ensemble"


def check_ensembles(mappings: Mappings, providers: Mapping[str, Provider], source: Source) -> Iterator[Diagnostic]:
    """Members and judges that nobody knows, and ensembles that no rule asks for."""
    for name, ensemble in mappings.ensembles.items():
        path = ("ensembles", name)
        for model in ensemble.models if isinstance(ensemble.models, tuple) else ():
            if not leads_somewhere(model, mappings, providers):
                yield _unknown(model, (*path, "models"), source)
        if ensemble.judge is not None and not leads_somewhere(ensemble.judge, mappings, providers):
            yield _unknown(ensemble.judge, (*path, "judge"), source)
        if not _is_asked_for(name, mappings):
            message = f"no rule for `{name}` has `strategy: {STRATEGY}`, so only requests that name the strategy use it"
            fix = f"say it in `capabilities.{name}`, `load_balancing.{name}` or `routing_rules`"
            yield source.say(Severity.INFO, path, message, fix, at_key=True)


def _unknown(model: str, path: tuple[str, ...], source: Source) -> Diagnostic:
    message, fix = f"no rule and no provider knows `{model}`", "name a model, an alias, or `provider/model`"
    return source.say(Severity.WARNING, path, message, fix)


def _is_asked_for(name: str, mappings: Mappings) -> bool:
    """Whether a rule leads to it; the usual strategy, and the ensemble for all others, may lead anywhere."""
    rules = [*mappings.capabilities.items(), *mappings.load_balancing.items()]
    return mappings.routing_rules.strategy == STRATEGY or any(
        rule.strategy == STRATEGY and name in (key, DEFAULT) for key, rule in rules
    )
