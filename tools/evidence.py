"""Measure every published number anew: `make evidence`, or `python -m tools.evidence`.

Each page of docs/ says itself how its numbers were made ("Made by `twinbench race ...`"), and these
commands are the list. First all are measured, the shortest first, each into a folder of its own
below ./evidence and from one clean commit. Then the records are packed beside their pages, and the
pages, and the tables of the README, are written from them. A Chinese page has its tables from the
English one, and says the same of the records.

What was interrupted goes on by the same command: a run that has a record is not run again.

    python -m tools.evidence --dry-run               which pages, how many runs, how long
    python -m tools.evidence --only study/study      this page alone
    python -m tools.evidence --write                 no runs: pages from what is there

exit status: that of the first command which fails, 2 usage, 130 interrupted
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.records.machine import git
from benchmarks.records.packed import pack
from benchmarks.records.record import read_files
from tools.project import ROOT

MADE = re.compile(r"^Made by `twinbench ([^`]+)`\.$", re.M)
TABLE = re.compile(r"`twinbench (table [^`]*--results docs/[^`]+ --into README\.md[^`]*)`")
READMES = ("README.md", "docs/zh/README.md")  # the translation has the tables of the original
PACKED = re.compile(r"\(([\w-]+\.jsonl\.gz)\)")
OLD = re.compile(r"\*\*(Old numbers, to be measured anew\.|旧的数字)\*\*.*?\n\n", re.S)
RECORDS = "All records are in [{0}]({0}).\n\n"
RECORDS_ZH = "全部记录在 [{0}](../../{1}/{0}) 里。\n\n"
RUNS = re.compile(r"^(\d[\d,]*) runs?.*?(?:about ([\d.]+) (s|min|h)\b|$)", re.M)
SECONDS = {"s": 1, "min": 60, "h": 3600}

Run = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True)
class Page:
    """A page, the command that measures its numbers, and where their records are kept."""

    path: Path
    words: tuple[str, ...]  # of the command, without --into
    packed: Path  # all records in one file, beside the page

    @property
    def name(self) -> str:
        """Folder and stem, as `study/tuned`."""
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def translation(self) -> Path:
        """Where the Chinese page is, or would be."""
        return self.path.parents[1] / "zh" / self.path.parent.name / self.path.name


def pages(docs: Path) -> list[Page]:
    """The pages below a folder that say how they were made."""
    made = []
    for path in sorted(docs.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        if command := MADE.search(text):
            words = shlex.split(command[1])
            if "--into" in words:
                place = words.index("--into")
                del words[place : place + 2]
            packed = PACKED.search(text)
            name = packed[1] if packed else f"{path.stem}.jsonl.gz"
            made.append(Page(path, tuple(words), path.with_name(name)))
    return made


def measured(page: Page, folder: Path) -> list[str]:
    """The words of the command that measures a page."""
    return [*page.words, "--data", "real", "--results", str(folder / page.name)]


def seconds_of(forecast: str) -> float:
    """What a command's --dry-run says that it takes; infinite where it does not know."""
    found = RUNS.search(forecast)
    if found is None or ("nothing to run" not in forecast and not found[2]):
        return float("inf")
    return float(found[2]) * SECONDS[found[3]] if found[2] else 0.0


def write(page: Page, folder: Path, run: Run) -> int:
    """Pack the records of a page and write its tables from them; the command's exit status."""
    records = [record.json for _, record in read_files(folder / page.name)]
    if not records:
        print(f"{page.name}: no record, so the page stays", file=sys.stderr)
        return 0
    pack(records, page.packed)
    for path, line in ((page.path, RECORDS), (page.translation, RECORDS_ZH)):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            line = line.format(page.packed.name, page.path.parent.name)
            path.write_text(OLD.sub(line, text), encoding="utf-8")
    return run([*measured(page, folder), "--into", str(page.path)]).returncode


def of_one_commit(folder: Path, checkout: dict) -> str:
    """Why nothing may be measured into the folder now; empty when it may."""
    if checkout["dirty"] or not checkout["commit"]:
        return "numbers are published of a clean commit: commit what has changed, and come again"
    note = folder / "commit.json"
    if note.is_file() and (begun := json.loads(note.read_text())) != checkout["commit"]:
        return f"{folder} was begun at {begun}: check that out, or move the folder away"
    folder.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps(checkout["commit"]))
    return ""


def twinbench(words: Sequence[str], *, quiet: bool = False) -> subprocess.CompletedProcess[str]:
    """Run the command from this checkout; a `quiet` one's output is kept and not shown."""
    command = [sys.executable, "-m", "benchmarks.cli.main", *words]
    return subprocess.run(command, cwd=ROOT, text=True, check=False, capture_output=quiet)


def _steps(args: argparse.Namespace, chosen: list[Page]) -> Iterator[int]:
    folder = args.folder
    if args.dry_run or not args.write:
        yield from _measure(args, chosen)
    if args.dry_run:
        return
    for page in chosen:
        yield write(page, folder, twinbench)
    for readme in READMES:
        for words in TABLE.findall((ROOT / readme).read_text(encoding="utf-8")):
            yield twinbench([*shlex.split(words), "--into", readme]).returncode


def _measure(args: argparse.Namespace, chosen: list[Page]) -> Iterator[int]:
    """Says what every page takes, then measures each, unless that was all that was asked."""
    folder = args.folder
    costs = {}
    for page in chosen:
        asked = twinbench([*measured(page, folder), "--dry-run"], quiet=True)
        costs[page] = seconds_of(asked.stdout + asked.stderr)
        print(f"{page.name}: {(asked.stdout or asked.stderr).strip().splitlines()[0]}")
    if args.dry_run:
        return
    if fault := of_one_commit(folder, git()):
        print(fault, file=sys.stderr)
        yield 2
    for page in sorted(chosen, key=costs.__getitem__):
        print(f"== {page.name}: twinbench {shlex.join(page.words)}")
        yield twinbench(measured(page, folder)).returncode


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m tools.evidence", description=__doc__)
    parser.formatter_class = argparse.RawTextHelpFormatter
    parser.add_argument("--only", nargs="+", metavar="PAGE", help="such as study/study")
    parser.add_argument("--folder", type=Path, default=Path("evidence"), metavar="DIR")
    parser.add_argument("--dry-run", action="store_true", help="say how long it will take")
    parser.add_argument("--write", action="store_true", help="run nothing, write the pages")
    args = parser.parse_args(arguments)
    all_pages = {page.name: page for page in pages(ROOT / "docs")}
    if unknown := set(args.only or ()) - all_pages.keys():
        parser.error(f"no page {', '.join(sorted(unknown))}; there are {', '.join(all_pages)}")
    chosen = [page for name, page in all_pages.items() if not args.only or name in args.only]
    try:
        return next((status for status in _steps(args, chosen) if status), 0)
    except KeyboardInterrupt:
        print("interrupted: the same command goes on", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
