"""`ai-dashboard serve` as people start it: answers official clients, ends when told to, and says what is wrong."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.e2e.program import ENDS_WITHIN_S, Serving, alive, complaints, descendants, run, serving, until

pytestmark = pytest.mark.e2e

QUIET = "gpt-5-mini", "qwen3-32b", "llama3.1:8b"
"""One model of each simulated provider."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving("--demo", state=tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture
def client(demo: Serving) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{demo.url}/v1", api_key="any", max_retries=5, timeout=20) as client:
        yield client


@pytest.mark.parametrize("model", QUIET)
def test_the_official_client_gets_a_whole_answer(client: openai.OpenAI, model: str) -> None:
    messages: list[openai.types.chat.ChatCompletionMessageParam] = [{"role": "user", "content": "Say hello"}]
    answer = client.chat.completions.create(model=model, messages=messages, max_tokens=8)
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason in {"stop", "length"}
    assert answer.usage is not None
    assert answer.usage.completion_tokens > 0


@pytest.mark.parametrize("model", QUIET)
def test_the_official_client_gets_a_stream(client: openai.OpenAI, model: str) -> None:
    messages: list[openai.types.chat.ChatCompletionMessageParam] = [{"role": "user", "content": "Say hello"}]
    for _ in range(5):
        try:
            chunks = list(client.chat.completions.create(model=model, messages=messages, max_tokens=8, stream=True))
        except openai.APIError:
            continue  # the simulated providers cut some streams; then the client has to be told, and was
        text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
        finishes = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
        assert text
        assert finishes in (["stop"], ["length"])
        return
    raise AssertionError("five streams in a row were cut")


def test_the_official_client_sees_all_models(client: openai.OpenAI) -> None:
    assert {model.id for model in client.models.list()} >= set(QUIET)
    assert client.models.retrieve("llama3.1:8b").owned_by == "demo-ollama"


def test_an_unknown_model_is_the_clients_own_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match=r"llama3\.1:8b"):
        client.chat.completions.create(model="lama3.1:8b", messages=[{"role": "user", "content": "Hi"}])


def test_visitors_come_by_themselves(demo: Serving) -> None:
    until(lambda: demo.get("/api/admin/snapshot")[1]["gateway"]["requests"] >= 3, what="three visitors")
    assert demo.get("/api/admin/snapshot")[1]["gateway"]["simulated"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_within_two_seconds(number: signal.Signals, tmp_path: Path) -> None:
    with serving("--demo", state=tmp_path) as running:
        until(lambda: running.get("/api/admin/snapshot")[1]["gateway"]["requests"] > 0, what="a visitor")
        children = descendants(running.process.pid)
        assert running.end(number) < ENDS_WITHIN_S
        assert running.process.returncode == 0
        assert not [child for child in children if alive(child)]
        assert running.process.stderr is not None
        assert complaints(running.process.stderr.read()) == []
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", running.port), timeout=1)


def test_the_admin_token_is_for_its_owner_alone(demo: Serving) -> None:
    assert (demo.state / "state" / "admin-token").stat().st_mode & 0o777 == 0o600


def test_broken_yaml_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "providers.yaml").write_text("providers:\n  x: {type: vllm\n  y: 1\n")
    done = run("serve", "--port", "0", state=tmp_path)
    assert done.returncode == 2
    assert "providers.yaml:3:" in done.stderr
    assert "nothing is served" in done.stderr
    assert "Traceback" not in done.stderr


def test_faults_of_the_demo_are_said_and_happen(tmp_path: Path) -> None:
    faults = "--fault", "refuse@demo-vllm,flap=200ms@demo-ollama"
    with serving("--demo", *faults, state=tmp_path) as running:
        snapshot = running.get("/api/admin/snapshot")[1]
        assert snapshot["config"]["origin"].endswith("told to fail: refuse@demo-vllm,flap=0.2s@demo-ollama")
        with openai.OpenAI(base_url=f"{running.url}/v1", api_key="any", max_retries=5, timeout=20) as client:
            messages: list[openai.types.chat.ChatCompletionMessageParam] = [{"role": "user", "content": "Say hello"}]
            reply = client.chat.completions.with_raw_response.create(model="qwen3-32b", messages=messages, max_tokens=8)
        assert reply.headers["x-provider"] != "demo-vllm"
        assert running.end(signal.SIGTERM) < ENDS_WITHIN_S
        assert running.process.returncode == 0
        assert running.process.stderr is not None
        assert complaints(running.process.stderr.read()) == []


def test_faults_are_for_the_demo_alone(tmp_path: Path) -> None:
    done = run("serve", "--fault", "cut@3", state=tmp_path)
    assert (done.returncode, done.stderr) == (2, "ai-dashboard: --fault is for simulated providers; add --demo\n")


def test_a_folder_that_does_not_exist_is_told(tmp_path: Path) -> None:
    done = run("serve", "--config-dir", "nowhere", state=tmp_path)
    assert done.returncode == 2
    assert "nowhere does not exist" in done.stderr


def test_a_port_that_another_program_holds_is_told_with_one_that_is_free(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run("serve", "--port", str(port), "--no-discovery", state=tmp_path)
    assert done.returncode == 2
    line = done.stderr.strip()
    assert line.startswith(f"ai-dashboard: port {port} is taken by ")
    assert "(pid " in line
    assert "; try --port " in line
    assert "\n" not in line


def test_a_port_that_another_gateway_holds_is_told_with_the_way_to_it(demo: Serving, tmp_path: Path) -> None:
    done = run("serve", "--port", str(demo.port), "--no-discovery", state=tmp_path)
    assert done.returncode == 2
    assert f"is taken by another ai-dashboard (see it with `ai-dashboard attach {demo.url}`)" in done.stderr


def test_an_open_listener_is_refused(tmp_path: Path) -> None:
    done = run("serve", "--host", "0.0.0.0", "--port", "0", "--no-discovery", state=tmp_path)
    assert done.returncode == 1
    assert "--insecure" in done.stderr


def test_the_demo_can_be_served_to_the_network(tmp_path: Path) -> None:
    """Its visitors come in by the front door, whatever address that listens on."""
    with socket.socket() as probe:
        probe.bind(("0.0.0.0", 0))
        port = probe.getsockname()[1]
    with serving("--demo", "--host", "0.0.0.0", "--insecure", "--port", str(port), state=tmp_path) as running:
        until(lambda: running.get("/api/admin/snapshot")[1]["gateway"]["requests"] > 0, what="a visitor")


NOBODY = "providers:\n  {name}: {{type: vllm, base_url: 'http://127.0.0.1:9', models: [m]}}\n"


def config_of(running: Serving) -> dict[str, Any]:
    view = running.get("/api/admin/snapshot")[1]["config"]
    assert isinstance(view, dict)
    return view


def test_sighup_has_it_read_its_configuration_again(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "providers.yaml").write_text(NOBODY.format(name="first"))
    with serving("--no-discovery", state=tmp_path) as running:
        assert config_of(running)["number"] == 1
        running.process.send_signal(signal.SIGHUP)
        until(lambda: config_of(running)["number"] == 2, what="the configuration, read again")
        (folder / "providers.yaml").write_text("providers: {\n")
        until(lambda: "stays in force" in str(config_of(running)["diagnostics"]), what="the findings")
        running.process.send_signal(signal.SIGHUP)
        assert running.get("/v1/models")[1]["data"][0]["owned_by"] == "first"
        assert running.end(signal.SIGTERM) < ENDS_WITHIN_S
        assert running.process.returncode == 0
