"""`docs/commands.md`: every sub-command with its options, from the parsers themselves."""

from ai_dashboard.cli.completing.tree import Node, Value
from ai_dashboard.cli.main import parser_of, sub_commands, tree

HEAD = """\
# Every command

Made from the commands' own `--help` by `./dev docs`, and never edited by hand. Exit codes: 0 well, 1 a problem was
found, 2 used wrongly. Every command that says something has `--json`; [widgets](widgets.md) says how a shell completes
them.

"""


def page() -> str:
    """The whole page."""
    root = tree()
    nodes = {node.path: node for node in root.all()}
    text = HEAD + "## `ai-dashboard`\n\n" + _told(parser_of("app").description or "", root)
    for name in sub_commands():
        text += f"## `{name}`\n\n" + _told(parser_of(name).description or "", nodes[(name,)])
        for node in nodes[(name,)].all():
            if len(node.path) > 1 and node.options:
                text += f"### `{' '.join(node.path)}`\n\n{node.about}\n\n{_options(node)}"
    return text


def _told(description: str, node: Node) -> str:
    return f"```\n{description.strip()}\n```\n\n{_options(node)}"


def _options(node: Node) -> str:
    rows = [
        f"| {', '.join(f'`{name}`' for name in option.names)}{_value(option.value)} | {option.about} |"
        for option in node.options
        if "--help" not in option.names
    ]
    return "\n".join(["| option | |", "|---|---|", *rows, "", ""]).replace("…|", "…") if rows else ""


def _value(value: Value) -> str:
    match value:
        case Value.NONE:
            return ""
        case Value.FILE | Value.FOLDER:
            return f" {value.value}"
        case Value.ANY:
            return " …"
