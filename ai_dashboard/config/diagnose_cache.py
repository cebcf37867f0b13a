"""The `cache` of `gateway.yaml` held against what is installed and who is there to embed."""

import importlib.util
from collections.abc import Callable, Iterator, Mapping

from ai_dashboard.config.schema import Provider
from ai_dashboard.config.schema.cache import CacheSettings
from ai_dashboard.config.validate import Source
from ai_dashboard.core.diagnostics import Diagnostic, Severity

HERE = frozenset({"local", "hashing", "all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"})
INSTALL = "pip install 'ai-dashboard[semantic]'"


def is_installed(package: str) -> bool:
    """Whether a package could be imported."""
    return importlib.util.find_spec(package) is not None


def check_cache(
    cache: CacheSettings,
    providers: Mapping[str, Provider],
    source: Source,
    installed: Callable[[str], bool] = is_installed,
) -> Iterator[Diagnostic]:
    """A semantic cache that cannot work, or that nobody would use."""
    if cache.max_entry_mb > cache.max_mb:
        message, fix = "one answer may be larger than all answers together", "raise `max_mb` or lower `max_entry_mb`"
        yield source.say(Severity.WARNING, ("cache", "max_entry_mb"), message, fix)
    semantic, path = cache.semantic, ("cache", "semantic")
    if not semantic.enabled:
        return
    if not cache.enabled:
        message, fix = "it has no effect while `cache.enabled` is false", "set `cache.enabled: true`"
        yield source.say(Severity.WARNING, (*path, "enabled"), message, fix)
    needed = ("numpy", "fastembed") if semantic.embedder in HERE - {"hashing"} else ("numpy",)
    if missing := [package for package in needed if not installed(package)]:
        message = f"the semantic cache needs what is not installed: {', '.join(missing)}"
        yield source.say(Severity.ERROR, (*path, "enabled"), message, INSTALL)
    yield from _embedder(semantic.embedder, providers, source)


def _embedder(embedder: str, providers: Mapping[str, Provider], source: Source) -> Iterator[Diagnostic]:
    path = ("cache", "semantic", "embedder")
    provider, colon, _model = embedder.partition(":")
    if embedder == "hashing":
        message, fix = "`hashing` compares spelling, not meaning", "use `local` or `provider:model` beyond trials"
        yield source.say(Severity.WARNING, path, message, fix)
    elif not colon and embedder not in HERE:
        message, fix = (
            f"there is no embedder {embedder!r}",
            "write `local`, or `provider:model` such as ollama:all-minilm",
        )
        yield source.say(Severity.ERROR, path, message, fix)
    elif colon and (provider not in providers or not providers[provider].active):
        message, fix = f"there is no active provider {provider!r}", "name one of providers.yaml before the colon"
        yield source.say(Severity.WARNING, path, message, fix)
