"""The requirements in pyproject.toml, and the line that says what a table was made with."""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]


def requirements() -> dict[str, list[Requirement]]:
    """The direct requirements by extra; those of twinbench itself under ""."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = {"": project["dependencies"], **project["optional-dependencies"]}
    return {extra: [Requirement(text) for text in group] for extra, group in groups.items()}


def made_with(*more: str) -> str:
    """The commit, `more`, and the version of Python, for the note below a table."""
    from benchmarks.records.machine import git, versions

    checkout = git()
    changed = " and what was changed in it" if checkout["dirty"] else ""
    commit = f"commit {checkout['commit']}{changed}"
    return "; ".join([commit, *more, f"Python {versions()['python']}"])
