"""Whatever comes along with an installation may come along, and the page about it says what is true."""

import re
import tomllib
from importlib.metadata import distribution

from tests.docs.blocks import ROOT
from tests.docs.licences import Row, extras_of, page, rows

PAGE = ROOT / "docs" / "licenses.md"

MAY_COME = frozenset({
    "MIT", "MIT-0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "ISC", "PSF-2.0", "Python-2.0", "MPL-2.0",
    "0BSD", "Unlicense", "Zlib", "CNRI-Python", "MIT-CMU", "HPND", "CC0-1.0",
})  # fmt: skip
"""Licences under which a package may be used beside MIT without a further thought."""

_ROW = re.compile(r"^\| ([a-z0-9-]+) \| (.+) \|$", re.MULTILINE)


def installed() -> list[Row]:
    return rows(extras_of())


def refused(licence: str) -> set[str]:
    """The parts of a licence that may not come along; of alternatives one that may is enough."""
    ways = [{part.strip("() ") for part in way.split(" AND ")} - MAY_COME for way in licence.split(" OR ")]
    return min(ways, key=len)


def test_every_licence_may_come_along() -> None:
    assert {row.name: row.licence for row in installed() if refused(row.licence)} == {}
    assert refused("GPL-3.0-only") == {"GPL-3.0-only"}
    assert refused("GPL-3.0-only OR MIT") == set()


def test_the_page_lists_what_we_ask_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *(line for name, lines in extras.items() if name != "dev" for line in lines)]
    listed = {name for name, _ in _ROW.findall(PAGE.read_text())}
    names = {re.split(r"[\[<>=~!; ]", line)[0].lower().replace("_", "-") for line in asked}
    assert names <= listed, "docs/licenses.md is behind: make it anew with `./dev licenses`"


def test_the_page_says_of_each_package_what_it_says_itself() -> None:
    listed = dict(_ROW.findall(PAGE.read_text()))
    other = {row.name: row.licence for row in installed() if row.name in listed and listed[row.name] != row.licence}
    assert other == {}, "docs/licenses.md is behind: make it anew with `./dev licenses`"


def test_the_page_has_a_part_for_what_always_comes_and_one_for_each_extra() -> None:
    text = page([Row("a", "MIT", ""), Row("b", "ISC", "web")])
    assert text.endswith("## Always\n\n| package | licence |\n|---|---|\n| a | MIT |\n\n## With `[web]`\n\n"
                         "| package | licence |\n|---|---|\n| b | ISC |\n")  # fmt: skip


def test_an_installation_brings_one_http_client() -> None:
    always = {row.name for row in rows(())}
    assert {"httpx", "textual"} <= always
    assert always & {"aiohttp", "requests"} == set()
    assert distribution("ai-dashboard").metadata["License-Expression"] == "MIT"
