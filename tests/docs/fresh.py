"""A fresh installation with all extras, as somebody else would have it: `./dev licenses` reads the licences there."""

import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

from tests.docs.blocks import ROOT

PAGE = ROOT / "docs" / "licenses.md"
SCRIPT = Path(__file__).with_name("licences.py")


def main() -> int:
    """Write the page; the exit code of what failed, else 0."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = ",".join(name for name in project["optional-dependencies"] if name != "dev")
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder, "bin", "python")
        pip: list[Path | str] = [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            f"{ROOT}[{extras}]",
        ]
        if code := subprocess.run(pip, check=False).returncode:
            return code
        read = subprocess.run([python, SCRIPT], check=False, capture_output=True, text=True)
        sys.stderr.write(read.stderr)
        if not read.returncode:
            PAGE.write_text(read.stdout)
        return read.returncode


if __name__ == "__main__":
    sys.exit(main())
