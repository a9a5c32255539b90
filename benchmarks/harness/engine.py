"""Who runs the jobs: an engine takes batches of them and gives back their records as they end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Protocol

from benchmarks.harness.local import Batch, OnEvent, OnJobEvent, run_batches
from benchmarks.harness.plan import together
from benchmarks.records.job import Job
from benchmarks.records.keys import Record
from benchmarks.records.record import read_served, write_record


class Engine(Protocol):
    """Runs each batch in a fresh process somewhere.

    It yields a batch with a record a job as soon as its process has ended, in whatever order; a
    failure is a record with an `error`, and nothing is raised for it. A timed job has a machine
    to itself. What an engine yields is written by the caller, in this process. It must be a
    generator: when that is closed, nothing that it started is left running.
    """

    def __call__(
        self, batches: Sequence[Batch], on_event: OnJobEvent
    ) -> Iterator[tuple[Batch, list[Record]]]: ...


def run_jobs(
    jobs: Iterable[Job],
    results: Path,
    *,
    run: Callable[[Job, OnEvent], Record] | None = None,
    engine: Engine | None = None,
    replicas: int = 1,
    force: bool = False,
    on_event: OnJobEvent = None,
) -> Iterator[tuple[Job, Record, bool]]:
    """Yields each job with its record and whether that was there already, these first.

    The engine is this machine, one job at a time, unless another is given; there,
    `run(job, on_event)` gives a record. `replicas`: how many jobs at most share a process, where
    they may. A record is written as soon as its job ends. A job that fails has a record with an
    `error`, is run again by the next call, and does not keep the others from running.
    """
    engine = engine or partial(run_batches, run=run)
    missing = []
    for job in jobs:
        record = None if force else read_served(job, results)
        if record is None:
            missing.append(job)
        else:
            yield job, record, True
    with closing(engine(together(missing, replicas), on_event)) as ended:  # type: ignore[type-var]
        for batch, records in ended:
            pairs = list(zip(batch, records, strict=True))
            for job, record in pairs:
                write_record(record, results / job.key)
            yield from ((job, record, False) for job, record in pairs)
