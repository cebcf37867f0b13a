"""Findings about files and keys."""

from pathlib import Path

from ai_dashboard.cli.doctoring.configuration import check_config, check_keys
from ai_dashboard.cli.doctoring.finding import Level
from ai_dashboard.config.load import Loaded, load

CLOUD = "{type: openai, base_url: https://api.openai.com, models: [m]}"
LOCAL = "{type: ollama, base_url: http://127.0.0.1:11434, models: [m]}"
ENV = {"OPENAI_API_KEY": "sk-secret"}


def loaded(folder: Path, env: dict[str, str], **providers: str) -> Loaded:
    entries = "".join(f"  {name}: {entry}\n" for name, entry in providers.items())
    (folder / "providers.yaml").write_text(f"providers:\n{entries}")
    return load(folder, env)


def test_a_key_that_is_missing_is_named_and_told_once(tmp_path: Path) -> None:
    read = loaded(tmp_path, {}, cloud=CLOUD, local=LOCAL)
    (key,) = check_keys(read)
    assert (key.level, key.text) == (Level.PROBLEM, "cloud has no key: OPENAI_API_KEY is not set")
    assert key.fix == "export OPENAI_API_KEY, or set `status: disabled`"
    assert [it.level for it in check_config(read)] == [Level.OK]


def test_a_key_that_is_there_is_not_told(tmp_path: Path) -> None:
    (key,) = check_keys(loaded(tmp_path, ENV, cloud=CLOUD))
    assert (key.level, key.text) == (Level.OK, "there for cloud")
    assert "sk-secret" not in str(key)


def test_nobody_needs_a_key_at_home(tmp_path: Path) -> None:
    (key,) = check_keys(loaded(tmp_path, {}, local=LOCAL, off=CLOUD[:-1] + ", status: disabled}"))
    assert (key.level, key.text) == (Level.OK, "no active provider needs one")


def test_a_variable_of_ones_own_is_named(tmp_path: Path) -> None:
    (key,) = check_keys(loaded(tmp_path, {}, cloud=CLOUD[:-1] + ", env_var: MY_KEY}"))
    assert "MY_KEY is not set" in key.text
    nowhere = "{type: openai_compatible, base_url: 'http://h:1', models: [m], requires_api_key: true}"
    (key,) = check_keys(loaded(tmp_path, {}, own=nowhere))
    assert "nothing says where it is" in key.text


def test_errors_are_problems_with_their_place_and_fix(tmp_path: Path) -> None:
    read = loaded(tmp_path, {}, cloud="{type: nonsense}")
    first, *others = check_config(read)
    assert (first.level, first.text) == (Level.PROBLEM, f"nothing is served from {tmp_path}")
    assert others
    assert all(it.fix for it in others)
    assert any(it.level is Level.PROBLEM and it.text.startswith("providers.yaml:2: providers.cloud") for it in others)
    assert list(check_keys(read)) == []


def test_warnings_stay_warnings_and_an_old_export_is_one(tmp_path: Path) -> None:
    read = loaded(tmp_path, {}, a=LOCAL, b=LOCAL)
    assert [it.level for it in check_config(read)] == [Level.OK, Level.WARNING]


def test_no_files_is_no_problem() -> None:
    (found,) = check_config(load(None, {}))
    assert found.level is Level.NOTE
    assert "config init" in found.fix
