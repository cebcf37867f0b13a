"""Saves a configuration in a process that is killed at random moments, again and again, and looks at what is left.

`python -m tests.resilience.killed FOLDER SEED KILLS` writes one line of JSON. This process has one thread, so that it
may fork: a child needs no start of its own, and five hundred of them are killed in seconds.
"""

import hashlib
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from itertools import count
from pathlib import Path

from ai_dashboard.config.backups import content_hash
from ai_dashboard.config.load import load
from ai_dashboard.config.store import ConfigStore
from ai_dashboard.telemetry.audit import Audit
from ai_dashboard.telemetry.audit_check import verify

FILE = "providers.yaml"
LONGEST_S = 0.03
"""A child is left alone for this long at most: several saves."""


def text(number: int) -> bytes:
    """A configuration that nobody can take for another one, nor a part of it for the whole: it ends with its digest."""
    lines = [f"  p{index}: {{type: vllm, base_url: 'http://127.0.0.1:{1000 + number % 1000}'}}" for index in range(60)]
    content = "\n".join(["providers:", *lines[: 20 + number % 40], f"# {number}", ""]).encode()
    return content + b"# " + hashlib.sha256(content).hexdigest().encode() + b"\n"


def whole(content: bytes) -> bool:
    """Whether it is one of those, from its first byte to its last."""
    body, _, digest = content.removesuffix(b"\n").rpartition(b"# ")
    return content.endswith(b"\n") and hashlib.sha256(body).hexdigest().encode() == digest


def store_in(folder: Path) -> ConfigStore:
    return ConfigStore(folder, {}, time.time, journal=Audit(folder / "audit", time.time))


def save_for_ever(folder: Path, start: int) -> None:
    """What the child does until it is killed."""
    store = store_in(folder)
    for number in count(start):
        store.commit(store.propose(FILE, text(number), None), who="a child", why=f"save {number}")


def kill_one(folder: Path, start: int, after_s: float) -> None:
    child = os.fork()
    if not child:
        try:
            save_for_ever(folder, start)
        finally:
            os._exit(1)  # it never ends by itself: an error is one
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WTERMSIG(status) != signal.SIGKILL:
        raise RuntimeError(f"the child ended by itself: {status}")


def look(folder: Path, seen: Counter[str]) -> None:
    """Count what is left. Nothing is repaired before it has been looked at."""
    content = (folder / FILE).read_bytes()
    seen["corrupt"] += not whole(content)
    seen["refused at the next start"] += load(folder, {}).config is None
    seen["interrupted"] += any(folder.glob(".*.draft")) or any((folder / ".backups").glob(".*.draft"))
    seen["between two steps"] += (folder / ".backups" / f"{FILE}.saving").exists()
    store = store_in(folder)
    seen["corrupt backups"] += any(not whole(path.read_bytes()) for path in (folder / ".backups").glob("*.yaml"))
    store.tidy()
    left_over = [*folder.glob(".*.draft"), *(folder / ".backups").glob(".*.draft"), *folder.rglob("*.saving")]
    seen["left over"] += bool(left_over)
    cut = content[: len(content) // 2]
    seen["cuts not recognised"] += content_hash(content) in known(folder) and not store.is_cut(FILE, cut)


def known(folder: Path) -> set[str]:
    """The hashes of what is known as saved."""
    path = folder / ".backups" / f"{FILE}.saved"
    return {content_hash(path.read_bytes())} if path.exists() else set()


def main(folder: Path, seed: int, kills: int) -> None:
    chance = random.Random(seed)
    store_in(folder).commit(store_in(folder).propose(FILE, text(0), None), who="the test", why="")
    seen: Counter[str] = Counter()
    for number in range(1, kills + 1):
        kill_one(folder, number * 1000, chance.uniform(0, LONGEST_S))
        look(folder, seen)
    store = store_in(folder)
    store.commit(store.propose(FILE, text(999), None), who="the test", why="the last")
    seen["saves"] = sum(entry.what == "config.commit" for entry in Audit(folder / "audit", time.time).newest(10**9))
    verdict = verify(folder / "audit")
    json.dump({**seen, "problems": verdict.problems}, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
