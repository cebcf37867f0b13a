"""Saves a configuration on a disk that is full, nearly full, or read-only, and tells what came of it.

`python -m tests.resilience.full_disk FOLDER` mounts a small disk there, so it wants a mount namespace of its own
(`unshare --map-root-user --mount`). It writes one line of JSON for each thing that was tried.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ai_dashboard.config.load import load
from ai_dashboard.config.store import ConfigStore
from ai_dashboard.telemetry.audit import Audit
from ai_dashboard.telemetry.audit_check import verify
from tests.integration.gateway.home import home, two
from tests.integration.gateway.scene import error_of

FILE = "gateway.yaml"
PAGE = 4096
OLD = b"drain_s: 1\n" + b"# old\n" * 2000
NEW = b"drain_s: 2\n" + b"# new\n" * 2500


def say(what: str, **found: object) -> None:
    json.dump({"what": what, **found}, sys.stdout)
    sys.stdout.write("\n")


@contextmanager
def only(pages: int, folder: Path) -> Iterator[None]:
    """Leave this much room on the disk."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * PAGE)
        except OSError:
            os.ftruncate(file.fileno(), file.tell() // PAGE * PAGE - pages * PAGE)
    try:
        yield
    finally:
        filler.unlink()


def save_with_little_room(folder: Path) -> None:
    """Through the store, with every amount of room from none to enough."""
    for pages in range(40):
        (folder / FILE).write_bytes(OLD)
        store = ConfigStore(folder, {}, time.time, journal=Audit(folder / "audit", time.time))
        problem = ""
        with only(pages, folder):
            try:
                store.commit(store.propose(FILE, NEW, None), who="a test", why=f"{pages} pages of room")
            except OSError as error:
                problem = error.strerror or str(error)
            is_now = (folder / FILE).read_bytes()
            drafts = [path.name for path in folder.rglob(".*.draft")]
        say(
            "store",
            pages=pages,
            problem=problem,
            whole="new" if is_now == NEW else "old" if is_now == OLD else "broken",
            drafts=drafts,
            loads=load(folder, {}).config is not None,
        )
    say("audit", problems=verify(folder / "audit").problems)


async def save_through_a_gateway(folder: Path) -> None:
    """Over the admin API, where the caller holds the text."""
    async with home(folder, two(), "a") as here:
        before = (folder / "providers.yaml").read_bytes()
        for what, begin, end in (("full", None, None), ("read-only", "remount,ro", "remount,rw")):
            text = here.providers("a", "b") + f"# {what}\n"
            if begin is None:
                with only(0, folder):
                    refused = await here.commit(text)
            else:
                remount(folder, begin)
                refused = await here.commit(text)
                remount(folder, str(end))
            same, number = (folder / "providers.yaml").read_bytes() == before, here.number
            again = await here.commit(text)
            say(
                what,
                status=refused.status_code,
                error=error_of(refused),
                untouched=same,
                number=number,
                status_with_room=again.status_code,
                saved=(folder / "providers.yaml").read_text() == text,
            )
            before = (folder / "providers.yaml").read_bytes()
            await here.gateway.reloader.reload()


def remount(folder: Path, how: str) -> None:
    subprocess.run(["mount", "-o", how, str(folder)], check=True)


def main(folder: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", str(folder)], check=True)
    save_with_little_room(folder)
    (folder / FILE).unlink()
    for path in sorted((folder / ".backups").iterdir()):
        path.unlink()
    asyncio.run(save_through_a_gateway(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
