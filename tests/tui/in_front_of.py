"""The app on the terminal that it is started in, in front of the corpus."""

from ai_dashboard.tui.app import ControlCentre
from tests.tui.corpus import as_it_is, as_shown, corpus_port


def main(kind: str) -> None:
    """Run it in front of that corpus: `alive` or as `shown`."""
    told_as = {"alive": as_it_is, "shown": as_shown}[kind]
    ControlCentre(corpus_port(told_as), quit_asks=False).run()
