"""Ask several models the same, all at once, and show their answers and figures beside each other.

  ai-dashboard compare gpt-5-mini llama3.1:8b "Name three prime numbers."
  ai-dashboard compare code chat - --max-tokens 200 < question.txt

Each goes through the gateway like anybody's request, so that provider, times and price are real ones; an answer that
was known before says so. ctrl+c stops all of them (exit 130). Exit 1: not all have answered.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence

from ai_dashboard.cli.answering import Answer, Harmless, answered, as_json, figures, prompt_from
from ai_dashboard.cli.commands.chat import add_answer_options, question_of
from ai_dashboard.cli.neighbour import token_for
from ai_dashboard.cli.options import add_url_option
from ai_dashboard.cli.story import plain
from ai_dashboard.core.control import ControlPort, PortClosed
from ai_dashboard.core.playground import Question, Refused, Turn

MOST = 8
"""Models that are asked at once."""

HEADINGS = ("model", "provider", "first token", "total", "tok/s", "tokens in/out", "cost", "")
RULE = 60


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "models", nargs="+", metavar="MODEL … PROMPT", help="models or capabilities, then what to ask (or -)"
    )
    add_answer_options(parser)
    parser.add_argument("--json", action="store_true", help="a list with each answer and its figures")
    add_url_option(parser)
    parser.set_defaults(refuse=parser.error)


def run(args: argparse.Namespace) -> int:
    *models, word = args.models
    if not 2 <= len(models) <= MOST:
        args.refuse(f"name 2 to {MOST} models, and then what to ask them")
    prompt = prompt_from(word)
    if not prompt.strip():
        args.refuse("the prompt is empty")
    answers = [Answer(model) for model in models]
    questions = [question_of(args, model, (Turn("user", prompt),)) for model in models]
    asyncio.run(_ask_all(args.url, questions, answers))
    if args.json:
        print(json.dumps([as_json(answer) for answer in answers], ensure_ascii=False, indent=2))
    else:
        print("\n".join([*table(answers), *texts(answers, terminal=sys.stdout.isatty())]))
    return 1 if any(answer.refused is not None for answer in answers) else 0


async def _ask_all(url: str, questions: Sequence[Question], answers: Sequence[Answer]) -> None:
    from ai_dashboard.control.remote import RemotePort

    port = RemotePort(url, token_for(url))
    try:
        async with asyncio.TaskGroup() as group:
            asked = [
                group.create_task(_ask_one(port, question, answer))
                for question, answer in zip(questions, answers, strict=True)
            ]
    finally:
        await port.close()
    problems = [problem for task in asked if (problem := task.result()) is not None]
    if len(problems) == len(answers):
        raise problems[0]


async def _ask_one(port: ControlPort, question: Question, answer: Answer) -> PortClosed | None:
    """One of them; a gateway that goes away is no reason to throw away what others have said."""
    try:
        await answered(port, question, answer)
    except PortClosed as problem:
        answer.refused = Refused(0, str(problem))
        return problem
    return None


def table(answers: Sequence[Answer]) -> list[str]:
    """A row for each model, in the order in which they were named."""
    rows = [HEADINGS, *(_row(answer) for answer in answers)]
    clean = [tuple(map(plain, row)) for row in rows]
    widths = [max(len(row[column]) for row in clean) for column in range(len(HEADINGS))]
    return [
        "  ".join(
            f"{cell:>{widths[at]}}" if 2 <= at <= 6 else f"{cell:<{widths[at]}}" for at, cell in enumerate(row)
        ).rstrip()
        for row in clean
    ]


def _row(answer: Answer) -> tuple[str, ...]:
    said = figures(answer)
    return (
        answer.asked,
        said["provider"],
        said["first"],
        said["total"],
        said["tok/s"],
        said["tokens"],
        said["cost"],
        _remark(answer),
    )


def _remark(answer: Answer) -> str:
    if answer.refused is not None:
        return f"✗ {answer.refused.message}"
    if answer.routed is not None and answer.routed.cached:
        return f"known before ({answer.routed.cached})"
    return ""


def texts(answers: Sequence[Answer], *, terminal: bool) -> list[str]:
    """What each has said, under its name."""
    lines: list[str] = []
    for answer in answers:
        head = f"── {plain(answer.asked)} "
        harmless = Harmless()
        text = harmless(answer.text) + harmless.end() if terminal else answer.text
        lines += ["", f"{head:─<{RULE}}", text.rstrip("\n") or "(nothing)"]
    return lines
