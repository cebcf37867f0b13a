"""Every piece of configuration in the documents is of a form that is read, without a complaint.

Which file a piece belongs to stands in its first line (`# gateway.yaml`), or follows from its keys. Who is named in it
need not exist: pieces are not whole folders.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from ai_dashboard.config.load import SECTIONS, read_source
from ai_dashboard.config.validate import Source, validate
from ai_dashboard.config.yaml_read import parse
from ai_dashboard.config.yaml_tree import plain
from ai_dashboard.core.diagnostics import Diagnostic
from tests.docs.blocks import Block, blocks_in

_HEAD = re.compile(r"^# (?:\S+/)?([a-z-]+\.yaml)\b.*\n", re.MULTILINE)

_VARIABLE = re.compile(r"(?:\$\{|os\.environ/)([A-Z_]+)")

PIECES = blocks_in("yaml")


def files_in(block: Block) -> Iterator[tuple[str, str]]:
    """The pieces of a block, each with the file that it belongs to."""
    named = [found for found in _HEAD.finditer(block.text) if found[1] in SECTIONS]
    if not named:
        yield file_with(block), block.text
        return
    ends = [found.start() for found in named[1:]] + [len(block.text)]
    for found, end in zip(named, ends, strict=True):
        yield found[1], block.text[found.end() : end]


def variables_in(text: str) -> dict[str, str]:
    """Everything that a reader is told to set."""
    return {name: "redis://127.0.0.1:6379/0" if "REDIS" in name else "set" for name in _VARIABLE.findall(text)}


def file_with(block: Block) -> str:
    """The one file in which all keys of a block are known."""
    keys = plain(parse(block.text))
    known = [name for name, shape in SECTIONS.items() if isinstance(keys, dict) and set(keys) <= shape.keys()]
    assert len(known) == 1, f"{block}: which file is this? Begin with a line such as `# gateway.yaml`"
    return known[0]


@pytest.mark.parametrize("block", PIECES, ids=str)
def test_configuration_is_read_as_it_stands(block: Block, tmp_path: Path) -> None:
    for file, text in files_in(block):
        found: list[Diagnostic] = []
        source = read_source(tmp_path, file, variables_in(text), {file: text.encode()}, found)
        assert source is not None
        read, complaints = validate(SECTIONS[file], source)
        assert [str(finding) for finding in (*found, *complaints)] == []
        assert read is not None


def test_a_key_that_does_not_exist_is_found() -> None:
    block = next(block for block in PIECES if block.text.startswith("# gateway.yaml"))
    _, found = validate(SECTIONS["gateway.yaml"], Source("gateway.yaml", parse("no_such_key: 1\n" + block.text)))
    assert "no_such_key" in str(found[0])


def test_json_is_json() -> None:
    for block in blocks_in("json"):
        orjson.loads(block.text)
