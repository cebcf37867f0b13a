"""The control centre with simulated providers and traffic: needs no configuration, key or GPU.

ai-dashboard demo                              the same as `ai-dashboard --demo`
ai-dashboard demo --port 0 --seed 7
ai-dashboard demo --fault 429:30%@demo-vllm    something goes wrong; `--fault help` lists what can
"""

import argparse

from ai_dashboard.cli.commands import app
from ai_dashboard.cli.options import add_gateway_options


def arguments(parser: argparse.ArgumentParser) -> None:
    add_gateway_options(parser)
    app.add_screen_options(parser)
    parser.set_defaults(demo=True, attach=None)


def run(args: argparse.Namespace) -> int:
    return app.run(args)
