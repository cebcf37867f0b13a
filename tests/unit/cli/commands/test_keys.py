"""Keys in words; over HTTP in tests/integration/gateway/test_keys_api.py."""

import time
from typing import Any

import pytest

from ai_dashboard.cli import main as cli
from ai_dashboard.cli.commands.keys import lines, table

KEY: dict[str, Any] = {
    "id": "key_1", "name": "ci", "shown": "sk-aid-…abcd", "tenant": "acme", "state": "active",
    "scopes": ["chat", "read"],
    "models": [], "providers": ["home"], "created_at": time.time(), "expires_at": None, "revoked_at": None,
    "limits": {"rpm": 60, "tpm": None, "concurrency": None, "budget_daily": 1.5, "budget_monthly": None,
               "budget_total": None},
}  # fmt: skip


def test_keys_stand_in_columns() -> None:
    other = {**KEY, "id": "key_22", "name": "", "state": "revoked", "limits": dict.fromkeys(KEY["limits"])}
    assert table([KEY, other]) == [
        "● active   key_1   ci  sk-aid-…abcd  acme  rpm 60  budget daily 1.5",
        "✗ revoked  key_22      sk-aid-…abcd  acme",
    ]
    assert table([])[0].startswith("there are no keys")


def test_one_key_in_words() -> None:
    text = lines(KEY)
    assert text[0] == "● active  key_1  sk-aid-…abcd  ci"
    assert {"models     all", "providers  home", "expires    never"} <= set(text)
    assert lines({**KEY, "revoked_at": time.time()})[-1].startswith("revoked    20")


@pytest.mark.parametrize("when", ["1999-01-01", "soon", "0s", ""])
def test_a_key_expires_in_time_to_come(when: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["keys", "create", "ci", "--expires", when])
    assert "--expires" in capsys.readouterr().err
