"""Open a file in your editor, check what you wrote, and put it in place.

  ai-dashboard config edit providers.yaml
  EDITOR="code --wait" ai-dashboard config edit gateway.yaml --why "a longer drain" --yes

$VISUAL or $EDITOR gets a private copy. What the change means is shown before you are asked (`--yes` asks nothing); a
text that would not load is kept, and you can go on with it. The running gateway that holds the folder has the change in
force at once. Exit code 0: done, or nothing to do, 1: not put in place, and your text is kept, 2: used wrongly.
"""

import argparse
import difflib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ai_dashboard.cli.configuring.changing import add_gateway_option
from ai_dashboard.cli.configuring.folder import file_name
from ai_dashboard.cli.ended import tidied
from ai_dashboard.cli.options import add_config_option
from ai_dashboard.core.errors import ConfigConflict, ConfigError, ConfigNotWritten, ConfigRefused

if TYPE_CHECKING:
    from ai_dashboard.cli.configuring.changing import Desk
    from ai_dashboard.core.control import ConfigText

USUAL_EDITORS = ("sensible-editor", "nano", "vim", "vi")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=file_name, help="such as providers.yaml; made when there is none")
    parser.add_argument("--yes", action="store_true", help="put it in place without asking")
    parser.add_argument("--why", default="", metavar="TEXT", help="for the index of backups")
    add_gateway_option(parser)
    add_config_option(parser)


def run(args: argparse.Namespace) -> int:
    from ai_dashboard.cli.configuring.changing import desk_of

    command = editor()
    desk = desk_of(args)
    before = desk.text(args.file)
    draft = Path(tempfile.mkdtemp(prefix="ai-dashboard-edit-")) / args.file
    draft.touch(mode=0o600)
    draft.write_bytes(before.text.encode())
    try:
        with tidied():
            done = _edited_until_done(command, draft, before, desk, args)
    except BaseException:
        _kept(draft, before)
        raise
    if done:
        shutil.rmtree(draft.parent)
        return 0
    _kept(draft, before)
    return 1


def editor() -> list[str]:
    """The command that opens a file and returns when it is closed. Raises `ConfigError` when there is none."""
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    try:
        command = shlex.split(named) if named else [next((name for name in USUAL_EDITORS if shutil.which(name)), "")]
    except ValueError as error:
        raise ConfigError((f"ai-dashboard: $VISUAL or $EDITOR cannot be read: {error}",)) from None
    if not command or not command[0] or shutil.which(command[0]) is None:
        missing = f"{command[0]} is not there" if command and command[0] else "there is no editor"
        raise ConfigError((f"ai-dashboard: {missing}; set EDITOR to the command of yours, such as EDITOR=nano",))
    return command


def _edited_until_done(
    command: list[str], draft: Path, before: "ConfigText", desk: "Desk", args: argparse.Namespace
) -> bool:
    """Whether all is in place, or nothing was to be done."""
    while True:
        # The command is the operator's own word.
        code = subprocess.run([*command, str(draft)], check=False).returncode  # noqa: S603
        if code != 0:
            print(f"ai-dashboard: {command[0]} ended with {code}; nothing is put in place", file=sys.stderr)
            return False
        text = _text_of(draft)
        if text == before.text:
            print(f"{args.file}: nothing was changed")
            return True
        if text is not None:
            try:
                if _put_in_place(text, before, desk, args):
                    return True
            except ConfigConflict as conflict:
                print(f"ai-dashboard: {conflict}; this is what is different there now:", file=sys.stderr)
                theirs = desk.text(args.file)
                print(_difference(before.text, theirs.text, args.file))
                before = theirs
            except (ConfigRefused, ConfigNotWritten) as problem:
                print(f"ai-dashboard: not put in place: {problem}", file=sys.stderr)
        if not _asked("open it again?", default=True):
            return False


def _put_in_place(text: str, before: "ConfigText", desk: "Desk", args: argparse.Namespace) -> bool:
    from ai_dashboard.cli.configuring.changing import show

    proposal = desk.propose(args.file, text, before.hash)
    show(proposal)
    if proposal.refused:
        print(f"ai-dashboard: {args.file} is as it was: this would not load", file=sys.stderr)
        return False
    if not args.yes and not _asked("put it in place?", default=False):
        return False
    print(desk.commit(args.file, text, before.hash, args.why))
    return True


def _text_of(draft: Path) -> str | None:
    try:
        return draft.read_bytes().decode()
    except UnicodeDecodeError as error:
        print(f"ai-dashboard: byte {error.start} of the text is not UTF-8; save it as UTF-8", file=sys.stderr)
    except OSError as error:
        print(f"ai-dashboard: the text cannot be read: {error.strerror or error}", file=sys.stderr)
    return None


def _difference(before: str, now: str, file: str) -> str:
    """What somebody else has changed, with secrets masked."""
    from ai_dashboard.config.redact import redact

    old, new = redact(before).splitlines(), redact(now).splitlines()
    return "\n".join(difflib.unified_diff(old, new, f"{file} before", f"{file} now", lineterm=""))


def _asked(question: str, *, default: bool) -> bool:
    """What the person at the terminal says; no where there is none."""
    if not sys.stdin.isatty():
        return False
    try:
        answer = input(f"{question} [{'Y/n' if default else 'y/N'}] ").strip().lower()
    except EOFError:
        return False
    return answer.startswith("y") if answer else default


def _kept(draft: Path, before: "ConfigText") -> None:
    """Nothing that was written is lost: what is unlike the file stays."""
    try:
        unchanged = draft.read_bytes() == before.text.encode()
    except OSError:
        unchanged = False
    if unchanged:
        shutil.rmtree(draft.parent)
    else:
        print(f"ai-dashboard: your text is kept in {draft} (`config put {draft}` puts it in place)", file=sys.stderr)
