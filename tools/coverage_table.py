"""The coverage of each folder: `python -m tools.coverage_table REPORT [--into FILE]`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from benchmarks.show.section import Section, show
from tools.project import made_with

COUNTS = ("num_statements", "covered_lines", "num_branches", "covered_branches")
JUDGED, LEAST = ("common", "benchmarks"), 0.92


def by_folder(report: dict[str, Any]) -> dict[str, Counter[str]]:
    """The counts of coverage.py's JSON report, summed over the files of each top-level folder."""
    folders: dict[str, Counter[str]] = defaultdict(Counter)
    for file, entry in report["files"].items():
        folders[Path(file).parts[0]].update({name: entry["summary"][name] for name in COUNTS})
    return dict(sorted(folders.items()))


def section(report: dict[str, Any]) -> Section:
    """The table, one row per folder."""
    rows = []
    for folder, counted in by_folder(report).items():
        lines, run, branches, taken = (counted[name] for name in COUNTS)
        both = _share(run + taken, lines + branches)
        shares = f"{lines:,}", _share(run, lines), f"{branches:,}", _share(taken, branches), both
        rows.append([folder, *shares])
    data = "with" if os.environ.get("TWINBENCH_DATA_DIR") else "without"
    made = made_with(f"{data} the real data files")
    note = f"{made}, coverage.py {report['meta']['version']}"
    headings = ("folder", "statements", "run", "branches", "taken", "both")
    return Section("What the tests run", headings, rows, notes=[note])


def below(report: dict[str, Any], least: float) -> list[str]:
    """The judged folders of which less than the share `least` of statements or branches ran."""
    folders = by_folder(report)
    return [
        f"{folder}: {what} {_share(folders[folder][part], folders[folder][whole])}"
        for folder in JUDGED
        for what, whole, part in (("statements", *COUNTS[:2]), ("branches", *COUNTS[2:]))
        if folders[folder][part] < least * folders[folder][whole]
    ]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path, help="of `coverage json`")
    parser.add_argument("--into", type=Path)
    args = parser.parse_args()
    report = json.loads(args.report.read_text())
    show([section(report)])
    if args.into:
        show([section(report)], into=args.into)
    if failures := below(report, LEAST):
        sys.exit(f"less than {LEAST:.0%}: {', '.join(failures)}")


if __name__ == "__main__":
    main()
