"""What a siege is laid to: `serve` in a process of its own, pretend providers behind it, and ways to look into it."""

import http.client
import json
import os
import resource
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.processes import answers, free_port, process
from benchmarks.scenarios import SMALL, Reading

UNDER_TEST, REST = "0", "1"
PATIENCE_S = 30.0
LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Tools:
    """The two compiled programs, and a folder to write into."""

    load: Path
    upstream: Path
    folder: Path


@dataclass(frozen=True, slots=True)
class Scene:
    """A gateway that answers, and where its providers are."""

    port: int
    pid: int
    providers: tuple[int, ...]
    tools: Tools
    log: Path
    witness: Path

    # ── what it says ─────────────────────────────────────────────────────────────────────────────────────────────────

    def details(self) -> dict[str, Any]:
        """`/health?details=true`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request("GET", "/health?details=true")
            told: dict[str, Any] = json.loads(connection.getresponse().read())
            return told
        finally:
            connection.close()

    def crashes(self) -> int:
        """Tracebacks in what it has written."""
        return self.log.read_text(errors="replace").count("Traceback (most recent call last)")

    # ── what can be seen ─────────────────────────────────────────────────────────────────────────────────────────────

    def descriptors(self) -> int:
        """Open files and sockets."""
        return sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())

    def clients(self) -> int:
        """Open connections of clients, closed by them or not."""
        found = psutil.Process(self.pid).net_connections("tcp")
        return sum(1 for one in found if one.status != psutil.CONN_LISTEN and one.laddr[1:] == (self.port,))

    def resident_mb(self) -> float:
        return self._status_mb("VmRSS")

    def forget_peak(self) -> None:
        """Let the peak begin anew at what is resident now."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def peak_mb(self) -> float:
        """The most that was resident since `forget_peak`."""
        return self._status_mb("VmHWM")

    def wakeups(self) -> dict[str, int]:
        """How often each thread has slept of its own accord, and so was woken."""
        tasks = Path(f"/proc/{self.pid}/task")
        woken: dict[str, int] = {}
        for task in sorted(tasks.iterdir(), key=lambda task: int(task.name)):
            name = "gateway" if int(task.name) == self.pid else (task / "comm").read_text().strip()
            woken[name] = woken.get(name, 0) + _field(task / "status", "voluntary_ctxt_switches")
        return woken

    def waited_s(self) -> float:
        """Seconds for which its main thread has been ready to run and its core was somebody else's: what other work on
        the machine has added to every figure of time."""
        return int(Path(f"/proc/{self.pid}/task/{self.pid}/schedstat").read_text().split()[1]) / 1e9

    def testimony(self) -> dict[str, Any]:
        """What its witness counts now; the scene must have been set with one."""
        self.witness.unlink(missing_ok=True)
        os.kill(self.pid, signal.SIGUSR1)
        until(self.witness.exists, what="a testimony")
        told: dict[str, Any] = json.loads(self.witness.read_text())
        return told

    def _status_mb(self, name: str) -> float:
        return _field(Path(f"/proc/{self.pid}/status"), name) / 1024

    # ── ordinary traffic ─────────────────────────────────────────────────────────────────────────────────────────────

    def load(self, connections: int, seconds: float, rate: float = 0, body: bytes = SMALL) -> Reading:
        """Ordinary traffic, to its end."""
        return told_by(self.start_load(connections, seconds, rate, body))

    def start_load(
        self, connections: int, seconds: float, rate: float, body: bytes, port: int | None = None
    ) -> subprocess.Popen[str]:
        """Ordinary traffic that goes on while something else happens; to the gateway unless `port` says otherwise."""
        file = self.tools.folder / f"body-{zlib.crc32(body):x}.json"
        file.write_bytes(body)
        asked = [str(port or self.port), str(connections), str(seconds), str(file), str(rate)]
        return subprocess.Popen(
            ["taskset", "-c", REST, str(self.tools.load), *asked],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @contextmanager
    def attack(self, kind: str, **details: float) -> Iterator[subprocess.Popen[str]]:
        """Run one of `siege_attacks` and go on when it is under way. It is nice to everybody but the gateway: what it
        does must not slow down those who measure."""
        command = [sys.executable, "-m", "benchmarks.siege_attacks", kind, str(self.port), json.dumps(details)]
        attacker = subprocess.Popen(
            ["nice", "-n", "19", "taskset", "-c", REST, *command], stdout=subprocess.PIPE, text=True
        )
        try:
            if attacker.stdout is None or attacker.stdout.readline() != "ready\n":
                sys.exit(f"bench: the attack {kind!r} did not begin")
            yield attacker
        finally:
            if attacker.poll() is None:
                attacker.kill()
            attacker.wait()


def told_by(running: subprocess.Popen[str]) -> Reading:
    """Wait for a process that ends with a line of JSON."""
    out, err = running.communicate()
    if running.returncode:
        sys.exit(f"bench: {running.args!r} failed ({running.returncode}): {err}")
    told: Reading = json.loads(out.strip().splitlines()[-1])
    return told


@contextmanager
def scene(
    tools: Tools, *, gateway: str = "", providers: int = 1, pace_ms: float = 10, witnessed: bool = False
) -> Iterator[Scene]:
    """Start `serve` with this `gateway.yaml` and so many providers: the first lists `bench`, each of them a
    `bench-paced-<number>`."""
    raise_descriptor_limit()
    own = tools.folder / f"scene-{time.monotonic_ns()}"
    own.mkdir()
    ports = tuple(free_port() for _ in range(providers))
    (own / "providers.yaml").write_text(_providers_yaml(ports))
    (own / "gateway.yaml").write_text(gateway or "{}\n")
    port, log, witness = free_port(), own / "serve.log", own / "witness.json"
    module = "benchmarks.siege_witness" if witnessed else "ai_dashboard"
    where = ["--port", str(port), "--config-dir", str(own), "--no-discovery"]
    env = {"AI_DASHBOARD_STATE_DIR": str(own), "SIEGE_WITNESS": str(witness)}
    with ExitStack() as stack:
        for upstream in ports:
            stack.enter_context(process([str(tools.upstream), str(upstream), str(pace_ms)], cores=REST))
        command = [sys.executable, "-m", module, "serve", *where]
        running = stack.enter_context(process(command, cores=UNDER_TEST, env=env, log=log))
        if answers(port, SMALL, (), patience_s=PATIENCE_S) is None:
            sys.exit(f"bench: the gateway does not answer:\n{log.read_text(errors='replace')[-2000:]}")
        yield Scene(port, running.pid, ports, tools, log, witness)


def _providers_yaml(ports: tuple[int, ...]) -> str:
    """They are called `openai` because of that type's list of models only the status is read: the pretend provider has
    no list, and a provider that fails its checks would be checked every ten seconds where nothing should happen."""
    lines = ["providers:"]
    for number, port in enumerate(ports):
        models = f"bench-paced-{number}" + (", bench" if number == 0 else "")
        entry = f"type: openai, api_key: sk-1234, base_url: 'http://127.0.0.1:{port}/v1', models: [{models}]"
        lines.append(f"  pretend-{number}: {{{entry}}}")
    return "\n".join(lines) + "\n"


def raise_descriptor_limit() -> int:
    """Allow as many open files as the system lets us have, here and in what we start; returns how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def until(true: Callable[[], object], *, what: str, within_s: float = PATIENCE_S) -> bool:
    """Look until `true()`; False, and a line about `what`, when that is too long in coming."""
    due = time.monotonic() + within_s
    while not true():
        if time.monotonic() > due:
            print(f"bench: not within {within_s:g} s: {what}", file=sys.stderr, flush=True)
            return False
        time.sleep(LOOK_S)
    return True


def _field(file: Path, name: str) -> int:
    """A number from a file of `/proc` whose lines are `name: number`."""
    for line in file.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise ValueError(f"{file} has no {name}")
