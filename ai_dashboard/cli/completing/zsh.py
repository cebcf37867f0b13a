"""Completion for zsh, by its own `_arguments`."""

from collections.abc import Iterator

from ai_dashboard.cli.completing.tree import Node, Option, Value

HEAD = """\
#compdef ai-dashboard
# zsh completion for ai-dashboard; made by `ai-dashboard completion zsh`
"""
TAIL = """\
if [[ $funcstack[1] == _ai_dashboard ]]; then
  _ai_dashboard "$@"
else
  compdef _ai_dashboard ai-dashboard
fi
"""
KINDS = {Value.FILE: "_files", Value.FOLDER: "_files -/", Value.ANY: " ", Value.NONE: " "}


def script(root: Node) -> str:
    """What zsh is to read."""
    functions = (line for node in reversed(list(root.all())) for line in (*_function(node), ""))
    return "\n".join([HEAD, *functions, TAIL])


def _function(node: Node) -> Iterator[str]:
    """A function for each command; one with sub-commands hands over to theirs."""
    specs = [_option(option, name) for option in node.options for name in option.names]
    if node.children:
        specs += ["1: :->command", "*:: :->rest"]
    elif node.words or node.value is not Value.NONE:
        specs.append(f"*: :{_values(node.words, node.value)}")
    yield f"{_name(node)}() {{"
    if node.children:
        yield "  local state"
    yield " \\\n    ".join(["  _arguments -S", *map(_quoted, specs)])
    if node.children:
        yield "  case $state in"
        yield "    command)"
        yield "      local -a commands=("
        yield from (f"        {_quoted(f'{child.path[-1]}:{child.about}')}" for child in node.children)
        yield "      )"
        yield "      _describe command commands ;;"
        yield "    rest)"
        yield "      case $words[1] in"
        yield from (f"        {child.path[-1]}) {_name(child)} ;;" for child in node.children)
        yield "      esac ;;"
        yield "  esac"
    yield "}"


def _option(option: Option, name: str) -> str:
    about = option.about.replace("[", "(").replace("]", ")")
    # One that may come again and again, or with another name of its own, is still offered once only.
    others = " ".join(option.names)
    followed = f": :{_values(option.words, option.value)}" if option.value is not Value.NONE else ""
    return f"({others}){name}[{_escaped(about)}]{followed}"


def _values(words: tuple[str, ...], value: Value) -> str:
    if words:
        return f"({' '.join(_escaped(word) for word in words)})"
    return KINDS[value]


def _name(node: Node) -> str:
    return "_ai_dashboard" + "".join(f"_{word.replace('-', '_')}" for word in node.path)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", "\\:")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
