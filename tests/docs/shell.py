"""How the shell lines of the documents are run: as they stand, at another address.

`ai-dashboard …` runs in this process; a block with more shell than that goes to bash, where `ai-dashboard` is this
module. What never ends by itself, asks a person or changes the machine is read by its parser and not started.
"""

import importlib.machinery
import importlib.util
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ai_dashboard.cli import options
from ai_dashboard.cli.main import APP, parser_of
from tests.docs.blocks import ROOT, Block
from tests.docs.front import ADDRESSES, Front, Untrue
from tests.docs.world import World

BASH_S = 30.0

TOOLS = ("curl", "git")
"""What readers have, and machines that build may not."""

MAY_FIND = {"doctor": {0, 1}, "costs --reconcile": {0, 1}, "models clean": {0, 1}}
"""Commands whose exit code 1 is an answer: something was found."""

_ASSIGNMENT = re.compile(r"[A-Z_]+=.*")
_SHELL = frozenset({"|", "||", "&&", "&", ";", "<", "<<", "<<<", ">", ">>", "(", ")"})

URL_VARIABLE = "DOCS_URL"
REQUEST_VARIABLE = "DOCS_REQUEST"
SHIM = f"""\
#!{sys.executable}
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from ai_dashboard.cli import options
from tests.docs.front import Front
options.DEFAULT_URL = os.environ[{URL_VARIABLE!r}]
sys.exit(Front(os.environ[{URL_VARIABLE!r}], os.environ[{REQUEST_VARIABLE!r}]).call(sys.argv[1:]))
"""

PREAMBLE = """\
set -eu
curl() { command curl -sS --fail-with-body "$@"; }
"""


def statements(block: Block) -> Iterator[str]:
    """The commands of a block, each with the lines that belong to it. In `console` they stand behind a `$`."""
    lines = block.text.splitlines()
    if block.language == "console":
        lines = [line[2:] if line.startswith("$ ") else "" for line in lines]
    begun = ""
    for line in lines:
        begun += line
        if begun.endswith("\\"):
            begun = begun[:-1]
            continue
        try:
            words = shlex.split(begun, comments=True)
        except ValueError:  # a quotation goes on
            begun += "\n"
            continue
        if words:
            yield begun
        begun = ""
    if begun:
        raise Untrue(f"{block}: a quotation has no end")


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs blocks one after the other, in the folder of one world."""

    world: World
    front: Front
    said_before: list[str] = field(default_factory=list)
    """Variables that earlier blocks have set."""

    def run(self, block: Block) -> None:
        """Raises `Untrue` for a line that fails."""
        lines = list(statements(block))
        if not lines:
            raise Untrue(f"{block}: there is no command in it; leave the language out")
        if any(_needs_bash(line) for line in lines):
            self._bash(block, lines)
            return
        for line in lines:
            self._line(block, line)

    def _line(self, block: Block, line: str) -> None:
        words = shlex.split(line, comments=True)
        named = dict(word.split("=", 1) for word in words if _ASSIGNMENT.fullmatch(word))
        program, *arguments = words[len(named) :]
        said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        code = self._code(program, arguments, named, said)
        if code not in MAY_FIND.get(" ".join(arguments[:2]), MAY_FIND.get("".join(arguments[:1]), {0})):
            raise Untrue(f"{block}: `{line}` ends with {code}:\n{_written(said)}")

    def _code(self, program: str, arguments: list[str], named: Mapping[str, str], said: io.TextIOWrapper) -> int:
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
            for name, value in named.items():
                patch.setenv(name, value)
            patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
            patch.setattr(options, "DEFAULT_URL", self.front.url)
            try:
                match program:
                    case "ai-dashboard":
                        return self.front.call(arguments)
                    case "./dev":
                        return _dev(arguments)
                    case _:
                        return _installs(arguments)
            except SystemExit as end:
                return int(end.code or 0)

    def _bash(self, block: Block, lines: list[str]) -> None:
        shims = self.world.folder / "bin"
        if not shims.exists():
            shims.mkdir()
            (shims / "ai-dashboard").write_text(SHIM)
            (shims / "ai-dashboard").chmod(0o755)
        env = {**os.environ, "PATH": f"{shims}:{os.environ['PATH']}"}
        env |= {URL_VARIABLE: self.front.url, REQUEST_VARIABLE: self.front.request, "LITELLM_HOST": self.front.url}
        if missing := [tool for tool in TOOLS if tool in " ".join(lines).split() and shutil.which(tool) is None]:
            pytest.skip(f"{missing[0]} is missing here")
        script = ADDRESSES.sub(self.world.authority, "\n".join([PREAMBLE, *self.said_before, *lines]))
        self.said_before.extend(line for line in lines if _ASSIGNMENT.fullmatch(line))
        ended = subprocess.run(
            ["bash", "-c", script],
            cwd=self.world.folder,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=BASH_S,
            check=False,
        )
        if ended.returncode:
            raise Untrue(f"{block}: bash ends with {ended.returncode}:\n{ended.stdout}{ended.stderr}")


def _needs_bash(line: str) -> bool:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = list(lexer)
    first = next((word for word in words if not _ASSIGNMENT.fullmatch(word)), "")
    return bool(_SHELL & set(words)) or "$" in line or first not in {"ai-dashboard", "./dev", "pip", "pipx"}


def _dev(arguments: list[str]) -> int:
    """`./dev` itself makes a virtual environment, so it is only asked whether there is such a command."""
    loader = importlib.machinery.SourceFileLoader("dev", str(ROOT / "dev"))
    spec = importlib.util.spec_from_loader("dev", loader)
    if spec is None:
        raise Untrue("there is no ./dev")
    dev = importlib.util.module_from_spec(spec)
    loader.exec_module(dev)
    command, *rest = arguments
    if command not in dev.COMMANDS:
        return 2
    if command == "run":
        parser_of(APP).parse_args(rest[1:] if rest[:1] == ["--"] else rest)
    paths = [word for word in rest if word.startswith(("tests/", "docs/"))]
    return 0 if all((ROOT / path).exists() for path in paths) else 1


def _installs(arguments: list[str]) -> int:
    """Nothing is installed: what is named has to be us, with extras that there are."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    verb, what = arguments[0], arguments[-1]
    named = re.fullmatch(r"(?:ai-dashboard|\.)(?:\[([a-z,]+)\])?", what)
    if verb != "install" or named is None:
        return 2
    return 0 if set(filter(None, (named[1] or "").split(","))) <= set(extras) else 1


def _written(said: io.TextIOWrapper) -> str:
    said.seek(0)
    return said.read()


def seen(folder: Path) -> None:
    """What a reader would have beside the folder: a bill, the widgets, and a tree with a change in it."""
    (folder / "invoice.csv").write_text("date,model,cost\n")
    (folder / "poem.txt").write_text("roses are red\n")
    (folder / "wth-widgets").symlink_to(ROOT / "wth-widgets")
    for words in (["init", "-q"], ["add", "-N", "poem.txt"]) if shutil.which("git") else ():
        subprocess.run(["git", "-C", folder, *words], check=True, capture_output=True)
