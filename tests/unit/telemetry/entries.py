"""Requests for the log, of every sort."""

from dataclasses import replace
from itertools import count

from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import Candidate, Excluded, Plan
from ai_dashboard.core.records import AttemptRecord, RequestRecord, Stage
from ai_dashboard.core.request_log import LogEntry

NOW = 1_790_000_000.0
_numbers = count(1)

PLAN = Plan(
    "llama3.1:8b",
    "exact_matches.llama3.1:8b",
    (Candidate("home", "llama3.1:8b", "listed", 1.0, "", (("ewma ttft", "0.31 s"),)),),
    (Excluded("cloud", "gpt-5", "disabled"),),
)
ATTEMPT = AttemptRecord("home", "llama3.1:8b", "listed", 0.001, 0.3, 1.2, 200, None)
RECORD = RequestRecord(
    seq=1,
    id="0000000000000001",
    at=NOW,
    dialect="openai",
    asked="llama3.1:8b",
    stream=True,
    stage=Stage.DONE,
    status=200,
    provider="home",
    model="llama3.1:8b",
    ttft_s=0.3,
    total_s=1.2,
    overhead_s=0.0005,
    usage=Usage(100, 50, cached_tokens=10, reasoning_tokens=5),
    attempts=(ATTEMPT,),
    plan=PLAN,
)


def logged(
    record: RequestRecord, tenant: str = "acme", key_id: str = "key_1", cost: int | None = 1_200_000
) -> LogEntry:
    """The request of a record, as it is written down."""
    return LogEntry(
        record.id, record.at, tenant, key_id, record.dialect, "POST", "/v1/chat/completions", record.asked,
        record.provider, record.model, record.stage, record.status, record.stream, record.ttft_s, record.total_s,
        record.overhead_s, record.usage, cost, record.error, record.message, record.warnings, {"queue": 0.1},
        record.attempts, record.plan, record.cached,
    )  # fmt: skip


ENTRY = logged(RECORD)


def record(**different: object) -> RequestRecord:
    return replace(RECORD, **{"id": f"{next(_numbers):016x}", **different})  # type: ignore[arg-type]  # of any field


def entry(
    *, tenant: str = "acme", key_id: str = "key_1", cost: int | None = 1_200_000, **different: object
) -> LogEntry:
    return logged(record(**different), tenant, key_id, cost)
