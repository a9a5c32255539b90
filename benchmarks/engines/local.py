"""Runs jobs one after another on this machine, each in a fresh process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.child import Child
from benchmarks.plan import Job
from benchmarks.record import described, make_record, read_finished, write_record


def run_jobs(
    jobs: Iterable[Job],
    results: Path,
    *,
    force: bool = False,
    on_event: Callable[[Job, dict], None] | None = None,
) -> Iterator[tuple[Job, dict[str, Any], bool]]:
    """Yields each job with its record and whether that was there already.

    A record is written as soon as its job ends. A job that fails has a record with an `error`, is
    run again by the next call, and does not keep the others from running.
    """
    for job in jobs:
        path = results / job.key
        record = None if force else read_finished(path)
        cached = record is not None
        if record is None:
            record = run_job(job, on_event and partial(on_event, job))
            write_record(record, path)
        yield job, record, cached


def run_job(job: Job, on_event: Callable[[dict], None] | None = None) -> dict[str, Any]:
    """The record of one job, run in a process of its own; an error becomes part of it."""
    try:
        with Child(
            job.framework,
            regime=job.regime,
            device=job.device,
            threads=job.threads,
            python=job.python,
        ) as child:
            measured = child.call(
                "benchmarks.worker:run_job", job, on_event=on_event, timeout=job.timeout
            )
    except Exception as error:
        return make_record(job, error=described(error))
    return make_record(job, measured)
