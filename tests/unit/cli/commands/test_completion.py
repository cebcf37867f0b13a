"""`completion`: a script for each shell, of all that there is."""

import pytest

from ai_dashboard.cli.main import main, sub_commands


@pytest.mark.parametrize(("shell", "sign"), [("bash", "complete -F"), ("zsh", "#compdef"), ("fish", "complete -c")])
def test_a_script_has_every_command(shell: str, sign: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert sign in script
    assert all(name in script for name in sub_commands())
    assert "what-if" in script


def test_another_shell_is_used_wrongly(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main(["completion", "tcsh"])
    assert done.value.code == 2
    assert "'tcsh'" in capsys.readouterr().err
