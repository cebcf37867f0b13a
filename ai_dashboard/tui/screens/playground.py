"""Playground: one to four models asked the same, side by side, through the gateway like anybody's requests.

Answers go on while another screen is shown. Nothing repaints by itself: pieces are painted as they come, the time that
an answer takes with each picture, once a second.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widgets import Input
from textual.worker import Worker

from ai_dashboard.core.control import ControlPort
from ai_dashboard.core.errors import RecordNotFound
from ai_dashboard.core.playground import Question, Refused
from ai_dashboard.core.snapshot import Health
from ai_dashboard.tui.feed import Unreachable, reason
from ai_dashboard.tui.gist import is_running
from ai_dashboard.tui.ink import Ink, Line, Span
from ai_dashboard.tui.keys import Scope, bindings
from ai_dashboard.tui.panels.footer import FooterBar
from ai_dashboard.tui.panels.header import Header
from ai_dashboard.tui.panels.notice import NoticeLine
from ai_dashboard.tui.panels.playground_answer import AnswerPanel
from ai_dashboard.tui.panels.playground_line import MOST, Setup, choices, line_of, manner_of, parse
from ai_dashboard.tui.panels.playground_prompt import MAX_CHARS, PromptBox
from ai_dashboard.tui.panels.playground_talk import Exchange, Talk
from ai_dashboard.tui.panels.tabs import TabLine
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.query import Wrong
from ai_dashboard.tui.routes import names, traffic
from ai_dashboard.tui.sanitise import visible_lines
from ai_dashboard.tui.screens.base import PictureScreen
from ai_dashboard.tui.screens.request import RequestScreen
from ai_dashboard.tui.typed_line import TypedLine, TypingBar

INPUT = "setup"
PROMPT = "prompt"
TIMEOUT_S = 5.0

LOOKS = 20
LOOK_S = 0.1
"""How often, and how far apart, the record of an answer is looked for that was stopped."""


class SetupLine(TypedLine):
    """The line that says whom to ask, and how."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.SETUP)


class PlaygroundScreen(PictureScreen):
    """The conversations, and the box in which the next question is typed. `now` is a monotonic clock in seconds."""

    BINDINGS = bindings(Scope.PLAYGROUND, Scope.VIEW)
    AUTO_FOCUS = f"#{PROMPT}"

    def __init__(
        self, latest: Callable[[], Picture], port: ControlPort, now: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(latest)
        self._port = port
        self._now = now
        self._setup = Setup(())
        self._names: tuple[str, ...] = ()
        self._current = 0
        self._listening: dict[int, Worker[None]] = {}

    def compose(self) -> ComposeResult:
        yield Header("header")
        yield TabLine(0)
        with Container(id="body"):
            for place in range(MOST):
                yield AnswerPanel(f"answer-{place}")
        yield TypingBar(SetupLine(INPUT, placeholder='qwen3:32b gpt-5-mini temperature:0.2 max:400 system:"be brief"'))
        yield PromptBox(PROMPT)
        yield NoticeLine("notice")
        yield FooterBar("footer")

    @property
    def answers(self) -> list[AnswerPanel]:
        """The panels that are in use, in their order."""
        return list(self.query(AnswerPanel))[: max(len(self._setup.models), 1)]

    @property
    def answer(self) -> AnswerPanel:
        """The panel that the keys are about."""
        return self.answers[min(self._current, len(self.answers) - 1)]

    @property
    def prompt(self) -> PromptBox:
        """Where a question is typed."""
        return self.query_one(PromptBox)

    @property
    def bar(self) -> TypingBar:
        """Where it is said whom to ask."""
        return self.query_one(TypingBar)

    def target(self) -> AnswerPanel:
        return self.answer

    def show(self, picture: Picture) -> None:
        if not self._setup.models:
            self._use(Setup(_usual(picture)))
        for panel in self.answers:
            panel.tick(self._now())
        super().show(picture)

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        if not self.is_mounted:
            return True
        match action:
            case "open":
                last = self.answer.talk.last
                return last is not None and last.record is not None
            case "copy":
                return any(it.answer for it in self.answer.talk.exchanges)
            case "clear":
                return any(panel.talk.exchanges for panel in self.answers)
            case _:
                return True

    # ── whom to ask ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _use(self, setup: Setup) -> None:
        """Ask these from now on. Whoever is asked still goes on with what was said."""
        panels, models = list(self.query(AnswerPanel)), setup.models or ("",)
        moved = [place for place in range(MOST) if models[place : place + 1] != (panels[place].talk.model,)]
        for place in moved:
            self._stop(place)
        free = {panels[place].talk.model: panels[place].talk for place in moved}
        self._setup = setup
        for place, panel in enumerate(panels):
            panel.set_class(place >= len(models), "-off")
            panel.note = manner_of(setup)
            if place in moved and place < len(models):
                talk = free.pop(models[place], None)
                panel.put(Talk(models[place]) if talk is None else talk)
            elif place in moved:
                panel.put(Talk(""))
            else:
                panel.paint()
        for number in range(1, MOST + 1):
            self.set_class(number == len(self.answers), f"-n{number}")
        self._choose(min(self._current, len(self.answers) - 1))

    def action_models(self) -> None:
        """Type whom to ask, and how."""
        line = line_of(self._setup)
        self.bar.line.write(f"{line} " if line else "")
        self.bar.open()
        self._tell()
        self._learn()

    @work(group="names", exclusive=True)
    async def _learn(self) -> None:
        """Which names there are, for whoever types them."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                self._names = (await self._port.models()).names
        except Unreachable:
            return
        self._tell()

    @on(Input.Changed, f"#{INPUT}")
    def typed(self) -> None:
        """Say what may follow."""
        self._tell()

    def _tell(self) -> None:
        text = self.bar.line.value
        read, ahead = parse(text), choices(text, self._names)
        said: Line = [("⏎", Ink.KEY), (" asks these from now on", Ink.DIM)]
        if ahead:
            more: list[Span] = [(f"  {choice.label}", Ink.PLAIN) for choice in ahead[1:]]
            said = [("tab ", Ink.KEY), (ahead[0].label, Ink.STRONG), *more]
        if isinstance(read, Wrong) and text.strip() and not ahead:
            said = [("✗ ", Ink.BAD), (read.problem, Ink.PLAIN)]
        self.bar.hint(said, ahead)

    def action_complete_setup(self) -> None:
        self.bar.complete()

    def action_keep_setup(self) -> None:
        """Take what the line says, if it can be taken."""
        read = parse(self.bar.line.value)
        if isinstance(read, Wrong):
            self.bar.hint([("✗ ", Ink.BAD), (read.problem, Ink.PLAIN)], ())
            return
        self._use(read)
        self.action_drop_setup()

    def action_drop_setup(self) -> None:
        """Close the line, and write."""
        self.bar.close()
        self.prompt.focus()

    # ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────

    @on(PromptBox.Sent)
    def ask(self, sent: PromptBox.Sent) -> None:
        """Ask everybody."""
        if not self._setup.models:
            self.say("no model is chosen: ^o chooses")
            return
        if any(panel.talk.running for panel in self.answers):
            self.say("an answer is still coming; esc stops it")
            return
        self.prompt.sent(sent.text)
        for place, panel in enumerate(self.answers):
            turns = panel.talk.ask(sent.text, self._now())
            setup = self._setup
            question = Question(panel.talk.model, turns, setup.system, setup.temperature, setup.max_tokens)
            panel.put(panel.talk)
            panel.tick(self._now())
            self._listening[place] = self.run_worker(self._listen(panel, panel.talk, question), group=f"answer-{place}")
        self.refresh_bindings()

    async def _listen(self, panel: AnswerPanel, talk: Talk, question: Question) -> None:
        """Take an answer as it comes. Whoever cancels this closes the connection, and with it the provider's."""
        exchange = talk.last
        if exchange is None:
            return
        try:
            async with aclosing(self._port.ask(question)) as telling:
                async for told in telling:
                    exchange.take(told, self._now())
                    panel.soon()
        except Unreachable as failure:
            exchange.refused = Refused(0, reason(failure))
        finally:
            exchange.end(self._now())
            panel.paint()
            self.refresh_bindings()

    def _stop(self, place: int) -> None:
        """Want no more of an answer."""
        panel = list(self.query(AnswerPanel))[place]
        exchange, worker = panel.talk.last, self._listening.pop(place, None)
        if worker is None or exchange is None or not exchange.running:
            return
        exchange.stopped = True
        worker.cancel()
        self._settle(panel, exchange)

    @work(group="settle")
    async def _settle(self, panel: AnswerPanel, exchange: Exchange) -> None:
        """What an answer that was stopped has cost, as soon as it is written down."""
        request_id = exchange.routed.id if exchange.routed is not None else ""
        for _ in range(LOOKS if request_id else 0):
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    record = await self._port.record(request_id)
            except (RecordNotFound, *Unreachable):
                return
            if not is_running(record):
                exchange.record = record
                panel.paint()
                self.refresh_bindings()
                return
            await asyncio.sleep(LOOK_S)

    def _stop_all(self) -> bool:
        """Stop whatever is coming; whether anything was."""
        running = [place for place, panel in enumerate(self.answers) if panel.talk.running]
        for place in running:
            self._stop(place)
        if running:
            self.say("stopped")
        return bool(running)

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_leave_prompt(self) -> None:
        """Stop the answers; without any go to the panels."""
        if not self._stop_all():
            self.answer.focus()

    async def action_back(self) -> None:
        """Stop the answers; without any leave."""
        if not self._stop_all():
            await self.action_go_home()

    def action_write(self) -> None:
        self.prompt.focus()

    def action_turn(self, steps: int) -> None:
        """To another model's answer."""
        self._choose((self._current + steps) % len(self.answers))
        self.answer.focus()

    def _choose(self, place: int) -> None:
        self._current = place
        for panel in self.query(AnswerPanel):
            panel.set_class(panel is self.answer, "-current")
        self.refresh_bindings()

    def on_descendant_focus(self) -> None:
        if isinstance(panel := self.focused, AnswerPanel) and panel in self.answers:
            self._choose(self.answers.index(panel))

    def action_open(self) -> None:
        """Show everything about the request behind the latest answer."""
        last = self.answer.talk.last
        if last is not None and last.record is not None:
            self.app.push_screen(RequestScreen(self.latest, last.record))

    def action_copy(self) -> None:
        """Put the latest answer on the clipboard."""
        said = [it.answer.text for it in self.answer.talk.exchanges if it.answer]
        if said:
            text = visible_lines(said[-1])
            self.app.copy_to_clipboard(text)
            self.say(f"copied {len(text):,} characters of {self.answer.talk.model}")

    def action_clear(self) -> None:
        """Begin all conversations anew."""
        self._stop_all()
        for panel in self.answers:
            panel.put(Talk(panel.talk.model))
        self.prompt.focus()
        self.refresh_bindings()

    @on(PromptBox.TooLong)
    def refuse(self) -> None:
        """Say that a question cannot be that long."""
        self.say(f"that is too long: a question has {MAX_CHARS:,} characters at most")


def _usual(picture: Picture) -> tuple[str, ...]:
    """Whom to ask before anybody was chosen: what is asked for most, else what somebody has who is well."""
    asked = traffic(picture.records)
    well = [it for it in (picture.snapshot.providers if picture.snapshot else ()) if it.health is Health.ACTIVE]
    known = [name for name in names(asked, well) if not (name in asked and asked[name].embeds)]
    return tuple(known[:1])
