"""The configuration as it is on disk, with secrets masked, and what was found in it."""

from collections.abc import Callable, Sequence

from textual import on, work
from textual.app import ComposeResult

from ai_dashboard.core.control import ConfigFile, ControlPort
from ai_dashboard.tui.feed import Unreachable, reason
from ai_dashboard.tui.ink import Ink, Line, Span, clip
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.base import Canvas
from ai_dashboard.tui.panels.findings import FindingsPanel
from ai_dashboard.tui.panels.footer import FooterBar
from ai_dashboard.tui.panels.header import Header
from ai_dashboard.tui.panels.notice import NoticeLine
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.screens.base import PictureScreen
from ai_dashboard.tui.yaml_view import YamlView


class FileTabs(Canvas):
    """The files by number, the one that is shown marked."""

    def __init__(self, dom_id: str) -> None:
        super().__init__(dom_id)
        self.files: Sequence[ConfigFile] = ()
        self.current = 0
        self.problem = ""

    def lines(self, width: int, _height: int, /) -> Sequence[Line]:
        if not self.files:
            return [[(" " + clip(self.problem or "reading …", max(width - 1, 1)), Ink.DIM)]]
        line: list[Span] = []
        for index, file in enumerate(self.files):
            missing = " (no such file)" if file.missing else ""
            ink = Ink.STRONG if index == self.current else Ink.DIM
            line += [(f" {index + 1} ", Ink.KEY), (clip(f"{file.name}{missing}", width), ink), (" ", Ink.PLAIN)]
        return [line]


class ConfigScreen(PictureScreen):
    """Files, text, findings."""

    BINDINGS = bindings(Scope.CONFIG)
    AUTO_FOCUS = "#yaml"
    home = "yaml"

    def __init__(self, latest: Callable[[], Picture], port: ControlPort) -> None:
        super().__init__(latest)
        self._port = port

    def compose(self) -> ComposeResult:
        yield Header("header")
        yield FileTabs("tabs")
        yield YamlView("yaml")
        yield FindingsPanel("findings")
        yield NoticeLine("notice")
        yield FooterBar("footer")

    def on_mount(self) -> None:
        self.query_one(YamlView).border_title = "Config (read only)"
        self.read_files()

    @property
    def tabs(self) -> FileTabs:
        """The row of files."""
        return self.query_one(FileTabs)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self.is_mounted:
            return True
        files = len(self.tabs.files)
        match action, parameters:
            case "file", (int(number),):
                return number <= files
            case "turn", _:
                return files > 1
            case "jump", _:
                finding = self.query_one(FindingsPanel)
                return finding.has_focus and finding.selected is not None
            case _:
                return True

    @work
    async def read_files(self) -> None:
        """Fetch the files once; a gateway that cannot be reached is said in their place."""
        try:
            self.tabs.files = await self._port.config_files()
            self.tabs.problem = "there are no configuration files to show"
        except Unreachable as failure:
            self.tabs.problem = reason(failure)
        self.action_file(1)

    def action_file(self, number: int) -> None:
        """Show a file by its number, from 1."""
        tabs = self.tabs
        if 0 < number <= len(tabs.files):
            tabs.current = number - 1
            self.query_one(YamlView).read(tabs.files[tabs.current].text)
        tabs.stale()
        self.refresh_bindings()

    def action_turn(self, step: int) -> None:
        """Show the next file, or the previous one."""
        if self.tabs.files:
            self.action_file((self.tabs.current + step) % len(self.tabs.files) + 1)

    def action_findings(self) -> None:
        """From the text to the findings, and back."""
        findings, text = self.query_one(FindingsPanel), self.query_one(YamlView)
        (text if findings.has_focus else findings).focus()

    @on(FindingsPanel.Opened)
    def action_jump(self) -> None:
        """Show the place of the selected finding, and go there."""
        finding = self.query_one(FindingsPanel).selected
        if finding is None:
            return
        number = next((n for n, file in enumerate(self.tabs.files, 1) if finding.file in {file.name, file.path}), None)
        if number is None:
            self.say(f"{finding.file} is not among the files shown here")
            return
        self.action_file(number)
        text = self.query_one(YamlView)
        text.jump(finding.line, finding.column)
        text.focus()
