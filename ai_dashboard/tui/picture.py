"""What the panels are handed: one picture of the gateway as the screen knows it, and how fresh it is."""

from enum import StrEnum

from ai_dashboard.core.data import dataclass
from ai_dashboard.core.records import RequestRecord
from ai_dashboard.core.snapshot import Snapshot
from ai_dashboard.tui.marks import Happening


class Freshness(StrEnum):
    """How far the picture can be trusted."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALE = "stale"
    PAUSED = "paused"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class Picture:
    """`records` are finished requests, newest first; `running` those in flight that have not finished meanwhile.

    `age_s` counts whole seconds since the last good answer and is 0 while LIVE; how long ago it was in the PAST.
    `problem` says why there is none. `waiting` counts requests that finished since the pause. `source` says where the
    gateway is, when it is not here. `marks` are what stood out until then.
    """

    snapshot: Snapshot | None = None
    records: tuple[RequestRecord, ...] = ()
    running: tuple[RequestRecord, ...] = ()
    lost: int = 0
    freshness: Freshness = Freshness.CONNECTING
    age_s: int = 0
    problem: str = ""
    waiting: int = 0
    source: str = ""
    marks: tuple[Happening, ...] = ()

    @property
    def is_past(self) -> bool:
        """Whether it shows how things were: nothing can be done to what it shows."""
        return self.freshness is Freshness.PAST

    @property
    def then(self) -> Snapshot | None:
        """The snapshot of the past that is shown; None where it is one of now."""
        return self.snapshot if self.is_past else None

    @property
    def in_flight(self) -> int:
        """Real requests in flight: those that somebody would miss. Simulated ones do not count."""
        if self.snapshot is None or self.snapshot.gateway.simulated:
            return 0
        return self.snapshot.gateway.in_flight

    def find(self, request_id: str) -> RequestRecord | None:
        """A request by its id, running or finished."""
        return next((record for record in (*self.running, *self.records) if record.id == request_id), None)
