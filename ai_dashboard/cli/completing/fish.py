"""Completion for fish."""

from collections.abc import Iterator

from ai_dashboard.cli.completing.tree import Node, Value

HEAD = """\
# fish completion for ai-dashboard; made by `ai-dashboard completion fish`
# Which command is meant: the words that are no options, as far as they name one.
function __ai_dashboard_at
    set -l at
    for word in (commandline -opc)[2..-1]
        contains -- "$at $word" $__ai_dashboard_commands; and set at "$at $word"
    end
    test "$at" = "$argv[1]"
end
complete -c ai-dashboard -e
complete -c ai-dashboard -f
"""


def script(root: Node) -> str:
    """What fish is to read."""
    nodes = list(root.all())
    commands = " ".join(_quoted(_at(node)) for node in nodes if node.path)
    lines = (line for node in nodes for line in _lines(node))
    return "\n".join([HEAD + f"set -g __ai_dashboard_commands {commands}", *lines, ""])


def _lines(node: Node) -> Iterator[str]:
    here = f"complete -c ai-dashboard -n {_quoted(f'__ai_dashboard_at {_quoted(_at(node))}')}"
    for child in node.children:
        yield f"{here} -a {_quoted(child.path[-1])} -d {_quoted(child.about)}"
    if node.words:
        yield f"{here} -a {_quoted(' '.join(node.words))}"
    if node.value in (Value.FILE, Value.FOLDER):
        yield f"{here} {_files(node.value)}"
    for option in node.options:
        names = " ".join(
            f"-l {_quoted(name[2:])}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names
        )
        follows = "" if option.value is Value.NONE else " -x" if option.words or option.value is Value.ANY else " -r"
        words = f" -a {_quoted(' '.join(option.words))}" if option.words else ""
        files = f" {_files(option.value)}" if option.value in (Value.FILE, Value.FOLDER) and not option.words else ""
        yield f"{here} {names}{follows}{words}{files} -d {_quoted(option.about)}"


def _files(value: Value) -> str:
    return "-F" if value is Value.FILE else "-a '(__fish_complete_directories)'"


def _at(node: Node) -> str:
    return "".join(f" {word}" for word in node.path)


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
