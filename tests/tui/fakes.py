"""A gateway made of scripted pictures, behind the same door as a real one."""

import math
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace

from ai_dashboard.core.cache import CacheView, Expired, Invalidated
from ai_dashboard.core.control import (
    BackupView,
    Committed,
    ConfigFile,
    ConfigText,
    PortClosed,
    ProposalView,
    ProviderAction,
    Replayed,
)
from ai_dashboard.core.costs import CostsView, Dimension
from ai_dashboard.core.diagnostics import Diagnostic, Severity
from ai_dashboard.core.errors import CallerError
from ai_dashboard.core.events import Text, Thinking, Usage
from ai_dashboard.core.history import (
    Bucket,
    Failure,
    HealthChange,
    HistoryPoint,
    HistoryView,
    LimitView,
    Mark,
    ProviderDetail,
    SeriesKey,
    SeriesView,
    ServiceAction,
    ServiceView,
    Spread,
    Window,
)
from ai_dashboard.core.logs import AlertAction, AuditTrail, LogEvents
from ai_dashboard.core.models import ModelList
from ai_dashboard.core.plan import Candidate, Excluded, Plan, RouteFacts
from ai_dashboard.core.playground import Answered, Question, Refused, Routed, Told
from ai_dashboard.core.queue import ExpiredRequests, QueueView
from ai_dashboard.core.records import AttemptRecord, RecordPage, RequestRecord, Stage
from ai_dashboard.core.snapshot import (
    SLICE_S,
    SLICES,
    Alert,
    AlertLevel,
    BreakerState,
    ConfigView,
    GatewayView,
    GpuPart,
    GpuProcess,
    GpuView,
    Health,
    HostView,
    LoadedModel,
    MoneyGauge,
    Percentiles,
    ProviderView,
    SeriesPoint,
    Snapshot,
    TargetView,
)
from tests.tui.answers import CACHE_GAUGE, QUEUE_GAUGE, cached, waiting
from tests.tui.events import logged, trail
from tests.tui.money import spent

NOW = 1_790_000_000.0
GIB = 1024**3

HOSTILE = (
    "\x1b]52;c;ZXZpbA==\x07 \x1b[2J \x9b31m \x1bP+q\x1b\\ [/bold] [@click=app.quit]x[/] \u202edesrever\u2066 "
    "\ud83d \x00\x7f\r\n\t 日本語 e\u0301 \U000e0041 end"
)

YAML = """\
# Who can answer.
providers:
  ollama:
    type: ollama
    base_url: http://127.0.0.1:11434
    models: [llama3.1:8b, "qwen2.5-coder:7b"]
  openai:
    api_key: "••••"
    timeout: 30
"""


def provider(name: str = "ollama", health: Health = Health.ACTIVE, **changes: object) -> ProviderView:
    """A provider that answers well, but for the changes."""
    usual = ProviderView(
        name=name,
        kind="openai",
        address="http://127.0.0.1:11434",
        local=True,
        health=health,
        reason="",
        models=("llama3.1:8b", "qwen2.5-coder:7b"),
        in_flight=1,
        requests=812,
        per_minute=24.0,
        error_ratio=0.002,
        total=Percentiles(0.412, 1.9, 3.1),
        ttft=Percentiles(0.088, 0.31, 0.6),
        tokens_per_s=92.0,
        last_error="",
        last_error_at=None,
        trend=tuple(0.5 + 0.4 * math.sin(i / 5) for i in range(SLICES)),
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def plan() -> Plan:
    """Two candidates, and one that was left out."""
    return Plan(
        asked="chat",
        rule="capabilities.general_chat",
        attempts=(
            Candidate("openai", "gpt-5-mini", "preferred", 0.93),
            Candidate("vllm", "qwen3-32b", "fallback of openai", 0.71),
        ),
        excluded=(Excluded("ollama", "llama3.1:8b", "unavailable: connection refused"),),
    )


def record(seq: int, **changes: object) -> RequestRecord:
    """A finished request that fell back once in four times."""
    fell_back = seq % 4 == 0
    first = AttemptRecord("openai", "gpt-5-mini", "preferred", 0.001, None, 0.2, 502, "upstream_error", "bad gateway")
    answered = AttemptRecord(
        "vllm", "qwen3-32b", "fallback of openai", 0.2 if fell_back else 0.001, 0.29, 1.21, 200, None
    )
    usual = RequestRecord(
        seq=seq,
        id=f"req-{seq:06x}",
        at=NOW + seq,
        dialect="openai",
        asked="chat",
        stream=True,
        stage=Stage.DONE,
        status=200,
        provider="vllm",
        model="qwen3-32b",
        ttft_s=0.088,
        total_s=1.21,
        overhead_s=0.0004,
        usage=Usage(812, 240, 100, 20),
        attempts=(first, answered) if fell_back else (answered,),
        plan=plan(),
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def running(number: int, **changes: object) -> RequestRecord:
    """A request that streams."""
    return record(
        0,
        **(
            {
                "id": f"run-{number:06x}",
                "at": NOW + 9_000,
                "stage": Stage.STREAMING,
                "status": 0,
                "total_s": 3.1,
                "usage": None,
            }
            | changes
        ),
    )


def gateway(**changes: object) -> GatewayView:
    """A gateway on the usual port."""
    usual = GatewayView(
        host="127.0.0.1",
        port=4000,
        pid=7,
        version="0.1.0",
        uptime_s=11_520.0,
        rate=3.4,
        in_flight=2,
        requests=2_314,
        failures=12,
        fallbacks=31,
        tokens_per_s=212.0,
        overhead=Percentiles(0.0004, 0.001, 0.003),
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def config(*diagnostics: Diagnostic, **changes: object) -> ConfigView:
    """An accepted configuration with these findings."""
    return replace(ConfigView(17, "/etc/ai-dashboard", "2 files", True, diagnostics), **changes)  # type: ignore[arg-type]


FINDINGS = (
    Diagnostic(Severity.INFO, "model-mappings.yaml", 0, 0, "", "no such file", ""),
    Diagnostic(
        Severity.WARNING,
        "providers.yaml",
        9,
        5,
        "providers.openai.timeout",
        "unknown key",
        "remove it or write timeout_s",
    ),
)


def empty(version: int = 1) -> Snapshot:
    """A first run: nobody to answer, nothing asked."""
    return Snapshot(
        version=version,
        at=NOW,
        gateway=gateway(rate=0.0, in_flight=0, requests=0, uptime_s=4.0, overhead=Percentiles()),
        config=config(origin="no folder: defaults, and local servers on 11434, 8000, 8080, 8001"),
        host=HostView(
            cpu=0.05, cores=8, load1=0.4, memory_used=4 * GIB, memory_total=16 * GIB, gpu_note="no NVIDIA GPU"
        ),
    )


def busy(version: int = 1, **changes: object) -> Snapshot:
    """A working day: four providers in different states, two requests in flight, one GPU, two alerts."""
    series = tuple(
        SeriesPoint(
            NOW + index * SLICE_S,
            5,
            0,
            Percentiles(0.09 + 0.03 * math.sin(index / 9), 0.4 + 0.3 * math.sin(index / 14 + version / 10)),
            Percentiles(0.9 + 0.3 * math.sin(index / 9), 2.4 + 0.9 * math.sin(index / 14 + version / 10)),
        )
        for index in range(SLICES)
    )
    usual = Snapshot(
        version=version,
        at=NOW + version,
        gateway=gateway(rate=3.4 + version % 3, uptime_s=11_520.0 + version),
        config=config(*FINDINGS),
        providers=(
            provider("openai", local=False, in_flight=version % 4),
            provider("anthropic", local=False, total=Percentiles(0.53, 2.4, 4.0)),
            provider("vllm", Health.DEGRADED, reason="p95 3.1s is 4 × usual", in_flight=7, error_ratio=0.014),
            provider(
                "ollama",
                Health.UNAVAILABLE,
                reason="connection refused",
                in_flight=0,
                per_minute=0.0,
                error_ratio=1.0,
                total=Percentiles(),
                last_error="connection refused",
                last_error_at=NOW,
                trend=(None,) * SLICES,
            ),
            provider("gemini", Health.AUTH_FAILED, reason="401: set GEMINI_API_KEY", models=()),
        ),
        running=(
            running(version * 2 + 1),
            running(version * 2, stage=Stage.WAITING, ttft_s=None, provider="", model=""),
        ),
        series=series,
        ttft=Percentiles(0.088, 0.398, 0.6),
        total=Percentiles(0.9, 2.4, 3.0),
        host=HostView(
            cpu=0.34,
            cores=16,
            load1=2.1,
            memory_used=31 * GIB,
            memory_total=128 * GIB,
            gpus=(GpuView(0, "NVIDIA H200", 0.76, 118 * GIB, 139 * GIB, 61.0, 402.0, 700.0),),
            gpu_note="",
        ),
        money=MoneyGauge(
            today=4.31,
            reserved=0.12,
            per_hour=0.31,
            day_end=8.9,
            month_end=131.0,
            hours=tuple(0.2 + 0.1 * (hour % 5) for hour in range(24)),
            saved=1.12,
            top="gpt-5-mini",
            top_share=0.38,
        ),
        alerts=(
            Alert(
                "down:ollama",
                AlertLevel.CRITICAL,
                NOW,
                "ollama is unavailable: connection refused",
                "start it: ollama serve",
            ),
            Alert("slow:vllm", AlertLevel.WARNING, NOW, "vllm is slow: p95 3.1s"),
        ),
        cache=CACHE_GAUGE,
        queue=QUEUE_GAUGE,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def hostile_gpu() -> GpuView:
    """A GPU whose processes have chosen their names well."""
    bad, unknown = HOSTILE, (None, None, None, None, None, None)
    return replace(
        GpuView(0, bad, *unknown),
        throttled=(bad,),
        processes=(GpuProcess(1, bad, bad, None),),
        parts=(GpuPart(bad, None, None),),
    )


def hostile(version: int = 1) -> Snapshot:
    """Everything that can come from outside tries to reach the terminal."""
    bad = HOSTILE
    return busy(
        version,
        config=config(Diagnostic(Severity.ERROR, bad, 1, 1, bad, bad, bad), origin=bad, usable=False),
        providers=(
            provider(
                bad,
                Health.DEGRADED,
                kind=bad,
                address=bad,
                reason=bad,
                last_error=bad,
                last_error_at=NOW,
                models=(bad,),
                targets=(TargetView(bad, BreakerState.OPEN, retry_in_s=9.0, reason=bad),),
                loaded=(LoadedModel(bad, 0.5, GIB),),
            ),
        ),
        running=(running(1, id=bad, asked=bad, provider=bad, model=bad),),
        host=HostView(gpu_note=bad, gpus=(hostile_gpu(),)),
        money=MoneyGauge(today=1.0, top=bad, top_share=0.5),
        alerts=(Alert(bad, AlertLevel.WARNING, NOW, bad, bad, bad),),
    )


def hostile_record(seq: int) -> RequestRecord:
    """A finished request full of the same."""
    bad = HOSTILE
    attempt = AttemptRecord(bad, bad, bad, 0.0, 0.1, 0.2, 500, bad, bad)
    return record(
        seq,
        asked=bad,
        dialect=bad,
        provider=bad,
        model=bad,
        stage=Stage.FAILED,
        status=500,
        error=bad,
        message=bad,
        attempts=(attempt, attempt),
        warnings=(bad, bad),
        plan=Plan(bad, bad, (Candidate(bad, bad, bad, 0.5),), (Excluded(bad, bad, bad),)),
    )


def measured(picture: Snapshot, window: Window, shown: Sequence[SeriesKey]) -> HistoryView:
    """A window in which every provider of a picture that was asked has one model that answered."""
    if not picture.providers:
        return HistoryView(window, NOW)
    series = []
    for place, one in enumerate(it for it in picture.providers if it.total.p50 is not None):
        for model in ("", *one.models[:1]):
            key = SeriesKey(one.name, model)
            series.append(_series(key, window, place + 1, picture.version, points=key in shown))
    marks = (Mark(NOW - window.step_s * window.points / 3, 16), Mark(NOW, 17))
    return HistoryView(window, NOW + picture.version, tuple(series), marks)


def _series(key: SeriesKey, window: Window, scale: int, version: int, *, points: bool) -> SeriesView:
    spread = Spread(0.05, 0.07, 0.09, 0.2, 0.4, 0.6)
    course = tuple(
        HistoryPoint(
            index,
            5,
            index % 7 == 0,
            Percentiles(0.09 * scale, (0.4 + 0.1 * math.sin(index / 4 + version)) * scale, 0.6 * scale),
            Percentiles(0.9 * scale, 2.4 * scale, 3.0 * scale),
            Percentiles(0.01, 0.02, 0.03),
        )
        for index in reversed(range(window.points))
        if index % 11
    )
    times = [spread.p5, spread.p25, spread.p50, spread.p75, spread.p95, spread.p99]
    ttft, total = (Spread(*((it or 0.0) * scale * size for it in times)) for size in (1, 8))
    per_token = Spread(0.005, 0.008, 0.01, 0.012, 0.02, 0.03)
    return SeriesView(key, 300 // scale, 4, 4_000, ttft, total, per_token, course if points else ())


def detail(picture: Snapshot, name: str) -> ProviderDetail:
    """A provider that has come and gone."""
    one = next(it for it in picture.providers if it.name == name)
    return ProviderDetail(
        name=name,
        at=picture.at,
        since=NOW - 3_600,
        changes=(
            HealthChange(NOW - 3_000, Health.ACTIVE, ""),
            HealthChange(NOW - 900, Health.UNAVAILABLE, one.reason or "connection refused"),
            HealthChange(NOW - 600, one.health, one.reason),
        ),
        failures=(Failure(NOW - 900, "", "connection refused"), Failure(NOW - 30, one.name, one.last_error or "502")),
        limits=(LimitView("requests", 0.62, 24.0), LimitView("60 requests a minute, as configured", 0.9)),
        ttft=tuple(Bucket(0.1 * 2**step, 0.2 * 2**step, 40 - 9 * step) for step in range(5)),
        total=tuple(Bucket(0.4 * 2**step, 0.8 * 2**step, 40 - 9 * step) for step in range(5)),
        unit="" if one.local is False else f"{name}.service",
    )


@dataclass
class FakePort:
    """A `ControlPort` that says what it was told to. `closed` is the message of the `PortClosed` that it raises;
    `moving` makes each snapshot a new one with one more finished request."""

    picture: Snapshot
    finished: list[RequestRecord] = field(default_factory=list)
    files: tuple[ConfigFile, ...] = (
        ConfigFile("providers.yaml", "/etc/ai-dashboard/providers.yaml", YAML),
        ConfigFile("model-mappings.yaml", "/etc/ai-dashboard/model-mappings.yaml", "", missing=True),
    )
    closed: str = ""
    moving: bool = False
    refreshed: int = 0
    polled: int = 0
    alerted: list[tuple[str, AlertAction, float]] = field(default_factory=list)
    words: str = ""
    """What is said in events and in the audit log."""
    serviced: list[tuple[str, ServiceAction | None]] = field(default_factory=list)
    operated: list[tuple[str, ProviderAction]] = field(default_factory=list)
    replayed: list[tuple[str, str]] = field(default_factory=list)
    keeps_bodies: bool = False
    questions: list[Question] = field(default_factory=list)
    told: tuple[Told, ...] = (Thinking("Hm."), Text("Hello"), Text(" there."))
    added_up: list[tuple[Dimension, str]] = field(default_factory=list)
    budgets: list[float | None] = field(default_factory=list)
    forgotten: list[str | None] = field(default_factory=list)
    cleared: int = 0

    async def snapshot(self) -> Snapshot:
        self._door()
        self.polled += 1
        if self.moving:
            self.picture = busy(self.picture.version + 1)
            self.finished.append(record(len(self.finished) + 1))
        return self.picture

    async def records(self, after: int, limit: int = 500) -> RecordPage:
        self._door()
        news = tuple(self.finished[after:])
        return RecordPage(news[-limit:], len(self.finished), max(len(news) - limit, 0))

    async def record(self, id_prefix: str) -> RequestRecord:
        self._door()
        return next(it for it in self.finished if it.id.startswith(id_prefix))

    async def replay(self, request_id: str, model: str = "") -> Replayed:
        self._door()
        self.replayed.append((request_id, model))
        if not self.keeps_bodies:
            raise CallerError("what was asked is not kept", hint="`request_log.bodies: full` keeps it")
        again = record(len(self.finished) + 1, asked=model or "chat")
        self.finished.append(again)
        return Replayed(again.id, again.status)

    async def ask(self, question: Question) -> AsyncGenerator[Told, None]:
        self._door()
        self.questions.append(question)
        answered = record(len(self.finished) + 1, asked=question.model)
        yield Routed(answered.id, answered.provider, answered.model)
        for told in self.told:
            yield told
        self.finished.append(answered)
        yield Answered(answered.id, answered)

    async def models(self) -> ModelList:
        self._door()
        names = tuple(name for it in self.picture.providers for name in it.models)
        return ModelList((), (*dict.fromkeys(names), "chat"), ())

    async def operate(self, provider: str, action: ProviderAction) -> ProviderView:
        self._door()
        self.operated.append((provider, action))
        return next(it for it in self.picture.providers if it.name == provider)

    async def history(self, window: Window, shown: Sequence[SeriesKey] = ()) -> HistoryView:
        self._door()
        return measured(self.picture, window, shown)

    async def cache(self, window: Window) -> CacheView:
        self._door()
        return cached(self.picture, window)

    async def queue(self, window: Window) -> QueueView:
        self._door()
        return waiting(self.picture, window)

    async def invalidate(self, model: str | None = None) -> Invalidated:
        self._door()
        self.forgotten.append(model)
        return Invalidated(4_312, 312, complete=model is not None)

    async def clear_expired(self) -> tuple[Expired, ExpiredRequests]:
        self._door()
        self.cleared += 1
        return Expired(40, 2), ExpiredRequests(1)

    async def provider(self, name: str) -> ProviderDetail:
        self._door()
        return detail(self.picture, name)

    async def service(self, provider: str, action: ServiceAction | None = None) -> ServiceView:
        self._door()
        self.serviced.append((provider, action))
        return ServiceView(f"{provider}.service", "active", f"{action}: active" if action else "running", ("Started.",))

    async def explain(self, facts: RouteFacts) -> Plan:
        self._door()
        return plan()

    async def costs(self, by: Dimension, since: str) -> CostsView:
        self._door()
        self.added_up.append((by, since))
        return spent(self.picture, by, since)

    async def set_budget(self, limit: float | None) -> None:
        self._door()
        self.budgets.append(limit)

    async def logs(self, after: int, limit: int = 500) -> LogEvents:
        self._door()
        return logged(self.picture, after, limit, self.words)

    async def alert(self, key: str, action: AlertAction, minutes: float = 60.0) -> Alert:
        self._door()
        self.alerted.append((key, action, minutes))
        until = NOW + 60 * minutes if action == "silence" else None
        made = [replace(it, acked=action == "ack", silenced_until=until) if it.key == key else it
                for it in self.picture.alerts]  # fmt: skip
        self.picture = replace(self.picture, version=self.picture.version + 1, alerts=tuple(made))
        return next(it for it in made if it.key == key)

    async def audit(self, limit: int = 500) -> AuditTrail:
        self._door()
        return trail(self.picture, limit, self.words)

    async def config_files(self) -> tuple[ConfigFile, ...]:
        self._door()
        return self.files

    async def config_text(self, file: str) -> ConfigText:
        self._door()
        found = next((it for it in self.files if it.name == file and not it.missing), None)
        if found is None:
            return ConfigText(file, "", "")
        return ConfigText(
            file, found.text.encode("utf-8", "replace").decode(), "base"
        )  # as files are: no half characters

    async def propose(self, file: str, text: str, base: str | None = None) -> ProposalView:
        self._door()
        return ProposalView(file, base or "base", (), (), None)

    async def commit(self, file: str, text: str, base: str, why: str) -> Committed:
        self._door()
        return Committed(None, 2)

    async def config_schema(self, file: str) -> str:
        self._door()
        return "{}"

    async def backups(self, file: str | None = None) -> tuple[BackupView, ...]:
        self._door()
        return ()

    async def backup_text(self, backup_id: str) -> ConfigText:
        self._door()
        return ConfigText(backup_id, YAML, "base")

    async def rollback(self, backup_id: str) -> Committed:
        self._door()
        return Committed(backup_id, 2)

    async def refresh(self) -> None:
        self._door()
        self.refreshed += 1

    async def close(self) -> None:
        self.closed = "closed"

    def _door(self) -> None:
        if self.closed:
            raise PortClosed(self.closed)


def records(count: int) -> list[RequestRecord]:
    """So many finished requests, oldest first."""
    return [record(seq) for seq in range(1, count + 1)]


def busy_port() -> FakePort:
    """A gateway in the middle of a working day."""
    return FakePort(busy(), records(60))


def empty_port() -> FakePort:
    """A gateway on its first run."""
    return FakePort(empty(), files=())


def stale_port() -> FakePort:
    """A gateway that is gone."""
    return FakePort(busy(), closed="the gateway at http://127.0.0.1:4000 is gone")


def hostile_port() -> FakePort:
    """A gateway whose providers are not friendly."""
    files = (ConfigFile(HOSTILE, HOSTILE, f"a: {HOSTILE}\nb: |\n  {HOSTILE}\n"),)
    told = (Thinking(HOSTILE), Text(HOSTILE[:2]), Text(HOSTILE[2:]), Refused(200, HOSTILE))
    return FakePort(hostile(), [hostile_record(seq) for seq in range(1, 31)], files, told=told, words=HOSTILE)


PORTS = {"busy": busy_port, "empty": empty_port, "stale": stale_port, "hostile": hostile_port}
