"""What a service would not have."""

from pathlib import Path

import pytest

from ai_dashboard.cli.servicing.lacking import lacking, variables_in

PROVIDERS = "providers: {cloud: {type: openai, base_url: https://api.openai.com, models: [m]}}\n"


def test_a_key_of_this_shell_is_missed_until_the_file_has_it(tmp_path: Path) -> None:
    (tmp_path / "providers.yaml").write_text(PROVIDERS)
    file = tmp_path / "environment"
    env = {"OPENAI_API_KEY": "sk-secret", "HOME": str(tmp_path)}
    (missed,) = lacking(tmp_path, env, file)
    assert "OPENAI_API_KEY is not set" in missed
    assert "sk-secret" not in missed
    assert lacking(tmp_path, {"HOME": str(tmp_path)}, file) == []  # nor is it there now
    file.write_text("OPENAI_API_KEY=sk-secret\n")
    assert lacking(tmp_path, env, file) == []


@pytest.mark.parametrize(
    ("line", "value"),
    [("A=b", "b"), ('A="b c"', "b c"), ("A='b \"c'", 'b "c'), ("  A = ", None), ("# A=b", None), ("A", None),
     ("A=b=c", "b=c"), ("A= b ", "b"), ("A=", ""), ('A="b', '"b')],
)  # fmt: skip
def test_variables_are_read_as_systemd_reads_them(line: str, value: str | None, tmp_path: Path) -> None:
    (tmp_path / "environment").write_text(f"{line}\n")
    assert variables_in(tmp_path / "environment").get("A") == value


def test_no_file_is_no_variables(tmp_path: Path) -> None:
    assert variables_in(tmp_path / "nowhere") == {}
