import os

import pytest

from ai_dashboard.hardware.processes import MAX_NAME, describe, model_in


@pytest.mark.parametrize(
    ("command", "model"),
    [
        ("llama-server -m /models/qwen2.5-7b-q4_k_m.gguf --port 8080", "qwen2.5-7b-q4_k_m"),
        ("/opt/llama.cpp/llama-server -hf bartowski/Qwen2.5-7B-GGUF:Q4_K_M", "bartowski/Qwen2.5-7B-GGUF:Q4_K_M"),
        ("python3 -m vllm.entrypoints.openai.api_server --model Qwen/Qwen3-32B", "Qwen/Qwen3-32B"),
        ("python3 -m vllm.entrypoints.openai.api_server --model=/data/qwen --served-model-name qwen3", "qwen3"),
        ("/usr/bin/python3 /usr/local/bin/vllm serve Qwen/Qwen3-32B --tensor-parallel-size 2", "Qwen/Qwen3-32B"),
        ("python -m sglang.launch_server --model-path /data/llama-3.1-8b", "llama-3.1-8b"),
        ("ollama runner --model /var/lib/ollama/blobs/sha256-667b0c1932bc6ffc593ed1d03f895bf2", ""),
        ("ollama serve", ""),
        ("vllm serve --help", ""),
        ("python3 -m http.server", ""),
        ("Xorg :0", ""),
        ("", ""),
    ],
)
def test_the_model_is_read_from_the_command_line(command: str, model: str) -> None:
    assert model_in(command.split()) == model


def test_nothing_else_of_a_command_line_is_taken() -> None:
    assert model_in(["llama-server", "--api-key", "sk-secret", "-m", "x.gguf"]) == "x"
    assert len(model_in(["vllm", "serve", "x" * 500])) == MAX_NAME


def test_this_process_has_a_name_and_one_that_is_gone_has_none() -> None:
    assert describe(os.getpid())[0]
    assert describe(2**22 + 1) == ("", "")
