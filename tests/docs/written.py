"""The pages that are made from the program: `./dev docs` writes them, and a test says when they are behind."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from tests.docs import commands, reference
from tests.docs.blocks import ROOT

PAGES: Mapping[str, Callable[[], str]] = MappingProxyType({
    "reference.md": reference.page,
    "commands.md": commands.page,
})  # fmt: skip


def main() -> None:
    """Write all of them."""
    for name, page in PAGES.items():
        (ROOT / "docs" / name).write_text(page())


if __name__ == "__main__":
    main()
