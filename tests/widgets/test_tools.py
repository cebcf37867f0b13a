"""The same views whatever a machine has: each awk, each shell, with jq and without, with gum and without."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.widgets.gateway import Fake
from tests.widgets.running import BIN, WIDGETS, tools, widget
from tests.widgets.test_views import VIEWS

AWKS = ("gawk", "mawk", "busybox", "original-awk")
SHELLS = ("dash", "busybox sh")
SCRIPTS = [BIN.parents[1] / "install.sh", *BIN.glob("*.sh")]

letters = st.characters(
    min_codepoint=32, max_codepoint=0xFFFD, exclude_characters="\x7f", exclude_categories=("Cs", "Cc", "Cf", "Zl")
)
values = st.recursive(
    st.booleans() | st.integers() | st.text(letters),
    lambda inner: st.lists(inner, min_size=1) | st.dictionaries(st.text("ab.", min_size=1), inner, min_size=1),
    max_leaves=12,
)
documents = st.lists(st.dictionaries(st.text("xyz", min_size=1), values, min_size=1), min_size=1, max_size=12)


def shown(env: dict[str, str], path: str, shell: tuple[str, ...] = (), names: Sequence[str] = WIDGETS) -> list[str]:
    """What widgets print, but for the time that the gateway has just taken."""
    texts = [widget(name, env=env | {"PATH": path}, shell=shell) for name in names]
    assert [done.stderr for done in texts] == [""] * len(names)
    return [line for done in texts for line in done.stdout.splitlines() if "● gateway" not in line]


@pytest.mark.parametrize("awk", AWKS)
def test_every_awk_shows_the_same(awk: str, env: dict[str, str], tmp_path: Path) -> None:
    if shutil.which(awk) is None:
        pytest.skip(f"there is no {awk}")
    few = ("litellm-logs", "provider-score", "litellm-status")
    assert shown(env, tools(tmp_path / "bare", awk=awk), names=few) == [
        line for name in few for line in VIEWS[name].splitlines()
    ]


def test_with_jq_and_without_they_show_the_same(env: dict[str, str], tmp_path: Path) -> None:
    if shutil.which("jq") is None:
        pytest.skip("there is no jq")
    assert shown(env, tools(tmp_path / "jq", "jq")) == shown(env, tools(tmp_path / "bare"))


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_shows_the_same(shell: str, env: dict[str, str], tmp_path: Path) -> None:
    words = shell.split()
    if (program := shutil.which(words[0])) is None:
        pytest.skip(f"there is no {words[0]}")
    path = tools(tmp_path / "bare")
    few = ("health-status", "litellm-logs", "litellm-metrics")
    assert shown(env, path, (program, *words[1:]), few) == shown(env, path, (), few)


def test_gum_draws_the_title_where_there_are_colours(env: dict[str, str], tmp_path: Path) -> None:
    path = Path(tools(tmp_path / "bin"))
    (path / "gum").write_text('#!/bin/sh\nfor word; do :; done\nprintf "\\033[1m<%s>\\033[0m\\n" "$word"\n')
    (path / "gum").chmod(0o755)
    with_gum = env | {"PATH": str(path)}
    assert widget("litellm-status", env=with_gum | {"WTH_COLOR": "1"}).stdout.startswith("\x1b[1m<Gateway>\x1b[0m\n")
    for plain_text in ({}, {"NO_COLOR": "1"}, {"HEIGHT": "9"}):
        assert widget("litellm-status", env=with_gum | plain_text).stdout.startswith("Gateway\n")
    (path / "gum").write_text("#!/bin/sh\nexit 1\n")
    assert widget("litellm-status", env=with_gum | {"WTH_COLOR": "1"}).stdout.startswith("Gateway\n")


def test_what_is_missing_is_named(env: dict[str, str], tmp_path: Path) -> None:
    path = Path(tools(tmp_path / "bin"))
    (path / "curl").unlink()
    done = widget("litellm-status", env=env | {"PATH": str(path)})
    assert (done.returncode, done.stderr) == (1, "litellm-status: curl is missing: the widgets need it\n")


def test_helpers_are_found_through_a_link(gateway: Fake, env: dict[str, str], tmp_path: Path) -> None:
    link = tmp_path / "health"
    link.symlink_to(BIN / "health-status.sh")
    done = subprocess.run(
        [str(link)], env=env | {"WTH_WIDGET_DIR": str(BIN.parents[1])}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


DUMP = 'function view() { for (path in V) { at = path; gsub(SUBSEP, "/", at); print at "=" V[path] }; refused = 1 }'


@given(documents)
@settings(max_examples=12)
def test_json_is_read_as_json(written: list[dict[str, object]]) -> None:
    answer = "".join(
        f"{json.dumps(it, ensure_ascii=bool(number % 2))}\n\x1e 200 0\n" for number, it in enumerate(written)
    )
    script = f'. {BIN}/common.sh; answer=$(cat); printf "%s\\n" "$answer" | awk "$AWK_LIBRARY $1"'
    done = subprocess.run(
        ["bash", "-c", script, "x", DUMP],
        input=answer, capture_output=True, text=True, check=True, env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert sorted(line for line in done.stdout.split("\n") if "=" in line) == sorted(
        line for number, it in enumerate(written, start=1) for line in flat(str(number), it)
    )


def flat(path: str, value: object) -> list[str]:
    """A line for each value, as the awk prints them."""
    match value:
        case dict():
            return [line for name, it in value.items() for line in flat(f"{path}/{name}", it)]
        case list():
            return [line for number, it in enumerate(value) for line in flat(f"{path}/{number}", it)]
        case bool():
            return [f"{path}={str(value).lower()}"]
        case _:
            return [f"{path}={value}"]


def test_shellcheck_has_nothing_to_say() -> None:
    if (program := shutil.which("shellcheck")) is None:
        pytest.skip("there is no shellcheck")
    done = subprocess.run([program, "-x", "-P", "SCRIPTDIR", *SCRIPTS], capture_output=True, text=True, check=False)
    assert done.stdout == ""
