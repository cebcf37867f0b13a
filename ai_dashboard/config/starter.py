"""A first `providers.yaml`: what was found, commented, with no secret in it."""

from collections.abc import Mapping

import yaml

from ai_dashboard.config.json_schema import schema_line
from ai_dashboard.config.load import PROVIDERS
from ai_dashboard.config.schema import Provider

_HEAD = """\
# Who can answer requests: servers of your own, and services behind keys.
# `ai-dashboard config check` reads this file and says what is wrong with it; `c` in the app shows the same.
# Keys are kept in the environment: `env_var` names the variable.

providers:
"""

_NOBODY = """\
  # Nothing was found on this machine. For example:
  #
  # ollama:
  #   type: ollama
  #   base_url: http://127.0.0.1:11434
  #
  # openai:
  #   type: openai
  #   env_var: OPENAI_API_KEY
  #   models: [gpt-5-mini]
  {}
"""


def starter(found: Mapping[str, Provider]) -> str:
    """The file's text."""
    return schema_line(PROVIDERS) + _HEAD + ("".join(map(_entry, found.values())) or _NOBODY)


def _entry(provider: Provider) -> str:
    models: list[object] = [
        {"name": model.name, "context_length": model.context_length} if model.context_length else model.name
        for model in provider.models
    ]
    written: dict[str, object] = {"type": provider.type, "base_url": provider.base_url}
    if provider.env_var:
        written["env_var"] = provider.env_var
    if models:
        written["models"] = models
    text = yaml.safe_dump({provider.name: written}, sort_keys=False, allow_unicode=True, default_flow_style=None)
    return "".join(f"  {line}\n" for line in text.splitlines())
