"""`${VAR}` and `${VAR:-default}` in values.

Expansion happens in the tree, before anything is read from it, so that every finding still knows its place. What is
expanded is text only and is not looked at again: a variable's content never becomes YAML or another reference. `$${`
stands for `${` itself.
"""

import re
from collections.abc import Mapping

from ai_dashboard.config.yaml_tree import Entry, Items, Map, Node, Scalar
from ai_dashboard.core.diagnostics import Diagnostic, Severity
from ai_dashboard.core.secrets import SECRET_KEYS

Env = Mapping[str, str]

MISSING = "the environment variable"
"""How a finding about a missing variable begins."""

_REFERENCE = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
_OS_ENVIRON = re.compile(r"os\.environ/([A-Za-z_][A-Za-z0-9_]*)")


def expand(root: Node, env: Env, file: str) -> tuple[Node, list[Diagnostic]]:
    """The tree with its references filled in, and a warning for each variable that is missing and has no default.

    A value that is nothing but a missing variable becomes null; inside a longer text it becomes empty.
    """
    expansion = _Expansion(env, file)
    return expansion.node(root, ()), expansion.found


class _Expansion:
    """One walk over a tree."""

    def __init__(self, env: Env, file: str) -> None:
        self._env = env
        self._file = file
        self.found: list[Diagnostic] = []

    def node(self, node: Node, path: tuple[str, ...]) -> Node:
        match node:
            case Scalar():
                return self._scalar(node, path)
            case Items():
                nodes = (self.node(item, (*path, str(place))) for place, item in enumerate(node.nodes))
                return Items(node.mark, tuple(nodes))
            case Map():
                entries = {
                    key: Entry(entry.mark, self.node(entry.node, (*path, key))) for key, entry in node.entries.items()
                }
                return Map(node.mark, entries)

    def _scalar(self, scalar: Scalar, path: tuple[str, ...]) -> Scalar:
        text = scalar.value
        if not isinstance(text, str):
            return scalar
        if path and path[-1] in SECRET_KEYS and (key := _OS_ENVIRON.fullmatch(text)):
            return self._replaced(scalar, self._value(key.group(1), None, scalar, path))
        if (whole := _REFERENCE.fullmatch(text)) and whole.group(1):
            return self._replaced(scalar, self._value(whole.group(1), whole.group(2), scalar, path))
        if "${" not in text:
            return scalar

        def fill(match: re.Match[str]) -> str:
            if match.group(1) is None:
                return "${"
            return self._value(match.group(1), match.group(2), scalar, path) or ""

        return self._replaced(scalar, _REFERENCE.sub(fill, text))

    def _value(self, name: str, default: str | None, scalar: Scalar, path: tuple[str, ...]) -> str | None:
        """As in a shell, a variable that is set to nothing counts as missing."""
        if value := self._env.get(name):
            return value
        if default is None:
            self.found.append(
                Diagnostic(
                    Severity.WARNING,
                    self._file,
                    scalar.mark.line,
                    scalar.mark.column,
                    ".".join(path),
                    f"{MISSING} {name} is not set",
                    f"export {name}, or write ${{{name}:-default}}",
                )
            )
        return default

    @staticmethod
    def _replaced(scalar: Scalar, value: str | None) -> Scalar:
        return Scalar(scalar.mark, scalar.end, scalar.text, value)
