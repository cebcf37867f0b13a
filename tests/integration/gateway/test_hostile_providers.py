"""Whatever a provider says, and wherever it stops, the caller gets an answer that its provider has called whole, or is
told in its own words that there is none: no crash, no 500, no cut answer that looks whole."""

import asyncio
import itertools
import json
import logging
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from ai_dashboard.core.chat import Form, JsonObject
from ai_dashboard.core.events import Usage
from ai_dashboard.core.records import RequestRecord, Stage
from ai_dashboard.dialects.kinds import KINDS
from ai_dashboard.transport.http1 import Exchange
from tests.contract.readings import read
from tests.contract.replies import Answer, Made, Said, content_type
from tests.contract.replies import written as said
from tests.integration.gateway import hostile
from tests.integration.gateway.hostile import ODD, check_error, paths, replaced, stage, without, written

ODD_AT_EACH_PLACE = 2
CUTS = 12
MODEL = "the-provider's-own-name"
ANSWER = Answer((Said(("Hel", "lo"), ("hm",), (Made("c1", "f", ('{"a":', "1}")),), "tool_calls"),), Usage(3, 2), MODEL)
ONLY_TEXT = Answer((Said(("Hel", "lo")),), Usage(3, 2), MODEL)

FINISH = re.compile(
    rb'"(?:finish_reason|finishReason|stop_reason)": "|"done": true|"type": "(?:message_stop|response\.completed)"'
)
"""Where a provider begins to say that its answer is whole."""

HI = [{"role": "user", "content": "Hi"}]


@dataclass(frozen=True, slots=True)
class Caller:
    """One who asks for little, in one form. `ends`: how a stream of that form says that it is whole; `finish`: how a
    reply in one piece does."""

    form: Form
    path: str
    ask: JsonObject
    ends: bytes
    finish: bytes

    @property
    def dialect(self) -> str:
        return self.form.partition(".")[0]


CALLERS = (
    Caller("openai.chat", "/v1/chat/completions", {"messages": HI}, b"[DONE]", b'"finish_reason":"'),
    Caller("openai.completions", "/v1/completions", {"prompt": "Hi"}, b"[DONE]", b'"finish_reason":"'),
    Caller(
        "openai.responses", "/v1/responses", {"input": "Hi"}, b'"type":"response.completed"', b'"status":"completed"'
    ),
    Caller(
        "anthropic.messages",
        "/v1/messages",
        {"messages": HI, "max_tokens": 9},
        b"event: message_stop",
        b'"stop_reason":"',
    ),
    Caller(
        "google.generate",
        "/v1beta/models/",
        {"contents": [{"parts": [{"text": "Hi"}]}]},
        b'"finishReason":"',
        b'"finishReason":"',
    ),
    Caller("ollama.chat", "/api/chat", {"messages": HI}, b'"done":true', b'"done":true'),
    Caller("ollama.generate", "/api/generate", {"prompt": "Hi"}, b'"done":true', b'"done":true'),
)


@dataclass(frozen=True, slots=True)
class Case:
    """One reply of a provider. `broken`: its connection ends there, as no proper end of a reply; `cut`: nobody can take
    what is there for a whole answer. `called` is its content type, where that is not what it ought to be."""

    caller: Caller
    kind: str
    stream: bool
    says: bytes
    cut: bool = False
    broken: bool = False
    status: int = 200
    called: bytes = b""

    @property
    def form(self) -> Form:
        """In which the provider is asked, and answers."""
        form = KINDS[self.kind].form_for(self.caller.form, "chat")
        assert form is not None
        return form

    @property
    def passes(self) -> bool:
        """Whether the caller reads the provider's own bytes."""
        return self.form == self.caller.form

    def ask(self, number: int) -> tuple[str, bytes]:
        """It names the case, so that the provider knows what to say."""
        model = f"{self.kind}-m"
        text = written(self.caller.ask).replace(b"Hi", b"case-%d." % number)
        if self.caller.dialect != "google":
            ask = json.loads(text) | {"model": model, "stream": self.stream}
            if self.stream and self.caller.form in ("openai.chat", "openai.completions"):
                ask["stream_options"] = {"include_usage": True}
            return self.caller.path, written(ask)
        method = "streamGenerateContent?alt=sse" if self.stream else "generateContent"
        return f"{self.caller.path}{model}:{method}", text


class Liar:
    """What the providers say, case by case."""

    def __init__(self) -> None:
        self.cases: list[Case] = []

    async def __call__(self, exchange: Exchange) -> None:
        number = re.search(rb"case-(\d+)\.", await exchange.body())
        assert number is not None
        case = self.cases[int(number[1])]
        called = (b"content-type", case.called or content_type(case.form, stream=case.stream))
        length = None if case.stream or not case.broken else len(case.says) + 10
        exchange.start(case.status, [called, (b"retry-after", b"9" * 400)], length=length)
        if case.says:
            exchange.write(case.says)
        await asyncio.sleep(0)
        if case.broken:
            exchange.abort()
        else:
            exchange.finish()


@pytest.fixture(scope="module")
def liar() -> Liar:
    return Liar()


@pytest.fixture(scope="module")
def scene(liar: Liar) -> Iterator[hostile.Stage]:
    with stage(liar) as it:
        yield it


@pytest.fixture(autouse=True)
def no_crash_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.WARNING)
    yield
    assert not [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


def play(scene: hostile.Stage, liar: Liar, cases: list[Case]) -> None:
    """Ask for all of it, and check every reply."""
    liar.cases = cases
    runtime = scene.house.gateway.runtime
    before = runtime.requests
    replies = scene.post_all(case.ask(number) for number, case in enumerate(cases))
    records = {it.id: it for it in scene.house.gateway.records(before, len(cases)).records}
    for case, reply in zip(cases, replies, strict=True):
        try:
            check(case, reply, records[reply.headers["x-request-id"]])
        except Exception as error:
            error.add_note(
                f"{case.kind} to {case.caller.form}, stream {case.stream}, cut {case.cut}: {case.says!r:.1500}"
            )
            error.add_note(f"=> {reply.status_code} {reply.content!r:.1500}")
            raise


def check(case: Case, reply: httpx.Response, record: RequestRecord) -> None:
    if reply.status_code != 200:
        assert record.stage is Stage.FAILED
        if record.error == "upstream_rejected" and KINDS[case.kind].dialect == case.caller.dialect:
            assert (reply.status_code, reply.content) == (case.status, case.says)
            return
        assert reply.status_code != 500
        assert reply.status_code >= 502 or case.status in (400, 404, 413, 422, 429)
        check_error(case.caller.dialect, reply.json(), reply.status_code)
        return
    caller = case.caller
    if record.stage is Stage.DONE:
        assert not case.cut
        if case.passes:
            assert reply.content == case.says
        elif case.stream:
            assert caller.ends in reply.content
            assert events_in(reply.content)
        else:
            assert caller.finish in reply.content
            assert reply.json()
        return
    assert case.stream
    assert record.stage is Stage.CUT
    if not case.passes:
        assert caller.ends not in reply.content
    if record.error == "upstream_truncated" or not case.passes:
        check_error(caller.dialect, events_in(reply.content)[-1])


def events_in(body: bytes) -> list[Any]:
    """The JSON of a stream's events."""
    events = (line.removeprefix(b"data: ") for line in body.split(b"\n") if line.startswith((b"data: ", b"{")))
    return [json.loads(event) for event in events if event != b"[DONE]"]


# ── wherever it stops ────────────────────────────────────────────────────────────────────────────────────────────────

PAIRS = [(caller, kind) for caller in CALLERS for kind in hostile.KINDS]


def _finish(body: bytes) -> int:
    """How much of a stream comes before its provider begins to say that it is whole."""
    found = FINISH.search(body)
    assert found is not None
    return found.start()


def test_what_is_whole_arrives_whole(scene: hostile.Stage, liar: Liar) -> None:
    cases = [
        Case(caller, kind, stream, _reply(caller, kind, answer, stream=stream))
        for caller, kind in PAIRS
        for stream in (True, False)
        for answer in (ANSWER, ONLY_TEXT)
    ]
    liar.cases = cases
    for case, reply in zip(cases, scene.post_all(case.ask(number) for number, case in enumerate(cases)), strict=True):
        assert read(case.caller.form, reply.content, stream=case.stream).text == "Hello"


def _reply(caller: Caller, kind: str, answer: Answer, *, stream: bool) -> bytes:
    form = _form(caller, kind)
    return said(form, ONLY_TEXT if form == "openai.completions" else answer, stream=stream)


@pytest.mark.parametrize("broken", [False, True], ids=["the-reply-ends", "the-connection-breaks"])
def test_a_stream_that_stops_anywhere_is_told_to_be_cut(scene: hostile.Stage, liar: Liar, *, broken: bool) -> None:
    chance = random.Random(1)
    cases = []
    for caller, kind in PAIRS:
        body = _reply(caller, kind, ANSWER, stream=True)
        ends = chance.sample(range(_finish(body)), CUTS)
        cases += [Case(caller, kind, True, body[:end], cut=True, broken=broken) for end in ends]
    play(scene, liar, cases)


@pytest.mark.parametrize("broken", [False, True], ids=["the-reply-ends", "the-connection-breaks"])
def test_a_whole_reply_that_stops_anywhere_is_none(scene: hostile.Stage, liar: Liar, *, broken: bool) -> None:
    chance = random.Random(2)
    cases = []
    for caller, kind in PAIRS:
        body = _reply(caller, kind, ANSWER, stream=False)
        ends = [0, len(body) - 1, *chance.sample(range(len(body)), CUTS // 2)]
        cases += [Case(caller, kind, False, body[:end], cut=True, broken=broken) for end in ends]
    play(scene, liar, cases)


# ── whatever it says ─────────────────────────────────────────────────────────────────────────────────────────────────


def _events(stream: bytes) -> list[bytes]:
    end = b"\n\n" if b"\n\n" in stream else b"\n"
    return [piece + end for piece in stream.split(end) if piece]


def _json_in(event: bytes) -> tuple[bytes, Any, bytes]:
    """An event's JSON, and what stands before and behind it."""
    start = event.find(b"{")
    body = event[start:].rstrip(b"\n") if start >= 0 else b"null"
    return event[: max(start, 0)], json.loads(body), event[len(event.rstrip(b"\n")) :]


def _form(caller: Caller, kind: str) -> Form:
    return Case(caller, kind, True, b"").form


KINDS_AND_FORMS = sorted({(kind, _form(caller, kind)) for caller, kind in PAIRS})


def _callers(kind: str, form: Form) -> Iterator[Caller]:
    return itertools.cycle([caller for caller in CALLERS if _form(caller, kind) == form])


@pytest.mark.parametrize(("kind", "form"), KINDS_AND_FORMS)
def test_events_dropped_repeated_and_in_another_order(scene: hostile.Stage, liar: Liar, kind: str, form: Form) -> None:
    callers = _callers(kind, form)
    cases = []
    for answer in (ANSWER, ONLY_TEXT):
        events = _events(_reply(next(callers), kind, answer, stream=True))
        for number, event in enumerate(events):
            changed = [events[:number] + events[number + 1 :], [*events[:number], event, *events[number:]]]
            for other in range(len(events)):
                moved = events[:number] + events[number + 1 :]
                changed.append([*moved[:other], event, *moved[other:]])
            cases += [Case(next(callers), kind, True, b"".join(stream)) for stream in changed]
    play(scene, liar, cases)


@pytest.mark.parametrize(("kind", "form"), KINDS_AND_FORMS)
def test_any_type_at_any_place_of_a_stream(scene: hostile.Stage, liar: Liar, kind: str, form: Form) -> None:
    callers, odd = _callers(kind, form), itertools.cycle(ODD)
    events = _events(_reply(next(callers), kind, ANSWER, stream=True))
    cases = []
    for number, event in enumerate(events):
        before, body, after = _json_in(event)
        for at in paths(body):
            changed = [replaced(body, at, next(odd)) for _ in range(ODD_AT_EACH_PLACE)]
            changed += [without(body, at)] if at else []
            for other in changed:
                stream = [*events[:number], before + written(other) + after, *events[number + 1 :]]
                cases.append(Case(next(callers), kind, True, b"".join(stream)))
    play(scene, liar, cases)


@pytest.mark.parametrize(("kind", "form"), KINDS_AND_FORMS)
def test_any_type_at_any_place_of_a_whole_reply(scene: hostile.Stage, liar: Liar, kind: str, form: Form) -> None:
    callers, odd = _callers(kind, form), itertools.cycle(ODD)
    body = json.loads(_reply(next(callers), kind, ANSWER, stream=False))
    cases = []
    for at in paths(body):
        changed = [replaced(body, at, next(odd)) for _ in range(2 * ODD_AT_EACH_PLACE)]
        changed += [without(body, at)] if at else []
        cases += [Case(next(callers), kind, False, written(other)) for other in changed]
    play(scene, liar, cases)


NO_ANSWERS = (
    b"", b"\n", b"null", b"[]", b"1", b'"x"', b"{}", b"{", b"\xff\xfe", b"\x00" * 100, b"<html>busy</html>",
    b"[" * 10_000, b"data: \n\n", b"data: [DONE]\n\n", b"data: {}\n\n", b"event: error\ndata: {}\n\n",
    b'{"error": null}', b'{"error": {"message": []}}', b'{"error": "' + b"x" * 100_000 + b'"}',
    b'{"error": {"message": "no", "code": {}}}', b'[{"error": {"message": "no"}}]',
)  # fmt: skip


@pytest.mark.parametrize("stream", [True, False])
def test_what_is_no_answer_at_all_is_none(scene: hostile.Stage, liar: Liar, *, stream: bool) -> None:
    types = itertools.cycle([b"", b"text/html", b"application/json; charset=\xff", b"x"])
    cases = []
    for caller, kind in PAIRS:
        cases += [Case(caller, kind, stream, body, cut=True, called=next(types)) for body in NO_ANSWERS]
    play(scene, liar, cases)


def test_a_whole_reply_is_no_stream(scene: hostile.Stage, liar: Liar) -> None:
    cases = [
        Case(caller, kind, True, _reply(caller, kind, ANSWER, stream=False), cut=True, called=b"application/json")
        for caller, kind in PAIRS
        if kind != "ollama"  # whose whole reply is a stream of one line
    ]
    play(scene, liar, cases)


def test_a_stream_is_no_whole_reply(scene: hostile.Stage, liar: Liar) -> None:
    cases = [
        Case(caller, kind, False, _reply(caller, kind, ANSWER, stream=True), cut=True, called=b"text/event-stream")
        for caller, kind in PAIRS
        if kind != "ollama"
    ]
    play(scene, liar, cases)


@pytest.mark.parametrize("status", [204, 301, 400, 401, 404, 413, 422, 429, 500, 503, 529, 599])
def test_refusals_with_odd_bodies(status: int) -> None:
    """Each has a gateway of its own: after some of them a provider is left alone."""
    liar = Liar()
    with stage(liar) as scene:
        bodies = itertools.cycle(NO_ANSWERS if status != 204 else [b""])
        cases = [Case(caller, kind, stream, next(bodies), cut=True, status=status)
                 for caller, kind in PAIRS for stream in (True, False)]  # fmt: skip
        play(scene, liar, cases)
