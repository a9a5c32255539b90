"""Runs jobs one after another on this machine: each in a fresh process, or where `run` says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.child import Child
from benchmarks.plan import Job
from benchmarks.record import described, make_record, read_finished, write_record

OnEvent = Callable[[dict], None] | None


def run_jobs(
    jobs: Iterable[Job],
    results: Path,
    *,
    run: Callable[[Job, OnEvent], dict[str, Any]] | None = None,
    force: bool = False,
    on_event: Callable[[Job, dict], None] | None = None,
) -> Iterator[tuple[Job, dict[str, Any], bool]]:
    """Yields each job with its record and whether that was there already.

    `run(job, on_event)` gives a record; the default is `run_job`. A record is written as soon as
    its job ends. A job that fails has a record with an `error`, is run again by the next call, and
    does not keep the others from running.
    """
    for job in jobs:
        path = results / job.key
        record = None if force else read_finished(path)
        cached = record is not None
        if record is None:
            record = (run or run_job)(job, on_event and partial(on_event, job))
            write_record(record, path)
        yield job, record, cached


def run_job(
    job: Job, on_event: OnEvent = None, *, target: str = "benchmarks.worker:run_job"
) -> dict[str, Any]:
    """The record of one job, of what `target(job, emit)` measures in a process of its own.

    An error becomes part of the record.
    """

    def measure() -> dict[str, Any]:
        with Child.of(job, job.regime) as child:
            return child.call(target, job, on_event=on_event, timeout=job.timeout)

    return recorded(job, measure)


def recorded(job: Job, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The record of what `measure` gives, or of the error it raises."""
    try:
        measured = measure()
    except Exception as error:
        return make_record(job, error=described(error))
    return make_record(job, measured)
