"""A first configuration loads as it is, and holds no secret."""

from pathlib import Path

from pydantic import SecretStr

from ai_dashboard.config.load import load
from ai_dashboard.config.schema import Model, Provider
from ai_dashboard.config.starter import starter

FOUND = {
    "ollama": Provider(
        name="ollama", type="ollama", base_url="http://127.0.0.1:11434", models=(Model(name="llama3.1:8b"),)
    ),
    "openai": Provider(
        name="openai",
        type="openai",
        base_url="https://api.openai.com",
        env_var="OPENAI_API_KEY",
        api_key=SecretStr("sk-0123456789abcdef"),
        models=(Model(name="gpt-5", context_length=400_000),),
    ),
}


def test_what_was_found_is_written_and_loads(tmp_path: Path) -> None:
    text = starter(FOUND)
    assert "sk-0123456789abcdef" not in text
    (tmp_path / "providers.yaml").write_text(text)
    loaded = load(tmp_path, {"OPENAI_API_KEY": "sk-0123456789abcdef"})
    assert loaded.config is not None
    assert loaded.diagnostics == ()
    assert list(loaded.config.providers) == ["ollama", "openai"]
    assert loaded.config.providers["openai"].models == FOUND["openai"].models


def test_nothing_found_is_a_file_that_teaches(tmp_path: Path) -> None:
    (tmp_path / "providers.yaml").write_text(starter({}))
    loaded = load(tmp_path, {})
    assert loaded.config is not None
    assert loaded.config.providers == {}
