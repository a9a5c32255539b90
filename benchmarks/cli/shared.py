"""What the end of every command that measures has in common."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from common.say import SOME_FAILED

if TYPE_CHECKING:
    from benchmarks.records.job import Job
    from benchmarks.show.section import Section


def run_and_show(
    jobs: Sequence[Job],
    args: argparse.Namespace,
    kind: str,
    page: Callable[[list[dict[str, Any]]], Iterable[Section]],
    run: Callable[[Job, Any], dict[str, Any]] | None = None,
    **options: Any,
) -> int:
    """The end of a command that measures: run what is missing, show its page, the exit status.

    Records lie in the folder `kind` below the results; `args` are those of `options.add_output`,
    and `options` further ones of `run_jobs`.
    """
    from benchmarks.harness.progress import run_all, say_failures
    from benchmarks.show.markdown import around_table
    from benchmarks.show.section import show

    if args.into:
        around_table(args.into)  # an error in an hour would come too late
    records = run_all(jobs, args.results / kind, run=run, force=args.force, **options)
    show(page(records), records, into=args.into, as_json=args.json)
    return SOME_FAILED if say_failures(jobs, records, args.results / kind) else 0
