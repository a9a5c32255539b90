"""The command that installs a missing package; every hint is made here.

twinbench itself is in no registry, so a hint never names it: `pip install "twinbench[torch]"` would
fetch whatever a stranger may put there. Instead it names the requirements of the extra, which is
right in a checkout and in an installed copy, and for the pip of any interpreter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKED = ROOT / "benchmarks" / "docs"  # the pages in an installed copy
DOCS = PACKED if PACKED.is_dir() else ROOT / "docs"


def pip_install(requirements: Iterable[str]) -> str:
    """The command line that installs these requirements."""
    return " ".join(["pip install", *(f'"{requirement}"' for requirement in requirements)])


def install_extra(extra: str) -> str:
    """The command line that installs the requirements of an extra of pyproject.toml."""
    marker = re.compile(rf"""\bextra == ['"]{re.escape(extra)}['"]""")
    try:
        lines = requires("twinbench") or []
    except PackageNotFoundError:  # a source tree that runs without having been installed
        lines = []
    packages = [line.partition(";")[0].strip() for line in lines if marker.search(line)]
    return pip_install(packages or [f"{ROOT}[{extra}]"])
