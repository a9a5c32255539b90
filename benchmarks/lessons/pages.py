"""The lessons: those pages of docs/ that have code in them, each a notebook as well.

Reading and running them needs the extra `docs`; listing them needs nothing.
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
from common.install import install_extra

PACKED = Path(__file__).resolve().parent / "docs"  # the pages in an installed copy
DOCS = PACKED if PACKED.is_dir() else ROOT / "docs"
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
    frameworks: tuple[str, ...]  # that its cells run in
    path: Path

    @property
    def translated(self) -> bool:
        """Whether it has the code of another lesson, which is not run twice."""
        return self.name.startswith(f"{TRANSLATIONS}/")


def lessons() -> list[Lesson]:
    """All of them, by name; ValueError where the pages are not there."""
    if not DOCS.is_dir():
        raise ValueError(f"{DOCS} is not there; the lessons lie in a checkout or an installed copy")
    found = []
    for path in sorted(DOCS.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        if CELL.search(text):
            name = path.relative_to(DOCS).with_suffix("").as_posix()
            title = re.search(r"^# (.+)$", text, re.MULTILINE)
            found.append(Lesson(name, title[1] if title else name, _frameworks(text), path))
    return found


def _frameworks(text: str) -> tuple[str, ...]:
    magics = re.findall(r"^%%(.+)$", text, re.MULTILINE)
    words = {word for magic in magics for word in re.split(r"[\s,]", magic)}
    return tuple(name for name in frameworks() if name in words)


def lesson(name: str) -> Lesson:
    """The lesson of that name, or the only one that ends in it; `rmsprop` is 01-rmsprop."""
    found = lessons()
    exact = [each for each in found if each.name == name]
    originals = [each for each in found if not each.translated]
    some = exact or [each for each in originals if name in _short_names(each)]
    if len(some) != 1:
        names = ", ".join(each.name for each in some or originals)
        raise ValueError(
            f"{name!r} is {'more than one lesson' if some else 'no lesson'}; there are: {names}"
        )
    return some[0]


def _short_names(lesson: Lesson) -> set[str]:
    stem = lesson.path.stem
    return {stem, re.sub(r"^\d+-", "", stem)}


def notebook(lesson: Lesson) -> Any:
    """The lesson as a notebook (nbformat's) that has not run."""
    try:
        import jupytext
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"jupytext is not installed; install it with: {install_extra('docs')}"
        ) from error
    made = jupytext.read(lesson.path, fmt="md:myst")
    made.metadata = {"kernelspec": KERNEL}
    return made


def written(notebook: Any) -> bytes:
    """The notebook as an .ipynb holds it."""
    import nbformat

    return nbformat.writes(notebook).encode()


def run(notebook: Any, folder: Path) -> str:
    """Run a notebook in a folder, its outputs into it; returns why it failed, or an empty text."""
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
    """What no published output may have, a line each, by the number of the cell.

    That is a path of the machine that ran it, and the name of a framework over nothing.
    """
    for number, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", []):
            lines = [line.strip() for line in _text_of(output).splitlines() if line.strip()]
            yield from (f"cell {number} shows a path: {line}" for line in lines if _placed(line))
            names = [line.removesuffix(":") if line[-1] == ":" else "" for line in lines]
            for name, below in zip_longest(names, names[1:], fillvalue="nothing"):
                if name in frameworks() and below in (*frameworks(), "nothing"):
                    yield f"cell {number} shows nothing below {name}:"


def _text_of(output: Any) -> str:
    kinds = [kind for kind in output.get("data", {}) if kind.startswith("text/")]
    parts = [output.get("text", ""), *(output.data[kind] for kind in kinds)]
    return "\n".join([*parts, *output.get("traceback", [])])


def _placed(text: str) -> bool:
    """Whether it has a path of this machine: its packages, this checkout, a home or a draft."""
    places = (ROOT, sys.prefix, Path.home(), tempfile.gettempdir(), os.environ.get(DATA_DIR))
    return "site-packages" in text or any(
        re.search(rf"(?<![\w.-]){re.escape(str(place))}(?![\w.-])", text)
        for place in places
        if place and len(Path(place).parts) > 1
    )


def environment() -> dict[str, str]:
    """What a page finds whoever runs it: these packages, and the commands of this Python."""
    here = str(Path(sys.executable).parent)
    return {
        "COLUMNS": "100",  # what a table may be wide
        # two frameworks that wait for each other's threads take minutes on a machine that is shared
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
        "PATH": os.pathsep.join(filter(None, [here, os.environ.get("PATH")])),
        **python_path(),
    }
