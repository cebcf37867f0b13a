"""Which process is on a GPU, and which model it serves as far as its command line tells.

Of a command line only the name of a model is taken: the rest may hold keys, and goes nowhere.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath

import psutil

MAX_NAME = 60

_MODEL_FLAGS = frozenset({"--model", "--model-path", "--model_path", "--hf-repo", "-hf", "-hfr"})
_SERVED_AS = "--served-model-name"
_WEIGHTS = (".gguf", ".safetensors", ".bin")
_BLOB = "sha256-"


def describe(pid: int) -> tuple[str, str]:
    """Name and model of a process; empty where it is gone, or not ours to look at."""
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            name = process.name()
            try:
                command = process.cmdline()
            except (psutil.Error, OSError):
                command = []
    except (psutil.Error, OSError):
        return "", ""
    return name[:MAX_NAME], model_in(command)


def model_in(command: Sequence[str]) -> str:
    """The model that a server's command line names: `vllm serve NAME`, `llama-server -m FILE`, `--model NAME`."""
    flags = dict(_flags(command))
    if _SERVED_AS in flags:
        return flags[_SERVED_AS][:MAX_NAME]
    found = next((value for flag, value in flags.items() if flag in _MODEL_FLAGS), "")
    program = PurePosixPath(command[0]).name if command else ""
    if not found and "llama" in program:
        found = flags.get("-m", "")
    if not found and "serve" in command[:-1]:
        following = command[list(command).index("serve") + 1]
        found = "" if following.startswith("-") else following
    return _short(found)


def _flags(command: Sequence[str]) -> list[tuple[str, str]]:
    """Flags with their values, `--flag value` and `--flag=value` alike."""
    pairs = []
    for index, word in enumerate(command):
        flag, equals, value = word.partition("=")
        if not flag.startswith("-"):
            continue
        if equals:
            pairs.append((flag, value))
        elif index + 1 < len(command) and not command[index + 1].startswith("-"):
            pairs.append((flag, command[index + 1]))
    return pairs


def _short(model: str) -> str:
    """A file by its name; Ollama's files are named by their hash, which tells nobody anything."""
    name = PurePosixPath(model).name if model.startswith(("/", "./", "~")) or model.endswith(_WEIGHTS) else model
    for ending in _WEIGHTS:
        name = name.removesuffix(ending)
    return "" if name.startswith(_BLOB) else name[:MAX_NAME]
