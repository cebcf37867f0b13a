"""What a widget says when its gateway is silent, strange or closed to it, and what it never tells anybody."""

import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.widgets.gateway import Fake, served, usual
from tests.widgets.running import BIN, WIDGETS, environment, tools, widget


@pytest.fixture
def silent() -> Iterator[str]:
    """Somebody who takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_nobody_waits_long_for_a_gateway_that_hangs(silent: str, tmp_path: Path) -> None:
    env = environment(tmp_path, LITELLM_HOST=silent, LITELLM_API_KEY="k")
    began = time.monotonic()
    started = [
        subprocess.Popen([BIN / f"{name}.sh"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for name in WIDGETS
    ]
    for name, process in zip(WIDGETS, started, strict=True):
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (
            1, "", f"{name}: the gateway at {silent} does not answer in time\n",
        )  # fmt: skip
    assert time.monotonic() - began < 3  # two seconds is the promise, of one on a quiet machine


@pytest.mark.parametrize("body", ["<html>hello</html>", "[1, 2", '{"a": "b', "", "null", '{"providers": "none"}'])
def test_what_is_no_gateway_breaks_nothing(body: str, tmp_path: Path) -> None:
    with served(Fake(answers=dict.fromkeys(usual(), body))) as fake:
        done = widget("providers-overview", env=environment(tmp_path, LITELLM_HOST=fake.url))
    assert done.stderr == ""
    assert done.stdout == "Providers\nno providers: start one of your own, or set a key\n"


def test_a_page_that_is_not_there_is_told(tmp_path: Path) -> None:
    with served(Fake(answers={"/health/liveliness": "{}"})) as fake:
        done = widget("litellm-status", env=environment(tmp_path, LITELLM_HOST=fake.url))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"litellm-status: the gateway at {fake.url} answers HTTP 404: is it an ai-dashboard?\n"


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("http://no-such-host.invalid:1", "there is no such host: http://no-such-host.invalid:1 (set LITELLM_HOST)"),
        ("http://127.0.0.1:99999", "what is at http://127.0.0.1:99999 does not answer as a gateway does"),
    ],
)
def test_an_address_that_is_none_is_told(host: str, said: str, tmp_path: Path) -> None:
    done = widget("health-status", env=environment(tmp_path, LITELLM_HOST=host))
    assert (done.returncode, done.stderr) == (1, f"health-status: {said}\n")


def test_this_users_token_is_taken_where_no_key_is_named(gateway: Fake, tmp_path: Path) -> None:
    state = tmp_path / ".local" / "state" / "ai-dashboard"
    state.mkdir(parents=True)
    (state / "admin-token").write_text(gateway.key)
    env = environment(tmp_path, LITELLM_HOST=gateway.url)
    assert widget("litellm-status", env=env).returncode == 0
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "admin-token").write_text("not this one")
    assert widget("litellm-status", env=env | {"AI_DASHBOARD_STATE_DIR": str(other)}).returncode == 1
    named = {"AI_DASHBOARD_STATE_DIR": str(other), "AI_DASHBOARD_ADMIN_KEY": gateway.key}
    assert widget("litellm-status", env=env | named).returncode == 0


@pytest.mark.parametrize("shell", ["bash", "dash", "busybox sh"])
def test_the_token_stays_on_this_machine(shell: str, tmp_path: Path) -> None:
    hosts = {
        "http://127.0.0.1:4000": True,
        "https://127.1.2.3": True,
        "http://localhost:4000/ai": True,
        "http://[::1]:4000": True,
        "http://gpu.lan:4000": False,
        "http://127.0.0.1.evil.example:4000": False,
        "http://127.0.0.1@evil.example": False,
        "http://localhost.evil.example": False,
        "http://10.0.0.7:4000": False,
        "http://[::2]:4000": False,
    }
    words = tools_or_skip(shell)
    script = f'. {BIN}/common.sh; for host in "$@"; do is_local "$host" && echo yes || echo no; done'
    done = subprocess.run([*words, "-c", script, "x", *hosts], capture_output=True, text=True, check=True)
    assert dict(zip(hosts, (word == "yes" for word in done.stdout.split()), strict=True)) == hosts


def test_a_key_is_on_no_command_line(gateway: Fake, env: dict[str, str], tmp_path: Path) -> None:
    path = Path(tools(tmp_path / "bin"))
    real = (path / "curl").resolve()
    (path / "curl").unlink()
    (path / "curl").write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/said\nexec {real} "$@"\n')
    (path / "curl").chmod(0o755)
    assert widget("litellm-status", env=env | {"PATH": str(path)}).returncode == 0
    said = (tmp_path / "said").read_text()
    assert "-K" in said
    assert "secret" not in said
    assert gateway.asked[-1] == ("/api/admin/snapshot", f"Bearer {gateway.key}")


def test_a_proxy_is_not_asked_for_what_is_here(env: dict[str, str]) -> None:
    proxied = env | {"http_proxy": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}
    assert widget("litellm-status", env=proxied).returncode == 0


def test_wrong_use_is_told_and_help_is_given(env: dict[str, str]) -> None:
    done = widget("litellm-logs", "--tail", env=env)
    assert (done.returncode, done.stderr) == (2, "litellm-logs: there is no option --tail (there is --wth)\n")
    for name in WIDGETS:
        text = widget(name, "--help", env=env).stdout
        assert text.startswith(f"usage: {name}.sh [--wth]")
        assert "example: " in text


def tools_or_skip(shell: str) -> list[str]:
    import shutil

    words = shell.split()
    if shutil.which(words[0]) is None:
        pytest.skip(f"there is no {words[0]}")
    return words
