"""Findings about ports, on real sockets."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ai_dashboard.cli.doctoring.finding import Finding, Level
from ai_dashboard.cli.doctoring.ports import check_ports
from ai_dashboard.config.load import load


@contextmanager
def listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def free() -> Iterator[int]:
    """A port on which nobody listens, and which nobody else is given meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def found(folder: Path, listen: str, *providers: str) -> list[Finding]:
    entries = "".join(
        f"  p{number}: {{type: ollama, base_url: '{url}', models: [m]}}\n" for number, url in enumerate(providers)
    )
    (folder / "providers.yaml").write_text(f"providers:\n{entries}" if entries else "providers: {}\n")
    (folder / "gateway.yaml").write_text(f"listen: {{{listen}}}\n")
    return list(check_ports(load(folder, {})))


def test_whoever_holds_the_port_is_named_with_a_free_one(tmp_path: Path) -> None:
    with listener() as port:
        (taken,) = found(tmp_path, f"port: {port}")
    assert taken.level is Level.PROBLEM
    assert f"127.0.0.1:{port} is taken by " in taken.text
    assert f"(pid {os.getpid()})" in taken.text
    assert "free: " in taken.fix


def test_a_port_that_is_free_is_well(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    (own,) = found(tmp_path, f"port: {port}")
    assert (own.level, own.text) == (Level.OK, f"127.0.0.1:{port} is free for the gateway")
    (own,) = found(tmp_path, "port: 0")
    assert own.level is Level.OK


def test_an_address_of_another_machine_cannot_be_listened_on(tmp_path: Path) -> None:
    (own,) = found(tmp_path, "port: 4000, host: 192.0.2.1")
    assert own.level is Level.PROBLEM
    assert "cannot listen on 192.0.2.1:4000" in own.text
    assert "listen.host" in own.fix


def test_local_providers_are_looked_for(tmp_path: Path, free: int) -> None:
    with listener() as port:
        _, there, missing = found(
            tmp_path, "port: 0", f"http://127.0.0.1:{port}", f"http://127.0.0.1:{free}", "https://api.example.com"
        )
    assert (there.level, there.text.startswith(f"p0 is at 127.0.0.1:{port}: ")) == (Level.OK, True)
    assert (missing.level, missing.text) == (Level.WARNING, f"nobody listens at 127.0.0.1:{free} (p1)")


def test_a_provider_at_the_gateways_own_port_is_a_circle(tmp_path: Path, free: int) -> None:
    circle = found(tmp_path, f"port: {free}", f"http://localhost:{free}")[1]
    assert (circle.level, "the gateway's own port" in circle.text) == (Level.PROBLEM, True)


def test_files_with_errors_leave_the_usual_port(tmp_path: Path) -> None:
    (tmp_path / "providers.yaml").write_text("providers: 1\n")
    (own,) = check_ports(load(tmp_path, {}))
    assert ":4000" in own.text
