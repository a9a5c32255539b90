"""What the end of every command that measures has in common."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.say import SOME_FAILED, detail

if TYPE_CHECKING:
    from benchmarks.records.job import Job
    from benchmarks.records.keys import Record
    from benchmarks.show.answer import Verdict
    from benchmarks.show.section import Section

    Verdicts = tuple[str, list[Verdict]]


def show_plan(jobs: Sequence[Job], args: argparse.Namespace, *remarks: str) -> int:
    """What `--dry-run` prints: how many runs there are, and for how long; the exit status."""
    from benchmarks.harness.forecast import forecast
    from benchmarks.show.answer import print_json

    at_once = getattr(args, "jobs", 1)
    ahead = forecast(jobs, args.results, force=args.force, at_once=at_once)
    if args.json:
        print_json(args.command, {**asdict(ahead), "missing": ahead.missing})
    else:
        print(ahead, *remarks, sep="\n")
        for job in jobs:
            detail(str(job))
    return 0


def show_packed(
    args: argparse.Namespace,
    page: Callable[[Any], Iterable[Section]],
    kind: str,
    verdicts: Callable[[Any], Verdicts] = lambda records: ("", []),
) -> int:
    """Show the records of a kind in the file `--results` and run nothing; the exit status."""
    from benchmarks.records.record import read_records

    records = list(read_records(args.results, kind))
    return show_page(args, records, page(records), *verdicts(records))


def show_page(
    args: argparse.Namespace,
    records: list[Record],
    page: Iterable[Section],
    sentence: str,
    entries: list[Verdict],
) -> int:
    """Print a page with the sentence of its verdicts, or records and verdicts as JSON; status 0."""
    from benchmarks.show.answer import print_answer, print_json
    from benchmarks.show.section import show

    sections = list(page)  # with --json too: it may draw
    if args.json:
        print_json(args.command, records, entries)
    else:
        show(sections, into=getattr(args, "into", None))
        print_answer(sentence)
    return 0


def run_and_show(
    jobs: Sequence[Job],
    args: argparse.Namespace,
    page: Callable[[Any], Iterable[Section]],
    curves: Callable[[list[Record], Path], list[Path]] | None = None,
    verdicts: Callable[[Any], Verdicts] = lambda compared: ("", []),
    compare: Callable[[list[Record]], Any] = lambda records: records,
    **options: Any,
) -> int:
    """The end of a command that measures: run what is missing, show its page, the exit status.

    `verdicts` gives a sentence, which stands below the page, and the entries of `--json`; both it
    and `page` are given what `compare` makes of the records. `curves` draws those of all finished
    records of these problems, from this or an earlier command, into the results; `options` are
    further ones of `run_jobs`. With `--dry-run` nothing is run.
    """
    if args.dry_run:
        return show_plan(jobs, args)
    from benchmarks.harness.engine import run_jobs, say_failures
    from benchmarks.records.arm import succeeded
    from benchmarks.records.record import read_beside
    from benchmarks.show.markdown import around_table
    from benchmarks.show.section import drawn

    if into := getattr(args, "into", None):
        around_table(into)  # an error in an hour would come too late
    records = run_jobs(jobs, args.results, force=args.force, **options)
    compared = compare(records)
    show_page(args, records, page(compared), *verdicts(compared))
    if curves and (finished := succeeded(records)):
        beside = read_beside(finished, args.results, jobs[0].folder)
        drawn(lambda: curves(beside, args.results), "curves")
    return SOME_FAILED if say_failures(jobs, records, args.results) else 0
