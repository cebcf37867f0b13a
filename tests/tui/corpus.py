"""What somebody might say to paint, retitle, write the clipboard of, or crash the terminal of whoever reads it.

Every text begins with its name, so that it can be found on a screen, and ends in words that a swallowed end would take
along.
"""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

from ai_dashboard.core.control import ConfigFile
from ai_dashboard.core.diagnostics import Diagnostic, Severity
from ai_dashboard.core.events import Text, Thinking
from ai_dashboard.core.logs import AuditEntry, AuditTrail, LogEvents, LogLevel
from ai_dashboard.core.models import ModelList
from ai_dashboard.core.plan import Candidate, Excluded, Plan
from ai_dashboard.core.playground import Answered, Question, Refused, Routed, Told
from ai_dashboard.core.records import AttemptRecord, RequestRecord, Stage
from ai_dashboard.core.snapshot import (
    Alert,
    AlertLevel,
    BreakerState,
    Health,
    HostView,
    MoneyGauge,
    Snapshot,
    TargetView,
)
from ai_dashboard.tui.sanitise import visible
from tests.tui.events import event
from tests.tui.fakes import NOW, FakePort, busy, config, provider, record

_ATTACKS = {
    "clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "clipboard-st": "\x1b]52;p;ZXZpbA==\x1b\\",
    "title": "\x1b]0;owned\x07\x1b]2;owned\x1b\\",
    "link": "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "palette": "\x1b]4;1;#ff0000\x07\x1b]10;#000000\x07\x1b]11;?\x07",
    "wipe": "\x1b[2J\x1b[3J\x1b[H",
    "paint": "\x1b[1;1HPWNED\x1b[31;5;7m",
    "leave": "\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?2004l",
    "scroll": "\x1b[5;10r\x1b[99S\x1b[99T\x1b[2M\x1b[2L",
    "erase": "\x1b[1K\x1b[1J\x1b[9X\x1b[9P\x1b[9@",
    "report": "\x1b[6n\x1b[c\x1b[>q\x1b[21t\x05",
    "reset": "\x1bc\x1b[!p\x1b#8",
    "sixel": "\x1bPq#0;2;0;0;0~~@@vv\x1b\\",
    "tmux": "\x1bPtmux;\x1b\x1b]52;c;ZXZpbA==\x07\x1b\\",
    "strings": "\x1b_app\x1b\\\x1b^private\x1b\\\x1bXstart\x1b\\",
    "c1-csi": "\x9b2J\x9b1;1HPWNED",
    "c1-osc": "\x9d52;c;ZXZpbA==\x9c",
    "c1-dcs": "\x90q~\x9c\x84\x88\x8d",
    "charset": "\x0e\x1b(0lqqk\x1b)0\x0f\x1bN\x1bO",
    "back": "gone\x08\x08\x08\x08\x7f\x7fover",
    "lines": "a\x0bb\x0cc\x1cd\x1ee\u2028f\u2029g\x85h",
    "null": "\x00\x00\x00\x07\x07\x18\x1a",
    "bidi": "\u202egpj.exe\u202c \u2066hidden\u2069\u200f\u061c",
    "hidden": "pass\u200bword\u2060\ufeff\U000e0041\U000e007f",
    "half": "\ud83d and \udc80",
    "unterminated-osc": "\x1b]52;c;ZXZpbA==",
    "unterminated-csi": "\x1b[38;2;255;0;0",
    "unterminated-dcs": "\x1bP1;1q",
    "escape-only": "\x1b",
    "markup": "[/] [/bold] [red]x[/red] [@click=app.quit]y[/] \\[ [[",
    "template": "{x} {0} %s %(y)s $z ${HOME} `id`",
    "wide": "日本語 한국어 ｶﾞ ＡＢ",
    "combining": "e\u0301 n\u0303 a\u0308",
}  # fmt: skip

CORPUS = {name: f"{name} {attack} end-{name}" for name, attack in _ATTACKS.items()}
"""All of it on one line each: a line feed or a tab is no attack where whole files are shown."""


def as_it_is(text: str) -> str:
    """An attack, alive."""
    return text


def as_shown(text: str) -> str:
    """The same after somebody has taken the sting out: what the screen must show of it."""
    return visible(text)


@dataclass
class Corpus(FakePort):
    """A gateway in which everything that has a name or says something has one of the corpus. `told_as` is what each
    text goes through first."""

    told_as: Callable[[str], str] = as_it_is
    texts: list[str] = field(default_factory=list)

    async def logs(self, after: int, limit: int = 500) -> LogEvents:
        self._door()
        made = [
            event(seq, NOW, LogLevel.WARNING, text, **{text: text})
            for seq, text in enumerate(self.texts, 1)
            if seq > after
        ]
        return LogEvents(tuple(made[-limit:]), len(self.texts), 0, level=LogLevel.DEBUG)

    async def audit(self, limit: int = 500) -> AuditTrail:
        self._door()
        entries = tuple(
            AuditEntry(seq, NOW, text, text, text, text, text, text, text, (text,))
            for seq, text in enumerate(self.texts, 1)
        )
        return AuditTrail(kept=True, entries=entries[-limit:], total=len(entries))

    async def models(self) -> ModelList:
        self._door()
        return ModelList((), tuple(self.texts), ())

    async def ask(self, question: Question) -> AsyncGenerator[Told, None]:
        self._door()
        answered = record(1, asked=question.model)
        yield Routed(answered.id, self.texts[0], question.model)
        yield Thinking(self.texts[0])
        whole = "\n".join(self.texts)
        for start in range(0, len(whole), 3):  # no sequence arrives in one piece
            yield Text(whole[start : start + 3])
        yield Refused(200, self.texts[0])
        yield Answered(answered.id, answered)


def corpus_port(told_as: Callable[[str], str] = as_it_is) -> Corpus:
    """A gateway full of the corpus."""
    texts = [told_as(text) for text in CORPUS.values()]
    # What the editor takes for a line end, and what cannot be in a file, are other matters.
    written = "".join(f"# {text}\n" for name, text in zip(CORPUS, texts, strict=True) if name not in {"lines", "half"})
    return Corpus(
        _snapshot(texts),
        [_record(seq, text) for seq, text in enumerate(texts, 1)],
        (ConfigFile("providers.yaml", texts[0], written),),
        told_as=told_as,
        texts=texts,
    )


def _snapshot(texts: list[str]) -> Snapshot:
    first = texts[0]
    return busy(
        config=config(
            *(Diagnostic(Severity.ERROR, "providers.yaml", 1, 1, text, text, text) for text in texts),
            origin=first,
        ),
        providers=tuple(
            provider(
                text, Health.DEGRADED, kind=text, address=text, reason=text, last_error=text, last_error_at=NOW,
                models=(text,), targets=(TargetView(text, BreakerState.OPEN, retry_in_s=9.0, reason=text),),
            )
            for text in texts
        ),
        running=(),
        host=HostView(gpu_note=first),
        money=MoneyGauge(today=1.0, top=first, top_share=0.5),
        alerts=tuple(Alert(text, AlertLevel.WARNING, NOW, text, text, text) for text in texts),
    )  # fmt: skip


def _record(seq: int, text: str) -> RequestRecord:
    attempt = AttemptRecord(text, text, text, 0.0, 0.1, 0.2, 500, text, text)
    return record(
        seq, asked=text, dialect=text, provider=text, model=text, stage=Stage.FAILED, status=500, error=text,
        message=text, attempts=(attempt, attempt), warnings=(text, text), tenant=text, key_id=text,
        plan=Plan(text, text, (Candidate(text, text, text, 0.5),), (Excluded(text, text, text),)),
    )  # fmt: skip
