"""List the lessons, or write one as a notebook to change.

A lesson is a page of docs/ with code in it. Writing one needs jupytext, the extra `docs`.
To open it, `pip install jupyterlab` into the same environment.

examples:
  twinbench lesson                                  which there are
  twinbench lesson mnist                            ./mnist.ipynb; then: jupyter lab mnist.ipynb
  twinbench lesson rmsprop momentum --into notes    two of them into a folder
  twinbench lesson --all --into notebooks           every one, in the folders of docs/
  twinbench lesson zh/problems/mnist                in Chinese
  twinbench lesson mnist --execute                  run it first, so that it has its outputs

exit status: 0 done, 1 a lesson failed when it was run, 2 usage
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cli import options
from common.say import counted, inform, say

if TYPE_CHECKING:
    from benchmarks.lessons.pages import Lesson

FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of which lessons are written, where, and whether they are run."""
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="default: list them")
    parser.add_argument("--all", action="store_true", help="every lesson")
    parser.add_argument(
        "--into", type=Path, default=Path(), metavar="DIR", help="a folder (default: this one)"
    )
    parser.add_argument("--execute", action="store_true", help="run each before it is written")
    options.add(parser, "--jobs")
    options.add(parser, "--json", help="print the list as one JSON object")
    parser.add_argument("--force", action="store_true", help="write over a notebook that is there")


def main(args: argparse.Namespace) -> int:
    """Write the lessons; returns 1 when one failed."""
    from benchmarks.lessons.pages import lesson, lessons

    if args.all and args.lessons:
        raise ValueError(f"--all stands instead of a name, got {', '.join(args.lessons)} too")
    if not (args.all or args.lessons):
        _list(lessons(), args)
        return 0
    originals = [page for page in lessons() if not page.translated]
    chosen = originals if args.all else [lesson(name) for name in args.lessons]
    paths = [args.into / f"{page.name if args.all else page.path.stem}.ipynb" for page in chosen]
    existing = [path for path in paths if path.exists()]
    if existing and not args.force:
        raise ValueError(
            f"{existing[0]} is there, perhaps with your changes; --force writes over it"
        )
    with ThreadPoolExecutor(args.jobs) as pool:
        reasons = list(filter(None, pool.map(partial(_write, execute=args.execute), chosen, paths)))
    if args.execute:
        print(f"{len(chosen) - len(reasons)} of {counted(len(chosen), 'lesson')} ran to their end")
    for reason in reasons:
        say(f"failed: {reason}")
    return FAILED if reasons else 0


def _list(lessons: Sequence[Lesson], args: argparse.Namespace) -> None:
    from rich.console import Console

    from benchmarks.show.answer import print_json
    from benchmarks.show.terminal import print_table

    rows = [[page.name, page.title, ", ".join(page.frameworks)] for page in lessons]
    headings = ("name", "title", "runs in")
    if args.json:
        print_json(args.command, [dict(zip(headings, row, strict=True)) for row in rows])
        return
    print_table("Lessons", headings, rows, (0, 1, 2), Console())
    print("twinbench lesson NAME writes one as a notebook; the last part of its name is enough")


def _write(lesson: Lesson, path: Path, execute: bool) -> str:
    """Write a lesson as a notebook; returns why it failed, or an empty text."""
    from benchmarks.lessons.pages import notebook, run
    from common.atomic import replaced

    document, reason = notebook(lesson), ""
    import nbformat  # comes with jupytext, which `notebook` tells how to install

    path.parent.mkdir(parents=True, exist_ok=True)
    if execute:
        inform(f"{lesson.name} ...")
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:  # the page's own may be read-only
            reason = run(document, Path(folder))
        seconds = time.perf_counter() - started
        inform(f"{lesson.name}: {seconds:.0f} s{', FAILED' if reason else ''}")
    with replaced(path) as file:
        file.write(nbformat.writes(document).encode())
    print(f"{path}: written; open it with: jupyter lab {path}")
    return f"{lesson.name}: {reason}" if reason else ""
