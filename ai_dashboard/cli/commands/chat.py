"""Ask a model or a capability through the gateway; the answer is written as it comes.

ai-dashboard chat llama3.1:8b "Why is the sky blue?"
git diff | ai-dashboard chat code - --system "Review this patch."
ai-dashboard chat qwen3:32b                               a conversation; ctrl+d ends it

The answer goes to standard output and nothing else does, unless --json is said; who answered, how fast and at what
price goes to standard error where that is a terminal. ctrl+c stops the answer, and the provider with it (exit 130); in
a conversation it stops the answer alone, and a second one ends it. Exit 1: there is no whole answer.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable

from ai_dashboard.cli.answering import Answer, answered, as_json, figures, prompt_from, voice
from ai_dashboard.cli.neighbour import token_for
from ai_dashboard.cli.options import add_url_option
from ai_dashboard.cli.story import plain
from ai_dashboard.core.control import PortClosed
from ai_dashboard.core.playground import Question, Told, Turn

INTERRUPTED = 130
PROMPT = "› "


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a model or a capability, as a client would name it")
    parser.add_argument("prompt", nargs="?", metavar="PROMPT|-", help="what to ask; - reads standard input")
    add_answer_options(parser)
    parser.add_argument("--json", action="store_true", help="one object with the answer and its figures")
    add_url_option(parser)
    parser.set_defaults(refuse=parser.error)


def add_answer_options(parser: argparse.ArgumentParser) -> None:
    """What can be asked of every model alike."""
    parser.add_argument("--system", default="", metavar="TEXT", help="the system prompt")
    parser.add_argument("--max-tokens", type=_count, metavar="N", help="longest answer, in tokens")
    parser.add_argument("--temperature", type=_temperature, metavar="T", help="0 to 2")


def run(args: argparse.Namespace) -> int:
    if args.prompt is None and sys.stdin.isatty():
        if args.json:
            args.refuse("--json needs a PROMPT")
        return _converse(args)
    prompt = prompt_from(args.prompt if args.prompt is not None else "-")
    if not prompt.strip():
        args.refuse("the prompt is empty")
    return _single(args, prompt)


def _single(args: argparse.Namespace, prompt: str) -> int:
    question, answer = question_of(args, args.model, (Turn("user", prompt),)), Answer(args.model)
    if args.json:
        asyncio.run(_ask(args.url, question, answer))
        print(json.dumps(as_json(answer), ensure_ascii=False, indent=2))
        return 1 if answer.refused is not None else 0
    return _spoken(args.url, question, answer)


def _spoken(url: str, question: Question, answer: Answer) -> int:
    """Ask, and write the answer as it comes."""
    out = voice(sys.stdout)
    try:
        asyncio.run(_ask(url, question, answer, out.hear))
    finally:
        out.end()
    if answer.refused is not None:
        print(f"ai-dashboard: {plain(answer.refused.message)}", file=sys.stderr)
        return 1
    if sys.stderr.isatty():
        print(plain(told(answer)), file=sys.stderr)
    return 0


def _converse(args: argparse.Namespace) -> int:
    """Questions from the terminal, until there are no more."""
    import readline  # noqa: F401 - gives `input` a line that can be edited

    turns: tuple[Turn, ...] = ()
    while True:
        try:
            prompt = input(PROMPT)
        except EOFError:
            print()
            return 0
        except KeyboardInterrupt:
            print()
            return INTERRUPTED
        if not prompt.strip():
            continue
        asked, answer = (*turns, Turn("user", prompt)), Answer(args.model)
        try:
            _spoken(args.url, question_of(args, args.model, asked), answer)
        except KeyboardInterrupt:
            print("stopped; ctrl+c once more ends the conversation", file=sys.stderr)
        except PortClosed as problem:
            print(f"ai-dashboard: {problem}", file=sys.stderr)
        if answer.text:
            turns = (*asked, Turn("assistant", answer.text))


async def _ask(url: str, question: Question, answer: Answer, hear: Callable[[Told], None] = lambda _: None) -> None:
    from ai_dashboard.control.remote import RemotePort

    port = RemotePort(url, token_for(url))
    try:
        await answered(port, question, answer, hear)
    finally:
        await port.close()


def question_of(args: argparse.Namespace, model: str, turns: tuple[Turn, ...]) -> Question:
    """The question that the options make of these turns."""
    return Question(model, turns, args.system, args.temperature, args.max_tokens)


def told(answer: Answer) -> str:
    """One line on who answered, how fast, and at what price."""
    said = figures(answer)
    model = answer.record.model if answer.record is not None else answer.asked
    words = [f"{said['provider']}/{model}", f"first token {said['first']}", said["total"], f"{said['tok/s']} tok/s"]
    words += [f"{said['tokens']} tokens", said["cost"]]
    if answer.routed is not None and answer.routed.cached:
        words.append(f"known before ({answer.routed.cached})")
    return " · ".join(words)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 10**9):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of tokens")
    return int(text)


def _temperature(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 2:
        raise argparse.ArgumentTypeError(f"{text!r} is no temperature; it is 0 to 2")
    return value
