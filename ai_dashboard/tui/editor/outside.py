"""The text in the operator's own editor: a private copy that is read back and deleted, with everything beside it."""

import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path


class OutsideFailed(Exception):
    """The text stays as it was; the message says why."""


def editor_of(env: Mapping[str, str]) -> list[str]:
    """The command that the operator prefers."""
    return shlex.split(env.get("VISUAL") or env.get("EDITOR") or "vi")


def edited(file: str, text: str, command: list[str]) -> str:
    """Wait until the editor has ended; the text as it was left. Raises `OutsideFailed`.

    The copy has the file's own name, so that editors know what it is, in a folder that only we can open: what an editor
    leaves beside it (swap files, backups) goes with it.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="ai-dashboard-") as folder:
            path = Path(folder, Path(file).name)
            path.touch(0o600)
            path.write_bytes(text.encode("utf-8"))
            # The operator's own word, run as the operator's own shell would.
            ended = subprocess.run([*command, str(path)], check=False)  # noqa: S603
            if ended.returncode:
                raise OutsideFailed(f"{command[0]} ended with {ended.returncode}; the text stays as it was")
            return path.read_bytes().decode("utf-8")
    except UnicodeError:
        raise OutsideFailed("what came back is not UTF-8; the text stays as it was") from None
    except OSError as error:
        raise OutsideFailed(f"{command[0]}: {error.strerror or error}; the text stays as it was") from None
