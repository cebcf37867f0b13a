"""What screens that have a request chosen can do with it: copy it as a command or a program, ask it again,
or plan it anew."""

from textual.message import Message

from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.core.records import RequestRecord
from ai_dashboard.tui.curl import curl_of
from ai_dashboard.tui.screens.base import PictureScreen
from ai_dashboard.tui.snippet import python_of


class PlanWanted(Message):
    """Somebody wants to know where such a request would go now. `about` says in words where the facts come from."""

    def __init__(self, facts: RouteFacts, about: str) -> None:
        super().__init__()
        self.facts = facts
        self.about = about


class ReplayWanted(Message):
    """Somebody wants to ask a request again."""

    def __init__(self, record: RequestRecord) -> None:
        super().__init__()
        self.record = record


class RecordScreen(PictureScreen):
    """A screen with one request chosen, or none."""

    def chosen(self) -> RequestRecord | None:
        """The request that the actions are about."""
        raise NotImplementedError

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        if self.is_mounted and action in ("open", "copy", "copy_python", "plan", "replay"):
            return self.chosen() is not None
        return True

    def action_copy(self) -> None:
        """Put the request on the clipboard as a curl command."""
        snapshot = self.latest().snapshot
        if (record := self.chosen()) is not None and snapshot is not None:
            command = curl_of(snapshot.gateway, record)
            self.app.copy_to_clipboard(command)
            self.say(f"copied: {command}")

    def action_copy_python(self) -> None:
        """Put the request on the clipboard as a Python program."""
        snapshot = self.latest().snapshot
        if (record := self.chosen()) is not None and snapshot is not None:
            program = python_of(snapshot.gateway, record)
            self.app.copy_to_clipboard(program)
            self.say(f"copied as Python, for the {record.dialect} client")

    def action_replay(self) -> None:
        """Ask the request again."""
        if (record := self.chosen()) is not None:
            self.post_message(ReplayWanted(record))

    def action_plan(self) -> None:
        """Ask where the request would go now."""
        if (record := self.chosen()) is not None:
            facts = record.facts or RouteFacts(record.asked)
            self.post_message(PlanWanted(facts, f"as request {record.id}"))
