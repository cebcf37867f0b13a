"""Print what your shell needs to complete this program's commands, options and their values.

ai-dashboard completion bash > ~/.local/share/bash-completion/completions/ai-dashboard
ai-dashboard completion zsh  > "${fpath[1]}/_ai-dashboard"
ai-dashboard completion fish > ~/.config/fish/completions/ai-dashboard.fish

It is there in the next shell that starts. After an update of the program, print it anew.
"""

import argparse
import importlib

SHELLS = ("bash", "zsh", "fish")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, metavar="bash|zsh|fish", help="which shell")


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.cli.main import tree

    shell = importlib.import_module(f"ai_dashboard.cli.completing.{args.shell}")
    print(shell.script(tree()), end="")
    return 0
