"""Who may come in: whoever has the token, from a page of ours, by our own name. Pure.

The token is part of the address that is printed; it is traded for a cookie at once, so that it stays out of the page's
own requests. Browsers send cookies of one port to every other of the same machine, and pages of other ports may open
web sockets here: the origin has to be ours as well.
"""

from collections.abc import Mapping
from enum import Enum, auto
from hmac import compare_digest

from ai_dashboard.core.data import dataclass


class Verdict(Enum):
    """What becomes of a request."""

    WELCOME = auto()
    GIVE_COOKIE = auto()
    NO_TOKEN = auto()
    WRONG_NAME = auto()


@dataclass(frozen=True, slots=True)
class Door:
    """`authority` is the host and port that the server goes by."""

    authority: str
    token: str

    @property
    def cookie(self) -> str:
        """Its name: another one for each port."""
        return f"ai-dashboard-{self.authority.rpartition(':')[2]}"

    @property
    def address(self) -> str:
        """What opens the door, for the operator alone."""
        return f"http://{self.authority}/?token={self.token}"

    def verdict(
        self, path: str, headers: Mapping[str, str], cookies: Mapping[str, str], query: Mapping[str, str]
    ) -> Verdict:
        """About one request."""
        origin = headers.get("Origin")
        if headers.get("Host") != self.authority or origin not in (None, f"http://{self.authority}"):
            return Verdict.WRONG_NAME
        if self._is_token(cookies.get(self.cookie, "")):
            return Verdict.WELCOME
        if path == "/" and self._is_token(query.get("token", "")):
            return Verdict.GIVE_COOKIE
        return Verdict.NO_TOKEN

    def _is_token(self, text: str) -> bool:
        return compare_digest(text.encode("utf-8", "replace"), self.token.encode())
