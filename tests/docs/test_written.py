"""Pages that are made from the program are as it is now."""

import pytest

from ai_dashboard.cli.main import sub_commands
from ai_dashboard.config.load import SECTIONS
from tests.docs.blocks import ROOT
from tests.docs.written import PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_the_program_is(name: str) -> None:
    file = ROOT / "docs" / name
    same = file.exists() and file.read_text() == PAGES[name]()
    assert same, f"docs/{name} is behind: make it anew with `./dev docs`"


def test_every_key_is_explained() -> None:
    """A key without words in its last column has no docstring."""
    text = (ROOT / "docs" / "reference.md").read_text()
    assert all(f"## {name}\n" in text for name in SECTIONS)
    assert [line for line in text.splitlines() if line.endswith("|  |") and not line.startswith("| key")] == []


def test_every_command_is_there() -> None:
    text = (ROOT / "docs" / "commands.md").read_text()
    assert [name for name in sub_commands() if f"\n## `{name}`\n" not in text] == []
