"""What all official clients can be asked for, in one vocabulary, so that one check speaks with each of them."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ai_dashboard.core.chat import JsonObject


class NoWord(Exception):
    """A client has no word for what is asked. Carries the reason, as the document tells it."""


def no_word(reason: str, *, known: Iterable[str], word: str) -> NoWord:
    """The reason, after a look that it is true: `word` must not be among what the client knows."""
    assert word not in set(known), f"the client knows `{word}` by now, so there is something to check"
    return NoWord(reason)


@dataclass(frozen=True, slots=True)
class Function:
    """A tool that a caller offers."""

    name: str
    parameters: JsonObject
    description: str = "What it is for"


@dataclass(frozen=True, slots=True)
class Called:
    """A tool call as the client shows it."""

    id: str
    name: str
    arguments: JsonObject


@dataclass(frozen=True, slots=True)
class Spent:
    """Usage: `completion` holds the thinking, `prompt` what was cached."""

    prompt: int
    completion: int
    cached: int = 0


@dataclass(frozen=True, slots=True)
class Past:
    """The turn before: its calls and their results. `native` is the client's own object for it, where there is one."""

    calls: tuple[Called, ...]
    results: tuple[str, ...]
    native: Any = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. Everything that is not said stays unsaid."""

    model: str
    question: str = "Good evening."
    stream: bool = False
    system: tuple[str, ...] = ()
    functions: tuple[Function, ...] = ()
    choice: str = ""
    past: Past | None = None
    image: bytes = b""
    image_url: str = ""
    schema: JsonObject | None = None
    any_json: bool = False
    think: bool = False
    stop: tuple[str, ...] = ()
    max_tokens: int = 0
    temperature: float | None = None
    seed: int | None = None
    answers: int = 1
    logprobs: bool = False
    mark: bool = False
    own: bool = False
    previous: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What a client made of a reply. `others` are the texts of further answers, `scored` is how many tokens came with
    their log probabilities. `pieces` counts those of the text, `argument_pieces` those of all calls' arguments, both as
    a stream brought them; `id` is the reply's name, `native` what to send back in the next turn."""

    text: str
    thinking: str
    calls: tuple[Called, ...]
    finish: str
    spent: Spent | None
    model: str
    id: str
    pieces: int
    argument_pieces: int
    native: Any
    others: tuple[str, ...]
    scored: int


@dataclass(slots=True)
class _Call:
    id: str
    name: str
    arguments: list[str]


@dataclass(slots=True)
class Tally:
    """Gathers a reply while it comes."""

    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    finish: str = ""
    spent: Spent | None = None
    model: str = ""
    id: str = ""
    native: Any = None
    scored: int = 0
    _others: dict[int, str] = field(default_factory=dict)
    _calls: dict[Any, _Call] = field(default_factory=dict)

    def other(self, number: int, text: str | None) -> None:
        """A piece of an answer that is not the first."""
        self._others[number] = self._others.get(number, "") + (text or "")

    def call(self, key: object, call_id: str | None, name: str | None) -> None:
        """A call has begun."""
        self._calls[key] = _Call(call_id or "", name or "", [])

    def arguments(self, key: object, piece: str | None) -> None:
        """A piece of a call's arguments."""
        if piece:
            self._calls[key].arguments.append(piece)

    def called(self, call_id: str | None, name: str | None, arguments: object) -> None:
        """A call that came whole."""
        key = len(self._calls)
        self.call(key, call_id, name)
        self.arguments(key, json.dumps(arguments))

    def told(self) -> Told:
        return Told(
            text="".join(self.texts),
            thinking="".join(self.thoughts),
            calls=tuple(
                Called(call.id, call.name, json.loads("".join(call.arguments) or "{}")) for call in self._calls.values()
            ),
            finish=self.finish,
            spent=self.spent,
            model=self.model,
            id=self.id,
            pieces=sum(1 for text in self.texts if text),
            argument_pieces=sum(len(call.arguments) for call in self._calls.values()),
            native=self.native,
            others=tuple(self._others[number] for number in sorted(self._others)),
            scored=self.scored,
        )


@dataclass(slots=True)
class Door:
    """Where a client knocks, and the headers of the last reply that came back. `extra` go with every request."""

    url: str
    key: str = "a-callers-key"
    extra: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def warnings(self) -> str:
        """What the gateway says it could not tell the provider."""
        return self.headers.get("x-warnings", "")


class Caller(Protocol):
    """An official client. Every method raises `NoWord` for what it has none for."""

    title: str
    door: Door
    words: Mapping[str, str]
    """What the client calls the finish reasons stop, length, tool_calls and content_filter."""
    errors: Mapping[int, type[Exception]]
    """The class that it raises for each status."""
    failures: type[Exception]
    """The class of everything that it raises when an answer breaks off."""

    def status_of(self, error: Exception) -> int:
        """The HTTP status that an error of its own shows."""
        ...

    async def ask(self, wish: Wish) -> Told: ...

    def stream(self, wish: Wish, tally: Tally) -> AsyncIterator[None]:
        """One turn for each piece that the client hands out."""
        ...

    async def complete(self, model: str, prompt: str, *, stream: bool) -> Told:
        """An answer to a prompt without messages."""
        ...

    async def embed(self, model: str, texts: list[str]) -> list[list[float]]: ...
    async def models(self) -> list[str]: ...
    async def model(self, name: str) -> str: ...
    async def count(self, wish: Wish) -> int: ...
    async def close(self) -> None: ...
