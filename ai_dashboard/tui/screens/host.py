"""GPU and host: what the machine does, which models are in memory, and whether another one would fit."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import Input

from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.footer import FooterBar
from ai_dashboard.tui.panels.gpus import GpusPanel
from ai_dashboard.tui.panels.header import Header
from ai_dashboard.tui.panels.machine import MachinePanel
from ai_dashboard.tui.panels.memory_map import MemoryMapPanel
from ai_dashboard.tui.panels.notice import NoticeLine
from ai_dashboard.tui.panels.tabs import TabLine
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.sanitise import Safe
from ai_dashboard.tui.screens.base import PictureScreen

OPEN = "-open"
NO_GPU = "-no-gpu"


class FitInput(Safe, Input):
    """Where the model is named that somebody would like to load."""

    BINDINGS = bindings(Scope.FIT)

    def __init__(self) -> None:
        super().__init__(id="fit", placeholder="llama3.1:70b q4_k_m 32k", compact=True)


class HostScreen(PictureScreen):
    """GPUs, machine and models."""

    BINDINGS = bindings(Scope.VIEW, Scope.AWAY, Scope.HOST)
    AUTO_FOCUS = "#gpus"
    home = "gpus"

    def compose(self) -> ComposeResult:
        yield Header("header")
        yield TabLine(7)
        with Container(id="body"):
            yield GpusPanel("gpus", classes="panel")
            yield MachinePanel("machine", classes="panel")
            yield MemoryMapPanel("memory", classes="panel")
        yield FitInput()
        yield NoticeLine("notice")
        yield FooterBar("footer")

    def show(self, picture: Picture) -> None:
        super().show(picture)
        # Where there is no GPU to show, its panel leaves its room to the models.
        self.set_class(picture.snapshot is not None and not picture.snapshot.host.gpus, NO_GPU)

    def action_fit(self) -> None:
        """Ask for a model."""
        line = self.query_one(FitInput)
        line.add_class(OPEN)
        line.focus()

    @on(Input.Changed)
    def estimate(self, event: Input.Changed) -> None:
        """Estimate while typing."""
        memory = self.query_one(MemoryMapPanel)
        memory.asked = event.value
        memory.reselect()

    def action_done(self) -> None:
        """Close the line; what it estimates stays, an empty one takes it away."""
        self.query_one(FitInput).remove_class(OPEN)
        self.query_one(MemoryMapPanel).focus()
