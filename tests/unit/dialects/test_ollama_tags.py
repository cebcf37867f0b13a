"""Models of any provider, listed as Ollama lists its own."""

import pytest

from ai_dashboard.core.errors import CallerError, ModelNotFound
from ai_dashboard.dialects.ollama.tags import Listed, found, running, show, shown, tags, version

LLAMA = Listed(
    "llama3.1:8b", "local", 131_072, "8.0B", "Q4_K_M", 4_920_753_328, 1_763_712_000.5, ("completion", "tools")
)
BARE = Listed("gpt-5", "openai")
DETAILS = {
    "parent_model": "",
    "format": "",
    "family": "local",
    "families": ["local"],
    "parameter_size": "8.0B",
    "quantization_level": "Q4_K_M",
    "context_length": 131_072,
}


def test_tags() -> None:
    llama, bare = tags([LLAMA, BARE])["models"]
    digest = llama.pop("digest")
    assert llama == {
        "name": "llama3.1:8b",
        "model": "llama3.1:8b",
        "modified_at": "2025-11-21T08:00:00.500000Z",
        "size": 4_920_753_328,
        "details": DETAILS,
        "capabilities": ["completion", "tools"],
    }
    assert len(digest) == 64
    assert bare["digest"] != digest
    assert "context_length" not in bare["details"]
    assert tags([]) == {"models": []}


def test_what_is_in_memory_with_the_last_to_leave_first() -> None:
    models = running([(BARE, 1_763_712_000), (LLAMA, 1_763_712_300)])["models"]
    assert [model["name"] for model in models] == ["llama3.1:8b", "gpt-5"]
    assert models[0]["expires_at"] == "2025-11-21T08:05:00Z"
    assert (models[0]["context_length"], models[1]["context_length"]) == (131_072, 0)
    assert models[0]["size_vram"] == models[0]["size"]


def test_the_window_is_shown_under_the_name_of_the_architecture() -> None:
    reply = show(LLAMA)
    info = reply["model_info"]
    assert info[f"{info['general.architecture']}.context_length"] == 131_072
    assert (reply["details"], reply["capabilities"]) == (DETAILS, ["completion", "tools"])
    assert "openai.context_length" not in show(BARE)["model_info"]


@pytest.mark.parametrize("raw", [b'{"model":"a"}', b'{"name":"a"}', b'{"model":"a","name":"b","verbose":true}'])
def test_what_is_to_be_shown(raw: bytes) -> None:
    assert shown(raw) == "a"


@pytest.mark.parametrize("raw", [b"{}", b'{"model":5}', b'{"model":" "}', b"[]", b"x"])
def test_nothing_to_show(raw: bytes) -> None:
    with pytest.raises(CallerError):
        shown(raw)


def test_a_name_without_a_tag_means_the_latest() -> None:
    latest = Listed("mistral:latest", "local")
    assert found("mistral", [LLAMA, latest]) is latest
    assert found("mistral:latest", [latest]) is latest
    assert found("gpt-5:latest", [BARE]) is BARE
    assert found("gpt-5", [BARE]) is BARE
    with pytest.raises(ModelNotFound, match=r"'llama3\.1' not found"):
        found("llama3.1", [LLAMA, BARE])


def test_the_version_is_three_numbers() -> None:
    assert all(part.isdigit() for part in version()["version"].split("."))
