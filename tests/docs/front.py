"""The program as the documents' lines call it: at another address, and for a request that there is.

It imports little, since shell lines start it as a process of its own.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from ai_dashboard.cli.main import APP, main, parser_of, sub_commands
from ai_dashboard.cli.neighbour import get_json, token_for

LOGGED_WITHIN_S = 10.0
LOOK_S = 0.05

ADDRESSES = re.compile(r"(?:localhost|127\.0\.0\.1):4000\b")

GOES_ON = frozenset({APP, "attach", "bench", "demo", "restore", "serve", "service", "web"})
"""Sub-commands that go on until somebody ends them, or change more than the folders of a test."""

CHANGES_MACHINES = (["models", "pull"], ["models", "rm"])

STAYS_WITH = frozenset({"--follow", "-f"})

_A_REQUEST = (("why",), ("requests", "show"), ("requests", "replay"))
"""Commands that take a request's id. The documents have made theirs up; here it is that of a real one."""

PLACEHOLDER = re.compile(r"[A-Z]{2,}")
"""A word that the reader puts something else for."""


class Untrue(AssertionError):
    """A line of a document does not do what it says."""


@dataclass(frozen=True, slots=True)
class Front:
    """The program, for a gateway at `url` that has answered the request `request`."""

    url: str
    request: str

    def call(self, arguments: Sequence[str]) -> int:
        """The exit code."""
        here = [ADDRESSES.sub(self.url.removeprefix("http://"), word) for word in arguments]
        if _goes_on(here):
            name = here[0] if here and here[0] in sub_commands() else APP
            parser_of(name).parse_args(here[1:] if here[:1] == [name] else here)
            return 0
        for words in _A_REQUEST:
            if tuple(here[: len(words)]) == words and len(here) > len(words):
                here[len(words)] = self.request[: len(here[len(words)])]
                if words[0] == "requests":
                    self._until_logged()
        return main(here)

    def _until_logged(self) -> None:
        """Rows reach the request log within a second."""
        gives_up_at = time.monotonic() + LOGGED_WITHIN_S
        path = f"/api/admin/log/{self.request}"
        while get_json(self.url, path, token=token_for(self.url)) is None:
            if time.monotonic() > gives_up_at:
                raise Untrue("the request log knows nothing of a request that was answered")
            time.sleep(LOOK_S)


def _goes_on(arguments: list[str]) -> bool:
    name = arguments[0] if arguments else APP
    if (
        name not in sub_commands()
        or name in GOES_ON
        or STAYS_WITH & set(arguments)
        or arguments[:2] in CHANGES_MACHINES
    ):
        return True
    if any(word in STAYS_WITH or PLACEHOLDER.fullmatch(word) for word in arguments):
        return True
    # `chat MODEL` without a prompt is a conversation.
    return name == "chat" and len([word for word in arguments if not word.startswith("-")]) == 2
