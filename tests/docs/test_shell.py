"""Every shell line of the documents runs."""

from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, Block, blocks, blocks_in, documents, is_tried
from tests.docs.front import Untrue
from tests.docs.shell import Shell, statements

WITH_LINES = sorted({block.document for block in blocks_in("sh", "console")})
LANGUAGES = {"", "sh", "console", "python", "yaml", "json"}
COMMANDS = ("ai-dashboard ", "$ ", "curl ", "./dev ", "pip install", "pipx ")


@pytest.mark.parametrize("document", WITH_LINES, ids=lambda path: path.stem)
def test_every_line_does_what_it_says(document: Path, shell: Shell) -> None:
    untrue = []
    for block in blocks(document):
        if block.language in ("sh", "console") and is_tried(block):
            try:
                shell.run(block)
            except Untrue as problem:
                untrue.append(str(problem))
    assert not untrue, "\n".join(untrue)


def test_blocks_say_what_they_are() -> None:
    """Else nobody would try them."""
    wrong = [
        f"{block}: {block.language or 'no language'}"
        for document in documents()
        for block in blocks(document)
        if block.language not in LANGUAGES or (not block.language and block.text.startswith(COMMANDS))
    ]
    assert wrong == []


def test_few_blocks_are_not_tried_and_each_says_why() -> None:
    everything = [block for document in documents() for block in blocks(document) if block.language]
    without = [block for block in everything if block.why_not]
    assert all(len(block.why_not) > 10 for block in without)
    assert len(without) <= len(everything) / 8


def block(text: str, language: str = "sh") -> Block:
    return Block(ROOT / "README.md", 1, language, "", text)


def test_a_statement_goes_on_as_long_as_its_quotes_do() -> None:
    text = "one 'a\nb' # and so on\n\n# nothing\ntwo \\\n  three\n"
    assert list(statements(block(text))) == ["one 'a\nb' # and so on", "two   three"]
    assert list(statements(block("$ one\nsaid\n$ two\n", "console"))) == ["one", "two"]


FAIL = (
    "ai-dashboard no-such-command",
    "ai-dashboard queue --no-such-option",
    "ai-dashboard serve --no-such-option",
    "ai-dashboard route nobody-has-this",
    "ai-dashboard queue | no-such-program",
    "curl http://localhost:4000/no-such-path",
    "./dev no-such-command",
    "pip install 'ai-dashboard[no-such-extra]'",
    "'",
)


def test_lines_that_fail_are_found(shell: Shell) -> None:
    for line in FAIL:
        with pytest.raises(Untrue, match=r"README\.md:1"):
            shell.run(block(line + "\n"))
