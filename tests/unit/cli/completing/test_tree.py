"""What a parser takes, as completion sees it."""

import argparse
from pathlib import Path

from ai_dashboard.cli.completing.tree import Node, Option, Value, node_of
from ai_dashboard.cli.main import sub_commands, tree


def test_a_parser_is_read_whole() -> None:
    parser = argparse.ArgumentParser("x", description="Does this.\n\nAnd that.", add_help=False)
    parser.add_argument("--json", action="store_true", help="100%% of it")
    parser.add_argument("-n", "--lines", type=int, metavar="N", help="how many")
    parser.add_argument("--by", choices=("day", "model"), help="by what")
    parser.add_argument("--config-dir", metavar="DIR")
    parser.add_argument("--hidden", help=argparse.SUPPRESS)
    parser.add_argument("action", choices=("list", "show"), nargs="?")
    parser.add_argument("file", type=Path)
    assert node_of(("x",), parser) == Node(
        ("x",),
        "Does this.",
        (
            Option(("--json",), "100% of it", Value.NONE),
            Option(("-n", "--lines"), "how many", Value.ANY),
            Option(("--by",), "by what", Value.ANY, ("day", "model")),
            Option(("--config-dir",), "", Value.FOLDER),
        ),
        ("list", "show"),
        Value.ANY,
    )


def test_sub_commands_are_below_theirs() -> None:
    root = tree()
    assert [child.path for child in root.children] == [(name,) for name in sub_commands()]
    paths = {node.path for node in root.all()}
    assert {(), ("status",), ("config", "what-if"), ("keys", "create")} <= paths
    assert any("--demo" in option.names for option in root.options)
