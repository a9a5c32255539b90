"""What the end of every command that measures has in common."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.say import SOME_FAILED

if TYPE_CHECKING:
    from benchmarks.records.job import Job
    from benchmarks.records.keys import Record
    from benchmarks.show.section import Section


def run_and_show(
    jobs: Sequence[Job],
    args: argparse.Namespace,
    page: Callable[[list[Record]], Iterable[Section]],
    curves: Callable[[list[Record], Path], list[Path]] | None = None,
    **options: Any,
) -> int:
    """The end of a command that measures: run what is missing, show its page, the exit status.

    `curves` draws those of all finished records of these problems, from this or an earlier
    command, into the results; `options` are further ones of `run_jobs`.
    """
    from benchmarks.harness.engine import run_jobs, say_failures
    from benchmarks.records.arm import succeeded
    from benchmarks.records.record import read_beside
    from benchmarks.show.markdown import around_table
    from benchmarks.show.section import drawn, show

    into = getattr(args, "into", None)
    if into:
        around_table(into)  # an error in an hour would come too late
    records = run_jobs(jobs, args.results, force=args.force, **options)
    show(page(records), records, into=into, as_json=args.json)
    if curves and (finished := succeeded(records)):
        beside = read_beside(finished, args.results, jobs[0].folder)
        drawn(lambda: curves(beside, args.results), "curves")
    return SOME_FAILED if say_failures(jobs, records, args.results) else 0
