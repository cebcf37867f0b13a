"""Say which models there are, and fetch, remove or clean up those of Ollama providers.

ai-dashboard models                              at whom, with window, price, whether loaded, when asked last
ai-dashboard models pull llama3.1:8b             fetch one; ctrl+c stops it, and the next pull goes on from there
ai-dashboard models rm llama3.1:8b --provider ollama-2
ai-dashboard models clean --unused 30d --dry-run      what nobody has asked for in 30 days
ai-dashboard models clean --unused 30d                the same, and remove it after a question

A clean-up keeps what is in memory, came lately, or is named in the configuration. When a model was asked last is known
from the request log, so only of what went through the gateway.
"""

import argparse
import json
import re
import sys
import time
from typing import Any

from ai_dashboard.cli.asking import ask, listen
from ai_dashboard.cli.options import add_url_option
from ai_dashboard.cli.story import plain
from ai_dashboard.core.control import PortClosed
from ai_dashboard.tui.format import NOTHING, count, plural, size, span

ACTIONS = ("list", "pull", "rm", "clean")
LIST_S = 15.0
CHANGE_S = 120.0
"""Seconds that a change may take: afterwards the gateway looks at its providers."""

PULL_S = 660.0
"""Seconds without a word: a model is checked against its hash in silence."""

UNITS = {"h": 3600, "d": 86_400, "w": 7 * 86_400}
HEADINGS = ("provider", "model", "window", "out", "$/M in", "$/M out", "loaded", "asked last")
JUDGED = ("", "provider", "model", "size", "why")
MARKS = {"unused": "–", "removed": "✗", "kept": "✓", "failed": "!"}
BAR = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=ACTIONS, default="list", metavar="|".join(ACTIONS))
    parser.add_argument("model", nargs="?", metavar="MODEL", help="pull, rm: the model, as Ollama names it")
    parser.add_argument(
        "--provider", metavar="NAME", help="list: of this one alone; else which Ollama, where several are"
    )
    parser.add_argument("--unused", type=_age, metavar="AGE", help="clean: not asked for so long, such as 12h, 30d, 8w")
    parser.add_argument("--dry-run", action="store_true", help="clean: say what would go, and leave it there")
    parser.add_argument("--yes", action="store_true", help="clean: do not ask")
    parser.add_argument("--json", action="store_true", help="for programs; of a pull one object a line")
    add_url_option(parser)
    parser.set_defaults(refuse=parser.error)


def run(args: argparse.Namespace) -> int:
    _check(args)
    match args.action:
        case "pull":
            return _pull(args)
        case "rm":
            said = ask(args.url, "POST", "models/rm", _named(args), timeout_s=CHANGE_S)
            print(_json(said) if args.json else plain(f"{said['model']} is gone from {said['provider']}"))
            return 0
        case "clean":
            return _clean(args)
        case _:
            said = ask(args.url, "GET", "models", timeout_s=LIST_S)
            if args.provider is not None:
                said["models"] = _of(args.provider, said)
            print(_json(said) if args.json else "\n".join(lines(said, time.time())))
            return 0


def _of(provider: str, said: dict[str, Any]) -> list[dict[str, Any]]:
    """The models of one provider. Where it lists none, and is no Ollama without any, its name is a mistake."""
    found = [it for it in said["models"] if it["provider"] == provider]
    if not found and provider not in said["engines"]:
        there = ", ".join(dict.fromkeys(plain(it["provider"]) for it in said["models"])) or "none"
        raise PortClosed(f"no provider {plain(provider)!r} lists a model (those that do: {there})")
    return found


def _check(args: argparse.Namespace) -> None:
    """What cannot be meant ends here, as argparse ends it."""
    if (args.action in ("pull", "rm")) != (args.model is not None):
        args.refuse("`pull` and `rm` need a MODEL, and nothing else takes one")
    if (args.action == "clean") != (args.unused is not None):
        args.refuse("`clean` needs --unused AGE, and nothing else takes it")
    if args.action != "clean" and (args.dry_run or args.yes):
        args.refuse("--dry-run and --yes are for `clean`")


# ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def lines(said: dict[str, Any], now: float) -> list[str]:
    """A row for each model at each provider."""
    if not said["models"]:
        return ["no models: no provider lists any"]
    text = _table((HEADINGS, *(_row(model, now) for model in said["models"])), right=(2, 3, 4, 5))
    if said["log_since"] is None:
        text.append("when a model was asked last is not known: there is no request log, or nothing is in it")
    return text


def _row(model: dict[str, Any], now: float) -> tuple[str, ...]:
    asked = (
        f"{span(now - model['last_used'])} ago, {plural(model['requests'], 'time')}" if model["last_used"] else NOTHING
    )
    return (
        model["provider"],
        model["name"],
        _tokens(model["window"]),
        _tokens(model["max_output"]),
        _price(model["input_usd"]),
        _price(model["output_usd"]),
        _loaded(model),
        asked,
    )


def _tokens(number: int | None) -> str:
    return NOTHING if number is None else count(number)


def _price(dollars: float | None) -> str:
    return NOTHING if dollars is None else "free" if dollars == 0 else f"{dollars:.2f}"


def _loaded(model: dict[str, Any]) -> str:
    if model["loaded"] is None:
        return NOTHING
    vram = f" {size(model['vram'])}" if model["vram"] else ""
    return f"yes{vram}" if model["loaded"] else "no"


# ── fetching ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _pull(args: argparse.Namespace) -> int:
    shown = Shown(rewrites=sys.stdout.isatty() and not args.json)
    done = False
    for said in listen(args.url, "models/pull", _named(args), timeout_s=PULL_S):
        if args.json:
            print(json.dumps(said, ensure_ascii=False), flush=True)
        elif "error" not in said:
            shown.show(said, time.monotonic())
        if isinstance(problem := said.get("error"), str):
            shown.end()
            raise PortClosed(f"{args.model} was not fetched: {plain(problem)}")
        done = said.get("status") == "success"
    shown.end()
    if not done:
        raise PortClosed(f"{args.model} was not fetched: the gateway ended before the provider did")
    return 0


class Shown:
    """Progress on the terminal: one line that is written anew, or (`rewrites` is False) a line for each step."""

    def __init__(self, *, rewrites: bool) -> None:
        self._rewrites = rewrites
        self._step = ""
        self._width = 0
        self._began: tuple[float, int] = (0.0, 0)

    def show(self, said: dict[str, Any], now: float) -> None:
        """What was said last."""
        step = str(said.get("status", ""))
        completed, total = said.get("completed"), said.get("total")
        if step != self._step:
            self.end()
            self._step, self._began = step, (now, completed if isinstance(completed, int) else 0)
            if not self._rewrites:
                print(plain(step), flush=True)
        if not self._rewrites:
            return
        line = plain(step)
        if isinstance(completed, int) and isinstance(total, int) and total > 0:
            line = f"{line}  {progress(completed, total, now - self._began[0], completed - self._began[1])}"
        print(f"\r{line:<{self._width}}", end="", flush=True)
        self._width = len(line)

    def end(self) -> None:
        """What follows begins a line of its own."""
        if self._width:
            print(flush=True)
        self._width = 0


def progress(completed: int, total: int, seconds: float, fetched: int) -> str:
    """A bar, the share, and how fast it goes: `fetched` bytes in `seconds`."""
    share = min(completed / total, 1.0)
    filled = round(share * BAR)
    speed = f"  {size(fetched / seconds)}/s" if seconds >= 1 else ""
    return f"▕{'█' * filled}{' ' * (BAR - filled)}▏ {share * 100:3.0f} %  {size(completed)} of {size(total)}{speed}"


# ── cleaning up ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _clean(args: argparse.Namespace) -> int:
    if not (args.dry_run or args.yes) and (args.json or not sys.stdin.isatty()):
        args.refuse("nobody is there to be asked: say --dry-run to look, or --yes to remove")
    wanted: dict[str, Any] = {"unused_s": args.unused, "provider": args.provider}
    said = ask(args.url, "POST", "models/clean", {**wanted, "dry_run": True}, timeout_s=CHANGE_S)
    unused = [[it["provider"], it["model"]] for it in said["models"] if it["verdict"] == "unused"]
    if unused and not args.dry_run:
        if not args.yes:
            print("\n".join(judged(said)))
            if input(f"Remove {plural(len(unused), 'model')}? [y/N] ").strip().lower() not in {"y", "yes"}:
                print("nothing is removed")
                return 0
        # What was shown is removed, and nothing that has become unused meanwhile.
        said = ask(args.url, "POST", "models/clean", {**wanted, "models": unused}, timeout_s=CHANGE_S)
    print(_json(said) if args.json else "\n".join(judged(said)))
    return 1 if any(it["verdict"] == "failed" for it in said["models"]) else 0


def judged(said: dict[str, Any]) -> list[str]:
    """A row for each model, those that go first, and what that frees."""
    if not said["models"]:
        return ["no Ollama provider has a model on its disk"]
    order = ("failed", "removed", "unused", "kept")
    found = sorted(said["models"], key=lambda it: order.index(it["verdict"]))
    rows = [(MARKS[it["verdict"]], it["provider"], it["model"], size(it["bytes"]), _why(it)) for it in found]
    gone = sum(it["verdict"] in ("unused", "removed") for it in found)
    if not gone:
        return [*_table((JUDGED, *rows), right=(3,)), "nothing is unused"]
    does = "would free" if any(it["verdict"] == "unused" for it in found) else "frees"
    return [*_table((JUDGED, *rows), right=(3,)), f"{plural(gone, 'model')}: {does} {size(said['freed'])}"]


def _why(model: dict[str, Any]) -> str:
    words = {"unused": "could go", "removed": "removed", "kept": "stays", "failed": "could not be removed"}
    return f"{words[model['verdict']]}: {model['why']}"


# ── common ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _named(args: argparse.Namespace) -> dict[str, Any]:
    return {"model": args.model, "provider": args.provider}


def _table(rows: tuple[tuple[str, ...], ...], *, right: tuple[int, ...]) -> list[str]:
    """Rows below each other; the columns with these numbers end in line. Names come from outside."""
    clean = [tuple(map(plain, row)) for row in rows]
    widths = [max(len(row[column]) for row in clean) for column in range(len(rows[0]))]
    return [
        "  ".join(
            f"{cell:>{widths[at]}}" if at in right else f"{cell:<{widths[at]}}" for at, cell in enumerate(row)
        ).rstrip()
        for row in clean
    ]


def _json(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, indent=2)


def _age(text: str) -> float:
    found = re.fullmatch(r"([0-9]{1,5})([hdw])", text)
    if found is None or int(found[1]) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no age; write for example 12h, 30d or 8w")
    return float(int(found[1]) * UNITS[found[2]])
