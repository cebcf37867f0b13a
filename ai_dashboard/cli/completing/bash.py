"""Completion for bash 3.2 and newer."""

from collections.abc import Iterable, Iterator

from ai_dashboard.cli.completing.tree import Node, Option, Value

HEAD = """\
# bash completion for ai-dashboard; made by `ai-dashboard completion bash`
_ai_dashboard() {
  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" at="" i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at ${COMP_WORDS[i]}" in
"""
TAIL = """\
  esac
}
complete -F _ai_dashboard ai-dashboard
"""


def script(root: Node) -> str:
    """What bash is to read."""
    return "\n".join([HEAD.rstrip("\n"), *_lines(root), TAIL])


def _lines(root: Node) -> Iterator[str]:
    nodes = list(root.all())
    named = [node for node in nodes if node.path]
    yield f'      {"|".join(_quoted(" " + " ".join(node.path)) for node in named)}) at="$at ${{COMP_WORDS[i]}}" ;;'
    yield "    esac"
    yield "  done"
    yield '  case "$at|$before" in'
    for node in nodes:
        for option in node.options:
            if option.value is not Value.NONE:
                patterns = "|".join(_quoted(f"{_at(node)}|{name}") for name in option.names)
                yield f"    {patterns}) {_reply(option)} return ;;"
    yield "  esac"
    yield '  case "$at" in'
    for node in nodes:
        names = (name for option in node.options for name in option.names)
        children = (child.path[-1] for child in node.children)
        yield f"    {_quoted(_at(node))})"
        yield f"      if [[ $word == -* ]]; then {_compgen('-W', names)}"
        yield f"      else {_compgen(_files(node.value), (*children, *node.words))}"
        yield "      fi ;;"


def _at(node: Node) -> str:
    return "".join(f" {word}" for word in node.path)


def _reply(option: Option) -> str:
    return _compgen(_files(option.value), option.words)


def _files(value: Value) -> str:
    return {Value.FILE: "-f -W", Value.FOLDER: "-d -W", Value.ANY: "-W", Value.NONE: "-W"}[value]


def _compgen(kind: str, words: Iterable[str]) -> str:
    # For names of files bash quotes what has to be, and a folder gets its slash. Bash 3 has no such thing.
    names = "" if kind == "-W" else " compopt -o filenames 2>/dev/null;"
    return f'COMPREPLY=($(compgen {kind} {_quoted(" ".join(words))} -- "$word"));{names}'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
