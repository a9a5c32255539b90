"""The lessons: the pages of docs/ with code in them, each of which is a notebook too.

Listing them needs no package; reading and running them needs the extra `docs`.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from benchmarks.harness.process import ROOT, python_path
from common.framework import frameworks
from common.install import DOCS, install_extra
from common.say import nearest

TRANSLATIONS = "zh"  # a folder of the pages
CELL = re.compile(r"^```\{code-cell\}.*\n(?!:tags: \[remove-)", re.MULTILINE)  # with its code shown
CELL_SECONDS = 600
DATA_DIR = "TWINBENCH_DATA_DIR"
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


@dataclass(frozen=True)
class Lesson:
    """One page; its name is its path below docs/ without the suffix."""

    name: str
    title: str
    frameworks: tuple[str, ...]  # in which its cells run
    path: Path

    @property
    def translated(self) -> bool:
        """Whether it is a translation, with the code of another lesson, which is not run twice."""
        return self.name.startswith(f"{TRANSLATIONS}/")


def lessons() -> list[Lesson]:
    """All lessons, sorted by path; raises ValueError if the folder of the pages is missing."""
    if not DOCS.is_dir():
        raise ValueError(f"{DOCS} is not there; the lessons lie in a checkout or an installed copy")
    pages = []
    for path in sorted(DOCS.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        if CELL.search(text):
            name = path.relative_to(DOCS).with_suffix("").as_posix()
            title = re.search(r"^# (.+)$", text, re.MULTILINE)
            pages.append(Lesson(name, title[1] if title else name, _frameworks(text), path))
    return pages


def _frameworks(text: str) -> tuple[str, ...]:
    magics = re.findall(r"^%%(.+)$", text, re.MULTILINE)
    words = {word for magic in magics for word in re.split(r"[\s,]", magic)}
    return tuple(name for name in frameworks() if name in words)


def lesson(name: str) -> Lesson:
    """The lesson of that name, or the only one whose file has it; `rmsprop` finds 01-rmsprop.

    Raises ValueError, with the names that exist, for no lesson and for several.
    """
    pages = lessons()
    originals = [page for page in pages if not page.translated]
    matches = [page for page in pages if page.name == name] or [
        page for page in originals if name in (stem := page.path.stem, re.sub(r"^\d+-", "", stem))
    ]
    if len(matches) != 1:
        names = ", ".join(page.name for page in matches or originals)
        if not matches:
            known = {page.path.stem: None for page in originals} | {p.name: None for p in originals}
            names += nearest(name, known)
        raise ValueError(
            f"{name!r} is {'more than one lesson' if matches else 'no lesson'}; there are: {names}"
        )
    return matches[0]


def notebook(lesson: Lesson) -> Any:
    """The lesson as an nbformat notebook without outputs. Raises ModuleNotFoundError without
    jupytext."""
    try:
        import jupytext
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"jupytext is not installed; install it with: {install_extra('docs')}"
        ) from error
    document = jupytext.read(lesson.path, fmt="md:myst")
    document.metadata = {"kernelspec": KERNEL}
    return document


def run(notebook: Any, folder: Path) -> str:
    """Run a notebook in a folder and store its outputs in it; returns why it failed, or ''."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name=KERNEL["name"],
        resources={"metadata": {"path": str(folder)}},
        coalesce_streams=True,
    )
    try:
        client.execute(env={**os.environ, **environment()})
    except CellExecutionError as error:
        last = error.evalue.strip().splitlines()[-1:]
        return ": ".join([error.ename, *last])
    except Exception as error:  # the kernel died, a cell took too long
        return f"{type(error).__name__}: {error}"
    return ""


def faults_of(notebook: Any) -> Iterator[str]:
    """One sentence per fault of an output that is to be published, with the number of its cell.

    Faults are a path of the machine that ran it, and the name of a framework above nothing.
    """
    for number, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", []):
            lines = [line.strip() for line in _text_of(output).splitlines() if line.strip()]
            yield from (f"cell {number} shows a path: {line}" for line in lines if _has_path(line))
            names = [line.removesuffix(":") if line[-1] == ":" else "" for line in lines]
            for name, below in zip_longest(names, names[1:], fillvalue="nothing"):
                if name in frameworks() and below in (*frameworks(), "nothing"):
                    yield f"cell {number} shows nothing below {name}:"


def _text_of(output: Any) -> str:
    kinds = [kind for kind in output.get("data", {}) if kind.startswith("text/")]
    parts = [output.get("text", ""), *(output.data[kind] for kind in kinds)]
    return "\n".join([*parts, *output.get("traceback", [])])


def _has_path(text: str) -> bool:
    """Whether a text has a path of this machine: packages, checkout, home, temporary folder."""
    places = (ROOT, sys.prefix, Path.home(), tempfile.gettempdir(), os.environ.get(DATA_DIR))
    return "site-packages" in text or any(
        re.search(rf"(?<![\w.-]){re.escape(str(place))}(?![\w.-])", text)
        for place in places
        if place and len(Path(place).parts) > 1
    )


def environment() -> dict[str, str]:
    """Variables that give a page these packages and the commands of this Python."""
    commands = str(Path(sys.executable).parent)
    return {
        "COLUMNS": "100",  # the width of a table
        "LANGUAGE": "en",  # a page looks for words in what a command prints
        # two frameworks that wait for each other's threads take minutes on a machine that is shared
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
        "PATH": os.pathsep.join(filter(None, [commands, os.environ.get("PATH")])),
        **python_path(),
    }
